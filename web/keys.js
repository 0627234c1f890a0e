// Keys that mean the same wherever the focus is: a printable one goes to where
// one writes, F6 to the next part of the page, with Shift to the one before.

const ENTRIES = '[role=log], textarea, input, button, a';

// parts are walked in that order; what cannot be seen is passed over.
export function listenToKeys(parts, composer) {
  function walk(step) {
    const at = parts.findIndex((e) => e.contains(document.activeElement));
    const from = at < 0 && step < 0 ? 0 : at;
    for (let i = 1; i <= parts.length; i++) {
      const n = (from + i * step + parts.length) % parts.length;
      const entry = entryOf(parts[n]);
      if (entry)
        return entry.focus();
    }
  }

  document.addEventListener('keydown', (event) => {
    const { key, target, shiftKey, ctrlKey, metaKey, altKey } = event;
    const isPrintable = key.length === 1 && key !== ' ' &&
      !ctrlKey && !metaKey && !altKey;
    if (key === 'F6') {
      event.preventDefault();
      walk(shiftKey ? -1 : 1);
    } else if (isPrintable && !target.closest('input, textarea')) {
      composer.focus();
    }
  });
}

const entryOf = (part) => [
  ...part.querySelectorAll('[aria-current]'), ...part.querySelectorAll(ENTRIES),
].find((e) => e.checkVisibility({ visibilityProperty: true }) &&
  !e.closest('[inert]'));
