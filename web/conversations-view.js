// Who this window speaks as, and its conversations: everyone first, then the
// private ones, the latest first.

import { EVERYONE, isOnline } from './store.js';
import {
  h, icon, iconButton, keyedList, setAttribute, setInitial, setText, unseen,
} from './dom.js';
import { texts } from './texts.js';

const t = texts.conversations;

// actions: onOpen(name), onClose().
export function conversationsView(element, { onOpen, onClose }) {
  const initial = h('span', { 'aria-hidden': 'true' });
  const self = h('bdi');
  const list = h('ul');
  element.setAttribute('aria-label', t.heading);
  element.append(
    h('div', { class: 'self' }, initial, self,
      h('a', { class: 'tool', href: '/', 'aria-label': texts.changeName,
        title: texts.changeName }, icon('edit')),
      iconButton('close', texts.close,
        { class: 'tool drawer-only', onclick: onClose })),
    h('h2', {}, t.heading), list);

  const show = keyedList(list, {
    key: ({ key }) => key,
    create: ({ key }) => conversation(key, onOpen),
  });

  // Nothing moves under the pointer, or away from the focus.
  let order = [];
  let last;
  function arrange({ conversations }) {
    const kept = list.matches(':hover, :focus-within') ? order : [];
    const latest = (key) =>
      key === EVERYONE ? Infinity : conversations.get(key).last;
    const rest = [...conversations.keys()].filter((key) => !kept.includes(key))
      .sort((a, b) => latest(b) - latest(a));
    order = [...kept, ...rest];
  }
  const rearrange = () => setTimeout(() => last && update(last));
  list.addEventListener('pointerleave', rearrange);
  list.addEventListener('focusout', rearrange);

  function update(state) {
    last = state;
    arrange(state);
    setInitial(initial, state.self);
    setText(self, state.self);
    show(order.map((key) => ({
      key, ...state.conversations.get(key),
      isCurrent: key === state.current, online: isOnline(state, key),
    })));
  }
  return update;
}

function conversation(key, onOpen) {
  const isRoom = key === EVERYONE;
  const initial = h('span', { class: 'initial room', 'aria-hidden': 'true' },
    '#');
  const name = h('bdi', { class: 'name' });
  const dot = h('span', { role: 'img' });
  const pencil = h('span', { class: 'draft' }, icon('edit'), unseen(t.draft));
  const badge = h('span', { class: 'badge' });
  const button = h('button', { type: 'button', class: 'item' },
    h('span', { class: 'figure' }, initial, dot), name, pencil, badge);
  const row = h('li', {}, button);

  row.update = (item) => {
    const { isOnline: on, isOffline: off } = texts.header;
    button.onclick = () => onOpen(item.name);
    setAttribute(button, 'aria-current', item.isCurrent && 'true');
    setText(name, isRoom ? texts.everyone : item.name);
    if (!isRoom)
      setInitial(initial, item.name);
    dot.className = item.online ? 'dot on' : 'dot';
    dot.hidden = isRoom || item.online === null;
    setAttribute(dot, 'aria-label', item.online ? on : off);
    pencil.hidden = !item.draft || item.isCurrent;
    row.classList.toggle('unread', item.unread > 0);
    badge.hidden = item.unread === 0;
    badge.classList.toggle('quiet', isRoom && !item.mentions);
    const count = item.unread > 99 ? '99+' : String(item.unread);
    if (badge.firstChild?.data !== count)
      badge.replaceChildren(count, unseen(` ${t.unread}`));
  };
  return row;
}
