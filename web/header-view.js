// The header of the room: which conversation this is, the settings, and the
// buttons that open what is beside it.

import { EVERYONE, isOnline, unread } from './store.js';
import { h, icon, iconButton, setAttribute, setText } from './dom.js';
import { browser } from './storage.js';
import { texts } from './texts.js';

const t = texts.header;

// actions: onConversations(button), onPeople(button), options (see settings).
export function headerView(element, actions) {
  const { onConversations, onPeople, options } = actions;
  const menu = iconButton('menu', t.conversations, {
    id: 'menu', class: 'tool drawer-only', 'aria-controls': 'conversations',
    onclick: () => onConversations(menu),
  });
  const people = iconButton('people', t.people, {
    id: 'people-button', 'aria-controls': 'people',
    onclick: () => onPeople(people),
  });
  const title = h('bdi');
  const lock = icon('lock');
  const presence = h('span.presence');
  element.append(menu, h('h1.line', lock, title), presence,
    ...settings(options), people);

  return function update(state) {
    const { current, people: { online } } = state;
    const isPrivate = current !== EVERYONE;
    const there = isOnline(state, current);
    setText(title, isPrivate
      ? state.conversations.get(current).name : texts.everyone);
    lock.toggleAttribute('hidden', !isPrivate);
    presence.classList.toggle('joining', online === null);
    setText(presence, online === null ? texts.join.joining(state.self)
      : !isPrivate ? t.online(online)
        : there === null ? '' : there ? t.isOnline : t.isOffline);
    setAttribute(menu, 'data-unread', unread(state).all > 0);
  };
}

// A button, and the menu that it opens: the theme, and what is on or off.  An
// option is { label, isOn, turn(on) }; turn says, maybe later, what became of
// it.
function settings(options) {
  const choose = ({ target }) => {
    browser.set('theme', target.value);
    globalThis.applyTheme();
  };
  const chosen = browser.get('theme') ?? 'auto';
  const radio = ([value, label]) => h('label.line',
    h('input', { type: 'radio', name: 'theme', value,
      checked: value === chosen }), label);
  const onchange = (turn) => async ({ target }) =>
    target.checked = await turn(target.checked);
  const check = ({ label, isOn, turn }) => h('label.line', h('input',
    { type: 'checkbox', checked: isOn, onchange: onchange(turn) }), label);
  const menu = h('div', { id: 'settings', popover: true },
    h('fieldset', { onchange: choose },
      h('legend', t.theme), ...Object.entries(t.themes).map(radio)),
    ...options.map(check));
  const button = iconButton('settings', t.settings,
    { popovertarget: 'settings' });
  return [button, menu];
}
