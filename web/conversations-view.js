// Who this window speaks as, and its conversations: everyone first, then the
// private ones, the latest first.

import { EVERYONE, isOnline } from './store.js';
import {
  h, icon, iconButton, keyedList, setAttribute, setInitial, setText, unseen,
} from './dom.js';
import { here } from './storage.js';
import { texts } from './texts.js';

const t = texts.conversations;
const { isOnline: on, isOffline: off } = texts.header;

// actions: onOpen(name), onClose().
export function conversationsView(element, { onOpen, onClose }) {
  const initial = h('span', { 'aria-hidden': 'true' });
  const self = h('bdi');
  const list = h('ul');
  element.setAttribute('aria-label', t.heading);
  element.append(
    h('div.self.line', initial, self,
      h('a.tool', { href: '/', 'aria-label': texts.changeName,
        title: texts.changeName, onclick: here.leave }, icon('edit')),
      iconButton('close', texts.close,
        { class: 'tool drawer-only', onclick: onClose })),
    h('h2', t.heading), list);

  const show = keyedList(list, {
    key: ({ key }) => key,
    create: ({ key }) => conversation(key, onOpen),
  });

  // Nothing moves under the pointer, or away from the focus.
  let order = [];
  function arrange({ conversations }) {
    const kept = list.matches(':hover, :focus-within') ? order : [];
    const latest = (key) =>
      key === EVERYONE ? Infinity : conversations.get(key).last;
    const rest = [...conversations.keys()].filter((key) => !kept.includes(key))
      .sort((a, b) => latest(b) - latest(a));
    order = [...kept, ...rest];
  }

  let last;
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
  for (const type of ['pointerleave', 'focusout'])
    list.addEventListener(type, () => setTimeout(() => update(last)));
  return update;
}

function conversation(key, onOpen) {
  const isRoom = key === EVERYONE;
  const initial = h('span.initial.room', { 'aria-hidden': 'true' }, '#');
  const name = h('bdi.name', texts.everyone);
  const dot = h('span', { role: 'img' });
  const pencil = h('span.draft.line', icon('edit'), unseen(t.draft));
  const badge = h('span.badge');
  const button = h('button.item.line',
    { type: 'button', onclick: () => onOpen(key) },
    h('span.figure', initial, dot), name, pencil, badge);
  const row = h('li', button);

  row.update = (item) => {
    setAttribute(button, 'aria-current', item.isCurrent && 'true');
    if (!isRoom) {
      setText(name, item.name);
      setInitial(initial, item.name);
    }
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
