// What is said over the log while there is no connection.  It lies on top, so
// that nothing shifts; style.css lets a short interruption pass unseen.

import { h, icon, quietButton, setText } from './dom.js';
import { isJoining } from './store.js';
import { texts } from './texts.js';

const t = texts.banner;

// actions: onNow().
export function bannerView(element, { onNow }) {
  const words = h('span');
  const countdown = h('span', { 'aria-hidden': 'true' });
  const now = quietButton(t.now, onNow);
  element.className = 'banner';
  element.setAttribute('role', 'status');
  const content = h('div.banner-words.line', icon('alert'),
    h('span', words, countdown), now);

  return function update(state, time) {
    const { link } = state;
    const isShown = link.lost !== undefined && !isJoining(state) &&
      link.phase !== 'stopped';
    const isWaiting = link.phase === 'waiting' && link.until > time;
    if (isShown !== content.isConnected)
      element.replaceChildren(...(isShown ? [content] : []));
    setText(words, link.isRefused ? t.refused : t.connecting);
    setText(countdown, isWaiting
      ? t.within(Math.ceil((link.until - time) / 1000)) : '');
    now.hidden = !isWaiting;
  };
}
