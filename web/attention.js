// What calls for a reader who looks elsewhere: the title, the icon, the count
// on the app, and notifications for who has asked for them.

import { unread } from './store.js';
import { fileAddress } from './dom.js';
import { browser } from './storage.js';
import { texts } from './texts.js';

// The count on the app.
let counted = 0;

export function titleView(state) {
  const { all, personal } = unread(state);
  const name = state.conversations.get(state.current).name || texts.everyone;
  document.title = personal ? `(${personal}) ${name}` : name;
  const icon = document.querySelector('link[rel=icon]');
  const href = fileAddress(
    `icon${personal ? '-mention' : all ? '-unread' : ''}.svg`);
  // Another link: browsers overlook one that was changed.
  if (icon.getAttribute('href') !== href)
    icon.replaceWith(Object.assign(icon.cloneNode(), { href }));
  if (personal !== counted)
    navigator.setAppBadge?.(personal).catch(() => {});
  counted = personal;
}

export const notices = {
  isPossible: isSecureContext && 'Notification' in globalThis,

  isOn: () => browser.get('notices') === 'on' &&
    Notification.permission === 'granted',

  // Whether they are on then: the browser asks the reader.
  async turn(on) {
    const isOn = on && await Notification.requestPermission() === 'granted';
    browser.set('notices', isOn ? 'on' : 'off');
    return isOn;
  },

  // The windows of one user show the same one once, by its tag.
  show(title, body, tag, onclick) {
    if (!notices.isOn() || document.hasFocus())
      return;
    // There are browsers that let no page do that.
    try {
      const notice = new Notification(title, { body, tag });
      notice.onclick = () => (focus(), notice.close(), onclick());
    } catch {}
  },
};
