// Keys that mean the same wherever the focus is: a printable one goes to where
// one writes, F6 to the next part of the page, with Shift to the one before.

const ENTRIES = '[role=log], textarea, input, button, a';

// parts: in the order of the walk; those that cannot be seen are passed over.
export function listenToKeys(parts, composer) {
  function walk(order) {
    const at = order.findIndex((e) => e.contains(document.activeElement));
    [...order.slice(at + 1), ...order.slice(0, at + 1)]
      .map(entryOf).find(Boolean)?.focus();
  }

  document.addEventListener('keydown', (event) => {
    const { key, target, shiftKey, ctrlKey, metaKey, altKey } = event;
    const isPrintable = key.length === 1 && key !== ' ' &&
      !ctrlKey && !metaKey && !altKey;
    if (key === 'F6') {
      event.preventDefault();
      walk(shiftKey ? parts.toReversed() : parts);
    } else if (isPrintable && !target.closest('input, textarea')) {
      composer.focus();
    }
  });
}

const entryOf = (part) => [
  ...part.querySelectorAll('[aria-current]'), ...part.querySelectorAll(ENTRIES),
].find((e) => e.checkVisibility({ visibilityProperty: true }) &&
  !e.closest('[inert]'));
