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
  const nobody = h('p.note', { role: 'status' });
  const more = h('p.note');
  element.setAttribute('aria-labelledby', heading.id);
  element.append(
    h('div.people-head', heading, iconButton('close', texts.close,
      { class: 'tool drawer-only', onclick: onClose })),
    h('div.filter', icon('search'), filter, clear),
    h('div.scroll', list, nobody, more));

  const show = keyedList(list, {
    key: ({ name }) => name,
    create: (item) => person(item, onOpen),
  });

  // Sorting is for when people change, not for every message.  Nobody moves
  // under the pointer, or away from the focus, so that nobody gets what was
  // meant for another.
  let sorted = [];
  let from;
  function arrange({ people: { names }, self }) {
    if (names === from)
      return;
    from = names;
    const kept = list.matches(':hover, :focus-within') ? sorted : [];
    const shown = new Set(kept.map(({ key }) => key));
    const others = [...names].filter(([key]) => !shown.has(key))
      .map(([key, name]) => ({ key, name, isSelf: key === fold(self) }))
      .sort((a, b) => b.isSelf - a.isSelf || collator.compare(a.name, b.name));
    sorted = [...kept, ...others]
      .map((item) => ({ ...item, isGone: !names.has(item.key) }));
  }

  let last;
  function update(state) {
    last = state;
    arrange(state);
    const typed = filter.value.trim();
    const wanted = typed.toLowerCase();
    const found =
      sorted.filter(({ name }) => name.toLowerCase().includes(wanted));
    const { online } = state.people;
    const unlisted = online - Math.min(sorted.length, MOST);
    setText(heading, t.heading(online));
    clear.hidden = !filter.value;
    show(found.slice(0, MOST));
    setText(nobody, typed && !found.length ? t.nobody(typed) : '');
    setText(more, !typed && unlisted > 0 ? t.more(unlisted) : '');
  }

  function clearFilter() {
    filter.value = '';
    filter.focus();
    update(last);
  }

  // The arrows go from the filter into the list, through it, and back; Enter
  // opens the first that was found.
  function walk(event) {
    const stops = [filter, ...list.querySelectorAll('button')];
    const at = stops.indexOf(event.target);
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (at === 0 && event.key === 'Enter')
      stops[1]?.click();
    if (at < 0 || !step)
      return;
    event.preventDefault();
    stops[at + step]?.focus();
  }

  function rearrange() {
    from = null;
    update(last);
  }

  filter.addEventListener('input', () => update(last));
  for (const type of ['pointerleave', 'focusout'])
    list.addEventListener(type, () => setTimeout(rearrange));
  element.addEventListener('keydown', walk);
  return update;
}

function person({ name, isSelf }, onOpen) {
  const initial = h('span', { 'aria-hidden': 'true' });
  const note = h('span.you');
  setInitial(initial, name);
  const button = h('button.item',
    { type: 'button', onclick: () => onOpen(name) },
    initial, h('bdi.name', name), note);
  return Object.assign(h('li', button), {
    update: ({ isGone }) =>
      setText(note, isSelf ? ` ${texts.you}` : isGone ? ` ${t.left}` : ''),
  });
}
