// What a conversation shows, row by row: a pure function of the state and of
// which part of the log is wanted.  log-view.js turns rows into elements and
// knows none of these rules.
//
// Everyone shows what is private among what is public, in the order of the
// log; a private conversation shows its own messages.  What is in the outbox
// stands at the end, where the log will have it.

import { EVERYONE, entriesOf, isOwn } from './store.js';
import { fold } from './protocol.js';

// Rows of one sender that are less than this apart, in ms, are a group.
const TOGETHER = 5 * 60 * 1000;

const dayOf = (time) => new Date(time).toDateString();
const isTroubled = ({ status }) => status === 'failed' || status === 'maybe';
const isMe = ({ text }) => text.startsWith('/me ');

// Whether a message needs no head of its own under the one before it.
const continues = (message, before) => before !== undefined &&
  before.text !== undefined && message.key === before.key &&
  fold(message.from) === fold(before.from) &&
  fold(message.to ?? '') === fold(before.to ?? '') &&
  message.time - before.time < TOGETHER &&
  ![message, before].some((m) => isMe(m) || isTroubled(m));

// The rows of the entries from start to before end, and, if these are the
// last, of the outbox: { id, kind: 'day', time }, { id, kind: 'gap' },
// { id, kind: 'crowd', isOne, came, went } (names), { id, kind: 'new', isRead }
// or { id, kind: 'message', message, head, own, aside, me, status, code }: head
// says that it starts a group, aside that it is private among public ones,
// status is undefined for what is in the log.
export function rowsOf(state, key, start = 0, end = Infinity) {
  const entries = entriesOf(state, key);
  const { fresh, unread } = state.conversations.get(key) ?? {};
  const shown = entries.slice(start, end);
  if (end >= entries.length)
    for (const o of state.outbox)
      if (key === EVERYONE || o.key === key)
        shown.push({ ...o, id: o.ref, from: state.self, status: o.state });
  const rows = [];
  let before = entries[start - 1];
  for (const entry of shown) {
    const { id, time, came, went } = entry;
    if (came?.size + went?.size === 0)
      continue;
    const isDay = !entry.gap && (!before?.time ||
      dayOf(time) !== dayOf(before.time));
    const isNew = id === fresh;
    if (isDay)
      rows.push({ id: `day ${id}`, kind: 'day', time });
    if (isNew)
      rows.push({ id: 'new', kind: 'new', isRead: unread === 0 });
    if (entry.gap)
      rows.push({ id, kind: 'gap' });
    else if (came)
      rows.push({ id, kind: 'crowd', isOne: came.size + went.size === 1,
        came: [...came.values()], went: [...went.values()] });
    else
      rows.push({
        id,
        kind: 'message',
        message: entry,
        head: isDay || isNew || !continues(entry, before),
        own: isOwn(state, entry),
        aside: key === EVERYONE && entry.key !== EVERYONE,
        me: isMe(entry),
        status: entry.status,
        code: entry.code,
      });
    before = entry;
  }
  return rows;
}
