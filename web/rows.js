// What a conversation shows, row by row: a pure function of the state.
// log-view.js turns rows into elements and knows none of these rules.
//
// Everyone shows what is private among what is public, in the order of the
// log; a private conversation shows its own messages.  What is in the outbox
// stands at the end, where the log will have it.

import { EVERYONE, isOwn } from './store.js';
import { fold } from './protocol.js';

const TOGETHER = 5 * 60 * 1000; // rows of one sender within this are a group

const dayOf = (time) => new Date(time).toDateString();

// Messages and gaps of a conversation, in order.
function shown(state, key) {
  const belongs = (e) => e.gap || key === EVERYONE || e.key === key;
  const pending = state.outbox.filter(belongs)
    .map((o) => ({ ...o, id: o.ref, from: state.self, status: o.state }));
  return [...state.log.entries.filter(belongs), ...pending];
}

// Whether a message needs no head of its own under the one before it.
const continues = (message, before) => before !== undefined &&
  message.key === before.key &&
  fold(message.from) === fold(before.from) &&
  fold(message.to ?? '') === fold(before.to ?? '') &&
  message.time - before.time < TOGETHER &&
  !isTroubled(message) && !isTroubled(before);

const isTroubled = ({ status }) => status === 'failed' || status === 'maybe';

// Rows are { id, kind: 'day', time }, { id, kind: 'gap' } or
// { id, kind: 'message', message, head, own, aside, status, code }: head says
// that it starts a group, aside that it is private among public ones, status
// is undefined for what is in the log.
export function rowsOf(state, key) {
  const rows = [];
  let day;
  let before;
  for (const message of shown(state, key)) {
    if (message.gap) {
      rows.push({ id: message.id, kind: 'gap' });
      before = undefined;
      continue;
    }
    const today = dayOf(message.time);
    if (today !== day) {
      rows.push({ id: `day ${message.id}`, kind: 'day', time: message.time });
      day = today;
      before = undefined;
    }
    rows.push({
      id: message.id,
      kind: 'message',
      message,
      head: !continues(message, before),
      own: isOwn(state, message),
      aside: key === EVERYONE && message.key !== EVERYONE,
      status: message.status,
      code: message.code,
    });
    before = message;
  }
  return rows;
}
