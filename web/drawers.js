// What lies beside the room.  On a narrow page conversations and people are
// drawers over it, one open at a time, and the rest waits; on a wide one they
// are columns, and that of the people can be hidden.

import { browser } from './storage.js';

// parts: { conversations, people, scrim, others }; others are what a drawer
// covers.  Returns what the buttons do.
export function drawersOf({ conversations, people, scrim, others }) {
  const narrow = matchMedia('(width < 40rem)');
  const { dataset, classList } = document.body;
  let opener = null;

  const isOpen = ({ id }) => narrow.matches ? id === dataset.drawer
    : id !== people.id || !classList.contains('alone');

  // What an open drawer covers, and what is closed, cannot be reached.
  function settle() {
    for (const part of others)
      part.inert = 'drawer' in dataset;
    for (const part of [conversations, people]) {
      part.inert = narrow.matches && !isOpen(part);
      document.querySelector(`[aria-controls=${part.id}]`)
        .setAttribute('aria-expanded', String(isOpen(part)));
    }
  }

  function close() {
    if (!opener)
      return;
    delete dataset.drawer;
    settle();
    opener.focus();
    opener = null;
  }

  function open(part, button) {
    opener = button;
    dataset.drawer = part.id;
    settle();
    part.querySelector('.drawer-only').focus();
  }

  // On a wide page the button of the people shows and hides their column.
  function toggle() {
    browser.set('people', classList.toggle('alone') ? 'hidden' : 'shown');
    settle();
  }

  classList.toggle('alone', browser.get('people') === 'hidden');
  narrow.addEventListener('change', () => (close(), settle()));
  scrim.addEventListener('click', close);
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape')
      close();
  });
  return {
    close,
    // To be called once the buttons are there.
    settle,
    onConversations: (button) => open(conversations, button),
    onPeople: (button) =>
      narrow.matches ? open(people, button) : toggle(),
  };
}
