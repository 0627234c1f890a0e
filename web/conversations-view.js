// Who this window speaks as, and its conversations: everyone first, then the
// private ones, the latest first.

import { EVERYONE, isOnline } from './store.js';
import { colourOf, initialOf } from './names.js';
import {
  h, icon, iconButton, keyedList, setAttribute, setText, unseen,
} from './dom.js';
import { texts } from './texts.js';

const t = texts.conversations;
const MANY = 99;

// actions: onOpen(name), onClose().
export function conversationsView(element, { onOpen, onClose }) {
  const self = { initial: h('span'), name: h('bdi') };
  const list = h('ul');
  element.setAttribute('aria-label', t.heading);
  element.append(
    h('div', { class: 'self' }, self.initial, self.name,
      h('a', { class: 'tool', href: '/', 'aria-label': texts.changeName,
        title: texts.changeName }, icon('edit')),
      iconButton('close', texts.header.close,
        { class: 'tool drawer-only', onclick: onClose })),
    h('h2', {}, t.heading), list);

  const show = keyedList(list, {
    key: ({ key }) => key,
    create: (item) => conversation(item, onOpen),
    update: (row, item) => row.update(item),
  });

  // Nothing moves under the pointer, or away from the focus.
  let order = [];
  let last;
  const isHeld = () => list.matches(':hover, :focus-within');
  function arranged(state) {
    const keys = [...state.conversations.keys()];
    const kept = isHeld() ? order.filter((key) => keys.includes(key)) : [];
    const latest = (key) => key === EVERYONE
      ? Infinity : state.conversations.get(key).last;
    const rest = keys.filter((key) => !kept.includes(key))
      .sort((a, b) => latest(b) - latest(a));
    return [...kept, ...rest];
  }

  function update(state) {
    last = state;
    order = arranged(state);
    self.initial.className = `initial ${colourOf(state.self)}`;
    setText(self.initial, initialOf(state.self));
    setText(self.name, state.self);
    show(order.map((key) => ({
      key, ...state.conversations.get(key),
      isCurrent: key === state.current, online: isOnline(state, key),
    })));
  }
  const rearrange = () => last && setTimeout(() => update(last));
  list.addEventListener('pointerleave', rearrange);
  list.addEventListener('focusout', rearrange);
  return update;
}

function conversation({ key }, onOpen) {
  const isRoom = key === EVERYONE;
  const initial = h('span', { 'aria-hidden': 'true' });
  const name = h('bdi', { class: 'name' });
  const dot = h('span', { class: 'dot', role: 'img', hidden: isRoom });
  const badge = h('span', { class: 'badge' });
  const button = h('button', { type: 'button', class: 'item' },
    h('span', { class: 'figure' }, initial, dot), name, badge);
  const row = h('li', {}, button);

  row.update = (item) => {
    const shown = isRoom ? texts.everyone : item.name;
    button.onclick = () => onOpen(item.name);
    setAttribute(button, 'aria-current', item.isCurrent && 'true');
    setText(name, shown);
    setText(initial, isRoom ? '#' : initialOf(item.name));
    initial.className =
      isRoom ? 'initial room' : `initial ${colourOf(item.name)}`;
    const { isOnline: on, isOffline: off } = texts.header;
    dot.classList.toggle('on', item.online === true);
    setAttribute(dot, 'aria-label', item.online ? on : off);
    dot.hidden = isRoom || item.online === null;
    badge.hidden = item.unread === 0;
    badge.classList.toggle('quiet', isRoom);
    row.classList.toggle('unread', item.unread > 0);
    const count = item.unread > MANY ? t.many : String(item.unread);
    if (badge.textContent !== t.unread(count))
      badge.replaceChildren(count, unseen(t.unread(count).slice(count.length)));
  };
  return row;
}
