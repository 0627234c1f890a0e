// Rows of the log as elements, by the kinds of rows.js.  Each element has an
// update(row); now() is the time of the last one.

import {
  h, icon, quietButton, setAttribute, setInitial, setText, unseen,
} from './dom.js';
import { colourOf } from './names.js';
import { textElement } from './text-view.js';
import { texts, times } from './texts.js';

const t = texts.log;

export const rowElement = (row, ...rest) => kinds[row.kind](row, ...rest);

const still = (element) => Object.assign(element, { update() {} });

const kinds = {
  message,

  gap: () => still(h('div.gap.line', icon('alert'), t.gap)),

  day(row, actions, now) {
    const words = h('span');
    return Object.assign(h('div.day.line', words), {
      update: ({ time }) => setText(words, times.day(time, now())),
    });
  },

  // No height, so that neither its coming nor its going moves a row.
  new() {
    const element = h('div.new', h('span', t.new));
    element.line = () => '';
    element.update = ({ isRead }) => element.classList.toggle('read', isRead);
    return element;
  },

  // One is named; more are counted, and named on demand.
  crowd({ isOne }) {
    const count = h(isOne ? 'p.crowd' : 'summary');
    const names = h('bdi');
    const element = isOne ? count : h('details.crowd', count, names);
    element.update = ({ came, went }) => {
      setText(count, t.crowd(came, went));
      setText(names, t.names(came, went));
    };
    return element;
  },
};

// It reads, and copies, as "Alice, 10:42: text".  All have the same elements; a
// row without a head shows its name to nobody but screen readers.  What Alice
// says of herself begins with the name.
function message({ message: { from, to, text }, own, aside, me }, actions) {
  const { onName, self } = actions;
  const isMe = me && !aside;
  const name = h('bdi.name', { onclick: () => onName(from) }, from);
  const clock = h('time');
  const initial = h('span', { 'aria-hidden': 'true' });
  setInitial(initial, from);
  const words = textElement(me ? text.slice(4) : text, self());
  if (isMe)
    words.prepend(name, ' ');
  const element = h('div', initial,
    h('div.head', ...(isMe ? [] : [name, unseen(', ')]), clock,
      aside ? audience(own ? to : from, own, actions) : null, unseen(': ')),
    words);
  const fixed = `row ${colourOf(from)}${aside ? ' aside' : ''}`;
  element.line = () => `${from}, ${clock.title}: ${text}`;
  // What shows that it is not in the log yet.
  let sign = [];
  let shown;

  element.update = (row) => {
    const { time, mention } = row.message;
    const look = [time, row.head, row.status, row.code, mention].join();
    if (look === shown)
      return;
    shown = look;
    const mark = row.status === 'flying' ? 'queued' : row.status ?? 'sent';
    const isFirst = row.head && !isMe;
    element.className = `${fixed} ${isFirst ? 'first' : 'next'} ${mark}` +
      `${mention ? ' mention' : ''}`;
    setAttribute(clock, 'datetime', new Date(time).toISOString());
    setAttribute(clock, 'title', times.full(time));
    setText(clock, isFirst ? times.clock(time) : times.brief(time));
    for (const old of sign)
      old.remove();
    sign = signs[mark]?.(row, actions) ?? [];
    element.append(...sign);
  };
  return element;
}

// To whom a private row is, or was: a way into that conversation.
const audience = (other, own, { onOpen }) => h('button.audience',
  { type: 'button', onclick: () => onOpen(other) },
  icon('lock'), own ? t.privateTo(other) : t.privateFrom);

const s = texts.sending;

function trouble(mark, words, remove, { id }, { onRetry, onDiscard }) {
  return [h('div.status.line', { role: 'alert' }, icon(mark), h('span', words),
    quietButton(s.retry, () => onRetry(id)),
    quietButton(remove, () => onDiscard(id)))];
}

const signs = {
  queued: () => [h('span.sign', icon('clock'), unseen(s.sending))],
  maybe: (row, actions) =>
    trouble('unsure', s.maybe, s.dismiss, row, actions),
  failed(row, actions) {
    const reason = s.reasons[row.code]?.(row.message.to);
    return trouble('failed', reason ? `${s.failed}: ${reason}` : s.failed,
      s.remove, row, actions);
  },
};
