// Before anything is painted: the theme that was chosen here, if any.  The
// only script that is no module, so that no page flashes in the other one.
function applyTheme() {
  let theme = null;
  try {
    theme = localStorage.getItem('theme');
  } catch {}
  document.documentElement.dataset.theme = theme ?? 'auto';
  for (const meta of document.querySelectorAll('meta[data-scheme]')) {
    const { scheme } = meta.dataset;
    meta.media = theme === 'light' || theme === 'dark'
      ? (scheme === theme ? 'all' : 'not all')
      : `(prefers-color-scheme: ${scheme})`;
  }
}
applyTheme();
addEventListener('storage', applyTheme);
