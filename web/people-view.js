// Who is online: a count, a filter, a list.  A click on somebody opens the
// private conversation.

import { fold } from './protocol.js';
import {
  h, icon, iconButton, keyedList, setInitial, setText,
} from './dom.js';
import { texts } from './texts.js';

const t = texts.people;
const collator = new Intl.Collator();
const MOST = 1000; // rows shown

// actions: onOpen(name), onClose().
export function peopleView(element, { onOpen, onClose }) {
  const heading = h('h2', { id: 'people-heading' });
  const filter = h('input', {
    type: 'text', inputmode: 'search', placeholder: t.filter,
    'aria-label': t.filter, autocomplete: 'off', spellcheck: 'false',
  });
  const clear = iconButton('close', t.clear, { onclick: clearFilter });
  const list = h('ul', { 'aria-labelledby': heading.id });
  const nobody = h('p', { class: 'note', role: 'status' });
  const more = h('p', { class: 'note' });
  element.setAttribute('aria-labelledby', heading.id);
  element.append(
    h('div', { class: 'people-head' }, heading,
      iconButton('close', texts.close,
        { class: 'tool drawer-only', onclick: onClose })),
    h('div', { class: 'filter' }, icon('search'), filter, clear),
    h('div', { class: 'scroll' }, list, nobody, more));

  const show = keyedList(list, {
    key: ({ key }) => key,
    create: () => person(onOpen),
  });

  // Sorting is for when people change, not for every message.
  let sorted = [];
  let from;
  function arrange({ people: { names }, self }) {
    if (names === from)
      return;
    from = names;
    sorted = [...names]
      .map(([key, name]) => ({ key, name, isSelf: key === fold(self) }))
      .sort((a, b) => b.isSelf - a.isSelf || collator.compare(a.name, b.name));
  }

  let last;
  function update(state) {
    last = state;
    arrange(state);
    const typed = filter.value.trim();
    const wanted = typed.toLowerCase();
    const found =
      sorted.filter(({ name }) => name.toLowerCase().includes(wanted));
    const unlisted = state.people.online - Math.min(sorted.length, MOST);
    setText(heading, t.heading(state.people.online));
    clear.hidden = !filter.value;
    show(found.slice(0, MOST));
    setText(nobody, wanted && !found.length ? t.nobody(typed) : '');
    setText(more, !wanted && unlisted > 0 ? t.more(unlisted) : '');
  }

  function clearFilter() {
    filter.value = '';
    filter.focus();
    update(last);
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
  const you = h('span', { class: 'you' }, texts.you);
  const button = h('button', { type: 'button', class: 'item' },
    initial, name, ' ', you);
  const row = h('li', {}, button);
  row.update = (item) => {
    button.onclick = () => onOpen(item.name);
    setInitial(initial, item.name);
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
  }[event.key];
  if (to === undefined || (at < 0 && event.target !== filter))
    return;
  event.preventDefault();
  (buttons[to] ?? filter).focus();
}
