// The header of the room: which conversation this is, the theme, and the
// buttons that open what is beside it.

import { EVERYONE, isOnline, unread } from './store.js';
import { h, icon, iconButton, setAttribute, setText } from './dom.js';
import { browser } from './storage.js';
import { texts } from './texts.js';

const t = texts.header;

// actions: onConversations(button), onPeople(button).
export function headerView(element, { onConversations, onPeople }) {
  const menu = iconButton('menu', t.conversations, {
    id: 'menu', 'aria-controls': 'conversations',
    onclick: () => onConversations(menu),
  });
  const people = iconButton('people', t.people, {
    id: 'people-button', 'aria-controls': 'people',
    onclick: () => onPeople(people),
  });
  const title = h('bdi');
  const lock = icon('lock');
  const presence = h('span', { class: 'presence' });
  element.append(menu, h('h1', {}, lock, title), presence, ...themeSwitch(),
    people);

  return function update(state) {
    const { current, people: { online } } = state;
    const isPrivate = current !== EVERYONE;
    const there = isOnline(state, current);
    setText(title, isPrivate
      ? state.conversations.get(current).name : texts.everyone);
    lock.toggleAttribute('hidden', !isPrivate);
    presence.classList.toggle('joining', state.by === null);
    setText(presence, state.by === null ? texts.join.joining(state.self)
      : !isPrivate ? t.online(online)
        : there === null ? '' : there ? t.isOnline : t.isOffline);
    setAttribute(menu, 'data-unread', unread(state).all > 0);
  };
}

// A button, and the menu that it opens: three radio buttons.
function themeSwitch() {
  const choose = ({ target }) => {
    browser.set('theme', target.value);
    globalThis.applyTheme();
  };
  const chosen = browser.get('theme') ?? 'auto';
  const radio = ([value, label]) => h('label', {},
    h('input', { type: 'radio', name: 'theme', value,
      checked: value === chosen }), label);
  const menu = h('fieldset', { id: 'theme', popover: true, onchange: choose },
    h('legend', {}, t.theme), ...Object.entries(t.themes).map(radio));
  const button = iconButton('theme', t.theme, { popovertarget: 'theme' });
  return [button, menu];
}
