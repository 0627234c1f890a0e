// Who is online: a count, a filter, a list.  A click on somebody opens the
// private conversation.

import { fold } from './protocol.js';
import {
  h, icon, iconButton, keyedList, setInitial, setText,
} from './dom.js';
import { texts } from './texts.js';

const t = texts.people;
const collator = new Intl.Collator();
// No more rows than this are shown.
const MOST = 1000;

// actions: onOpen(name), onClose().
export function peopleView(element, { onOpen, onClose }) {
  const parts = build(element, onClose, clear);
  const { filter, list } = parts;
  const show = keyedList(list, {
    key: ({ name }) => name,
    create: (item) => person(item, onOpen),
  });
  const order = orderOf();
  let last;

  function update(state) {
    last = state;
    const typed = filter.value.trim();
    const wanted = typed.toLowerCase();
    const sorted = order.of(state, list.matches(':hover, :focus-within'));
    const found =
      sorted.filter(({ name }) => name.toLowerCase().includes(wanted));
    const { online } = state.people;
    const unlisted = online - Math.min(sorted.length, MOST);
    show(found.slice(0, MOST));
    setText(parts.heading, t.heading(online));
    parts.clear.hidden = !filter.value;
    setText(parts.nobody, typed && !found.length ? t.nobody(typed) : '');
    setText(parts.more, !typed && unlisted > 0 ? t.more(unlisted) : '');
  }

  function clear() {
    filter.value = '';
    filter.focus();
    update(last);
  }

  function rearrange() {
    order.forget();
    update(last);
  }

  filter.addEventListener('input', () => update(last));
  for (const type of ['pointerleave', 'focusout'])
    list.addEventListener(type, () => setTimeout(rearrange));
  element.addEventListener('keydown', (event) => walk(event, filter, list));
  return update;
}

function build(element, onClose, onClear) {
  const parts = {
    heading: h('h2', { id: 'people-heading' }),
    filter: h('input', {
      type: 'text', inputmode: 'search', placeholder: t.filter,
      'aria-label': t.filter, autocomplete: 'off', spellcheck: 'false',
    }),
    clear: iconButton('close', t.clear, { onclick: onClear }),
    list: h('ul', { 'aria-labelledby': 'people-heading' }),
    nobody: h('p.note', { role: 'status' }),
    more: h('p.note'),
  };
  element.setAttribute('aria-labelledby', parts.heading.id);
  element.append(
    h('div.people-head.line', parts.heading, iconButton('close', texts.close,
      { class: 'tool drawer-only', onclick: onClose })),
    h('div.filter', icon('search'), parts.filter, parts.clear),
    h('div.scroll', parts.list, parts.nobody, parts.more));
  return parts;
}

// The people in order: oneself first, then by name.  Sorting is for when people
// change, not for every message.  Nobody moves under the pointer, or away from
// the focus, so that nobody gets what was meant for another.
function orderOf() {
  let sorted = [];
  let from;

  function sort({ people: { names }, self }, isHeld) {
    const kept = isHeld ? sorted : [];
    const shown = new Set(kept.map(({ key }) => key));
    const others = [...names].filter(([key]) => !shown.has(key))
      .map(([key, name]) => ({ key, name, isSelf: key === fold(self) }))
      .sort((a, b) => b.isSelf - a.isSelf || collator.compare(a.name, b.name));
    return [...kept, ...others]
      .map((item) => ({ ...item, isGone: !names.has(item.key) }));
  }

  return {
    forget: () => from = null,
    of(state, isHeld) {
      if (state.people.names !== from)
        sorted = sort(state, isHeld);
      from = state.people.names;
      return sorted;
    },
  };
}

// The arrows go from the filter into the list, through it, and back; Enter
// opens the first that was found.
function walk(event, filter, list) {
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

function person({ name, isSelf }, onOpen) {
  const initial = h('span', { 'aria-hidden': 'true' });
  const note = h('span.you');
  setInitial(initial, name);
  const button = h('button.item.line',
    { type: 'button', onclick: () => onOpen(name) },
    initial, h('bdi.name', name), note);
  return Object.assign(h('li', button), {
    update: ({ isGone }) =>
      setText(note, isSelf ? ` ${texts.you}` : isGone ? ` ${t.left}` : ''),
  });
}
