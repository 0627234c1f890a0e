// The theme chosen in this browser, before anything is painted: the only script
// that is no module, so that no page flashes in the other one.
function applyTheme() {
  let theme;
  try {
    theme = localStorage.getItem('theme');
  } catch {}
  theme ??= 'auto';
  document.documentElement.dataset.theme = theme;
  for (const meta of document.querySelectorAll('[data-scheme]')) {
    const { scheme } = meta.dataset;
    meta.media = theme === 'auto' ? `(prefers-color-scheme: ${scheme})`
      : theme === scheme ? 'all' : 'not all';
  }
}
applyTheme();
addEventListener('storage', applyTheme);
