// What calls for a reader who looks elsewhere: the title, the icon of the page,
// the count on its app, and notifications for who has asked for them.

import { unread } from './store.js';
import { fileAddress } from './dom.js';
import { browser } from './storage.js';
import { texts } from './texts.js';

// Another icon is another link: browsers overlook one that was changed.
function setIcon(name) {
  const shown = document.querySelector('link[rel=icon]');
  const address = fileAddress(name);
  if (shown.getAttribute('href') === address)
    return;
  const link = shown.cloneNode();
  link.href = address;
  shown.replaceWith(link);
}

let counted = 0; // on the app

export function titleView(state) {
  const { all, personal } = unread(state);
  const name = state.conversations.get(state.current).name || texts.everyone;
  document.title = personal ? `(${personal}) ${name}` : name;
  setIcon(personal ? 'icon-mention.svg' : all ? 'icon-unread.svg' : 'icon.svg');
  if (personal !== counted)
    navigator.setAppBadge?.(personal).catch(() => {});
  counted = personal;
}

export const notices = {
  isPossible: globalThis.isSecureContext && 'Notification' in globalThis,

  isOn: () => notices.isPossible && Notification.permission === 'granted' &&
    browser.get('notices') === 'on',

  // Whether they are on then: the browser asks the reader.
  async turn(on) {
    const isOn = on && await Notification.requestPermission() === 'granted';
    browser.set('notices', isOn ? 'on' : 'off');
    return isOn;
  },

  // Several windows of one user show the same one once, by its tag.
  show(title, text, tag, onclick) {
    if (!notices.isOn() || document.hasFocus())
      return;
    try {
      const notice = new Notification(title, { body: text, tag });
      notice.onclick = () => (focus(), notice.close(), onclick());
    } catch {} // a browser that lets no page do that
  },
};
