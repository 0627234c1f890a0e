// Who is online: a count, a filter, a list.  A click on somebody opens the
// private conversation.

import { fold } from './protocol.js';
import { colourOf, initialOf } from './names.js';
import { h, icon, iconButton, keyedList, setText } from './dom.js';
import { texts } from './texts.js';

const t = texts.people;
const collator = new Intl.Collator();
const MOST = 1000; // rows shown

// actions: onOpen(name), onClose().
export function peopleView(element, { onOpen, onClose }) {
  const heading = h('h2');
  const filter = h('input', {
    type: 'text', inputmode: 'search', placeholder: t.filter,
    'aria-label': t.filter, autocomplete: 'off', spellcheck: 'false',
  });
  const clear = iconButton('close', t.clear,
    { onclick: () => (filter.value = '', filter.focus(), update(last)) });
  const list = h('ul', { 'aria-labelledby': heading.id = 'people-heading' });
  const nobody = h('p', { class: 'note', role: 'status' });
  const more = h('p', { class: 'note' });
  element.setAttribute('aria-labelledby', heading.id);
  element.append(
    h('div', { class: 'people-head' }, heading,
      iconButton('close', texts.header.close,
        { class: 'tool drawer-only', onclick: onClose })),
    h('div', { class: 'filter' }, icon('search'), filter, clear),
    h('div', { class: 'scroll' }, list, nobody, more));

  const show = keyedList(list, {
    key: ({ key }) => key,
    create: () => person(onOpen),
    update: (row, item) => row.update(item),
  });

  // Sorting is for when people change, not for every message.
  let sorted = [];
  let from;
  function arranged({ people: { names }, self }) {
    if (names !== from) {
      const isSelf = (key) => key === fold(self);
      sorted = [...names].map(([key, name]) => ({ key, name }))
        .sort((a, b) => isSelf(b.key) - isSelf(a.key) ||
          collator.compare(a.name, b.name));
      from = names;
    }
    return sorted;
  }

  let last;
  function update(state) {
    last = state;
    const { online, names } = state.people;
    const typed = filter.value.trim();
    const wanted = typed.toLowerCase();
    const found = arranged(state)
      .filter(({ name }) => name.toLowerCase().includes(wanted));
    const unlisted = wanted ? 0 : online - Math.min(names.size, MOST);
    setText(heading, t.heading(online));
    clear.hidden = filter.value === '';
    show(found.slice(0, MOST)
      .map((one) => ({ ...one, isSelf: one.key === fold(state.self) })));
    setText(nobody, wanted && !found.length ? t.nobody(typed) : '');
    setText(more, unlisted > 0 ? t.more(unlisted) : '');
    list.querySelector('button')?.setAttribute('tabindex', '0');
  }

  filter.addEventListener('input', () => update(last));
  element.addEventListener('keydown', (event) => {
    const buttons = [...list.querySelectorAll('button')];
    walk(event, filter, buttons);
    if (event.key === 'Enter' && event.target === filter)
      buttons[0]?.click();
  });
  return update;
}

function person(onOpen) {
  const initial = h('span', { 'aria-hidden': 'true' });
  const name = h('bdi', { class: 'name' });
  const you = h('span', { class: 'you' }, ` ${texts.you}`);
  const button = h('button', { type: 'button', class: 'item', tabindex: '-1' },
    initial, name, you);
  const row = h('li', {}, button);
  row.update = (item) => {
    button.onclick = () => onOpen(item.name);
    button.tabIndex = -1;
    initial.className = `initial ${colourOf(item.name)}`;
    setText(initial, initialOf(item.name));
    setText(name, item.name);
    you.hidden = !item.isSelf;
  };
  return row;
}

// The arrows go from the filter into the list, through it, and back.
function walk(event, filter, buttons) {
  const at = buttons.indexOf(event.target);
  const to = {
    ArrowDown: Math.min(at + 1, buttons.length - 1),
    ArrowUp: at - 1,
    Home: at < 0 ? undefined : 0,
    End: at < 0 ? undefined : buttons.length - 1,
  }[event.key];
  if (to === undefined || (at < 0 && event.target !== filter))
    return;
  event.preventDefault();
  (buttons[to] ?? filter).focus();
}
