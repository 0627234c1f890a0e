// What this window knows: state = reduce(state, event).  Pure; every event
// brings its own `now`, in milliseconds.  session.js feeds it with frames and
// with what the reader does, and asks it what to send; the views show it.
//
//   self, session    the name, and the token to resume with
//   by               the session's public id; null until the first welcome
//   features, limits what the server told of itself
//   skew             the server's clock minus ours
//   link
//     phase, until   as socket.js has them
//     refused        the number of tries in a row that brought no frame
//     isRefused      the server answers, but does not let this page connect
//     isRetry        a try has failed
//     lost           the time since which we have not been live
//   live             all of the past has come, and we may send
//   log
//     id, epoch      which log it is, for the server and for log.js
//     lists          what was said, as log.js has it
//     position       everything up to this seq has come
//     held           and is in lists, so we may resume after it
//     past           frames of a past that is still coming; else null
//     to             where the past ends, by sync
//     seen           what is new to this window of the past comes after this
//     oldest         an older page comes before this seq,
//     more           if there is one;
//     asking         it has been asked for
//   conversations    by key: name, draft, unread, mentions, fresh, last
//   people           names by key; online is null while we do not know
//   typing           who types where, and until when
//   outbox           what was written and is not known to be in the log, in
//                    order; see below
//   pause            nothing is sent before this time
//   current          the key of the conversation on the screen
//   atEnd, attentive its end is in view, and the window has the focus
//
// Only lists and past are changed in place.  An entry of the outbox:
//
//   queued --transmit--> flying --ack, or the message itself--> (in the log)
//     ^  ^                 |  |
//     |  +---- link lost --+  +-- error ----------> failed  --retry--> queued
//     |                       +-- error storage --> maybe   --retry--> queued
//     +-- sync: was transmitted, and the server may have forgotten --> maybe

import {
  EVERYONE, insert, insertCrowd, insertGap, listOf, newLists, trim,
} from './log.js';
import { isMentioned } from './names.js';
import { TOO_BIG, fold, tidy } from './protocol.js';

export { EVERYONE };

// PAGE messages are asked for at a time, KEEP entries are held while the reader
// is at the end.  A typing frame counts for TYPING ms; the pause after a
// rate_limited without a retry_after lasts PAUSE ms.
const PAGE = 50;
const KEEP = 2000;
const TYPING = 6000;
const PAUSE = 1000;

// fresh is the id of the first entry that is, or last was, unread; mentions
// counts those among the unread that are to the reader alone, or name him.
const newConversation = () =>
  ({ name: '', unread: 0, mentions: 0, fresh: null, last: 0 });

// saved: what save() returned in an earlier life of this window, if anything; an
// older page may have saved it, so any member may be missing.
export function initial(name, saved = {}) {
  return {
    self: name,
    session: saved.session,
    by: null,
    features: [],
    limits: { text: Infinity, history: 100 },
    skew: 0,
    link: {
      phase: 'connecting',
      refused: 0,
      lost: undefined,
      isRetry: false,
    },
    live: false,
    log: {
      id: saved.log,
      position: saved.position,
      held: false,
      past: null,
      epoch: 0,
      lists: newLists(),
      oldest: 0,
      more: false,
      asking: false,
      to: 0,
      seen: Infinity,
    },
    conversations:
      new Map(saved.conversations ?? [[EVERYONE, newConversation()]]),
    people: { online: null, names: new Map(), complete: false },
    typing: [],
    outbox: (saved.outbox ?? []).map(landed),
    pause: 0,
    current: EVERYONE,
    atEnd: true,
    attentive: false,
  };
}

// What has to survive a reload, as plain JSON.
export const save = ({ session, log, conversations, outbox }) => ({
  session, log: log.id, position: log.position, outbox,
  conversations: [...conversations],
});

// --- Questions ---

// How to join: a window that holds messages asks for those after them, one
// that was just opened for recent ones.
export const joining = ({ self, session, log }) => ({
  name: self, session, after: log.held ? log.position : undefined,
  history: PAGE,
});

// The entry of the outbox to transmit now: one at a time, in order.
export function due({ live, outbox, pause }, now) {
  return live && now >= pause && !outbox.some((o) => o.state === 'flying')
    ? outbox.find((o) => o.state === 'queued') : undefined;
}

// Whether this window is new, and waits for its first connection to tell what
// the room holds.
export const isJoining = ({ log, link }) => !log.held && !link.isRetry;

// true, false, or null where it is not known.
export const isOnline = ({ people: { names, complete } }, key) =>
  names.has(key) || (complete ? false : null);

// Who types in a conversation, by name.
export const typists = ({ typing }, key, now) =>
  typing.filter((t) => t.key === key && t.until > now).map((t) => t.name);

export const isOwn = (state, { from }) => fold(from) === fold(state.self);

// What a conversation shows of the log.
export const entriesOf = ({ log }, key) => listOf(log.lists, key);

// How many messages are unread: of all, and of those to the reader alone or
// by name.
export function unread({ conversations }) {
  const total = { all: 0, personal: 0 };
  for (const c of conversations.values()) {
    total.all += c.unread;
    total.personal += c.mentions;
  }
  return total;
}

// The next time at which the state means something else although nothing
// happened: a second of the countdown, a pause, somebody's typing.
export function nextChange({ link, pause, typing }, now) {
  const times = [pause, ...typing.map((t) => t.until)];
  if (link.phase === 'waiting' && link.until > now)
    times.push(now + ((link.until - now) % 1000 || 1000));
  return Math.min(...times.filter((t) => t > now), Infinity);
}

// --- The log ---

const withLog = (state, change) =>
  ({ ...state, log: { ...state.log, ...change } });

// Everything up to seq has come.
const advanced = (state, seq) =>
  seq > (state.log.position ?? 0) ? withLog(state, { position: seq }) : state;

// A message, live or past, goes into the log and out of the outbox.  The id of
// its row stays the same when it does.  isNews: it is not known to this window.
function settled(state, message, isNews) {
  const { log: { lists, epoch, id: logId }, self, attentive, current } = state;
  const { seq, time, from, to, by, ref, text } = message;
  const sent = ref && state.outbox.find((o) => o.ref === ref && o.by === by);
  const next = sent ? without(state, ref) : state;
  const own = isOwn(state, message);
  const name = to === undefined ? '' : own ? to : from;
  const key = fold(name);
  const id = sent ? ref : `${logId} ${seq}`;
  const mention = !own && isMentioned(self, text);
  if (!insert(lists,
    { id, epoch, key, seq, time, from, to, by, ref, text, mention }))
    return next;
  const isUnread = isNews && !own && !(attentive && current === key);
  return withConversation(next, key, (c) => ({
    name,
    last: Math.max(c.last, time),
    unread: c.unread + isUnread,
    mentions: c.mentions + (isUnread && (mention || key !== EVERYONE)),
    fresh: isUnread && c.unread === 0 ? id : c.fresh,
  }));
}

const hasHistory = ({ features }) => features.includes('history');

// While the end is in view, what lies far above it can be asked for again.
function trimmed(state) {
  const { log } = state;
  if (!state.atEnd || entriesOf(state, EVERYONE).length <= KEEP)
    return state;
  const { epoch, seq: oldest } = trim(log.lists, KEEP / 2);
  const more = epoch === log.epoch && hasHistory(state);
  return withLog(state, { oldest, more });
}

// --- Conversations, people ---

function withConversation(state, key, change) {
  const old = state.conversations.get(key) ?? newConversation();
  const conversations = new Map(state.conversations);
  conversations.set(key, { ...old, ...change(old) });
  return { ...state, conversations };
}

const read = (state) => state.attentive
  ? withConversation(state, state.current, () => ({ unread: 0, mentions: 0 }))
  : state;

// Without what id types, in one conversation or in all.
const silent = (typing, id, key) =>
  typing.filter((t) => t.id !== id || (key !== undefined && t.key !== key));

// --- The outbox ---

// Nothing of what flew is known to have arrived.
const landed = (o) => o.state === 'flying' ? { ...o, state: 'queued' } : o;

const changed = (state, ref, change) => ({
  ...state,
  outbox: state.outbox.map((o) => o.ref === ref ? { ...o, ...change } : o),
});

const without = (state, ref) =>
  ({ ...state, outbox: state.outbox.filter((o) => o.ref !== ref) });

// A refused try leaves no trace.
const failed = (state, ref, code) =>
  changed(state, ref, { state: 'failed', code, by: undefined });

// After a drop: what was transmitted may be repeated only if the server knows
// the session and remembers refs since before the first try.
function checked(o, state, sync) {
  const isSafe = o.by === undefined || (sync.resumed && o.by === state.by &&
    o.log === sync.log && o.since + 1 >= (sync.refs_from ?? 0));
  return o.state !== 'queued' || isSafe ? o : { ...o, state: 'maybe' };
}

// --- Frames ---

const keyed = (names) => names.map((name) => [fold(name), name]);

const frames = {
  welcome(state, { name, session, by, features, limits, time }, now) {
    return {
      ...state, session, by,
      self: name,
      features: features ?? [],
      limits: { ...state.limits, ...limits },
      skew: time ? time - now : 0,
    };
  },

  sync(state, sync) {
    const { log: { position, held, epoch, lists, oldest, more } } = state;
    const { log: id, resumed, from, to } = sync;
    const isKnown = position !== undefined;
    const isSameLog = isKnown && state.log.id === id;
    const isEmpty = entriesOf(state, EVERYONE).length === 0;
    const isFirst = !held || (!isSameLog && isEmpty);
    const isLost = !isSameLog || (!resumed && to > position);
    const outbox = state.outbox.map((o) => checked(o, state, sync));
    const next = withLog({ ...state, outbox }, {
      id,
      past: [],
      to,
      epoch: epoch + (held && !isSameLog),
      position: isSameLog ? position : undefined,
      seen: !isKnown ? Infinity : isSameLog ? position : -1,
      oldest: isFirst ? from : oldest,
      more: isFirst ? from > 1 && hasHistory(state) : isSameLog && more,
    });
    if (held && (sync.gap || (isLost && !isEmpty)))
      insertGap(lists, next.log.epoch, id,
        Math.max(from, (next.log.position ?? 0) + 1));
    return next;
  },

  users(old, { online, names, complete }, now) {
    const state = arrived(old, now);
    const { link, log: { position = 0, to } } = state;
    return {
      ...withLog(state, { position: Math.max(position, to), held: true }),
      live: true,
      link: { ...link, lost: undefined },
      people: {
        online, names: new Map(keyed(names)), complete: complete !== false,
      },
    };
  },

  message(state, message) {
    const isNews = state.live || message.seq > state.log.seen;
    const { seq, from, to } = message;
    const id = fold(from);
    const typing =
      silent(state.typing, id, to === undefined ? EVERYONE : id);
    return trimmed(
      advanced(settled({ ...state, typing }, message, isNews), seq));
  },

  presence(state, { online, joined, left }, now) {
    const names = new Map(state.people.names);
    const came = keyed(joined).filter(([key]) => !names.has(key));
    const went = keyed(left).filter(([key]) => names.delete(key));
    for (const [key, name] of keyed(joined))
      names.set(key, name);
    const { epoch, id, lists } = state.log;
    if (state.live && came.length + went.length > 0)
      insertCrowd(lists, epoch, id, now + state.skew, came, went);
    const typing = left.reduce(
      (rest, name) => silent(rest, fold(name)), state.typing);
    return trimmed(
      { ...state, typing, people: { ...state.people, online, names } });
  },

  // An ack does not move the position: it may overtake messages of others.
  ack(state, { ref, seq, time }) {
    const sent = state.outbox.find((o) => o.ref === ref && o.by === state.by);
    return sent
      ? settled(state, { ...sent, seq, time, from: state.self }, false) : state;
  },

  error(state, { code, ref, retry_after: after }, now) {
    if (ref === undefined)
      return withLog(state, { asking: false });
    if (!state.outbox.some((o) => o.ref === ref && o.state === 'flying'))
      return state;
    if (code === 'storage')
      return changed(state, ref, { state: 'maybe' });
    if (code !== 'rate_limited')
      return failed(state, ref, code);
    const next = changed(state, ref, { state: 'queued', by: undefined });
    return { ...next, pause: now + (after ?? PAUSE) };
  },

  typing(state, { from, to, active }, now) {
    const id = fold(from);
    const key = to === undefined ? EVERYONE : id;
    if (isOwn(state, { from }))
      return state;
    const typing = silent(state.typing, id, key);
    if (active)
      typing.push({ id, key, name: from, until: now + TYPING });
    return { ...state, typing };
  },

  history(state, { before, more, entries }) {
    if (!state.log.asking || before !== state.log.oldest)
      return state;
    const next = entries.filter(({ type }) => type === 'message')
      .reduce((s, message) => settled(s, message, false), state);
    // A page may hold nothing that this session may see, and yet not be the
    // last one.
    const oldest = entries[0]?.seq ?? Math.max(1, before - PAGE);
    return withLog(next, { oldest, more: more && oldest > 1, asking: false });
  },

  pong: (state, { seq }) => state.live ? advanced(state, seq) : state,

  // What is sent from now on may not be recorded any more.
  bye: (state) => ({ ...state, live: false }),
};

const heard = (state, frame, now) => Object.hasOwn(frames, frame.type)
  ? frames[frame.type](state, frame, now) : advanced(state, frame.seq);

// An entry of the log, perhaps of a type that is unknown here.
const isEntry = ({ type }) =>
  type === 'message' || !Object.hasOwn(frames, type);

// The past came in pieces; now it is all there, or the link is gone.
const arrived = (state, now) => (state.log.past ?? []).reduce(
  (next, frame) => heard(next, frame, now), withLog(state, { past: null }));

// --- Events ---

const events = {
  frame(state, { frame, now }) {
    if (!state.log.past || !isEntry(frame))
      return heard(state, frame, now);
    state.log.past.push(frame);
    return state;
  },

  // The link is connecting, open, waiting until a time, or stopped for good.
  link(old, { phase, until, code, refused, now }) {
    const { lost = now, isRefused, isRetry } = old.link;
    const isDown = phase === 'waiting' || phase === 'stopped';
    const link = { phase, until, refused, lost,
      isRefused: refused > 0 && isRefused, isRetry: isRetry || isDown };
    if (!isDown)
      return { ...old, link };
    const state = arrived(old, now);
    const flying = state.outbox.find((o) => o.state === 'flying');
    const next = code === TOO_BIG && flying
      ? failed(state, flying.ref, 'too_long') : state;
    const outbox = next.outbox.map(landed);
    return withLog(
      { ...next, link, live: false, typing: [], outbox }, { asking: false });
  },

  // The server is there, but does not let this page connect.
  refused: (state) => ({ ...state, link: { ...state.link, isRefused: true } }),

  // Say something in the current conversation.
  send(state, { text: said, ref, now }) {
    const text = tidy(said);
    const { current: key, skew, outbox } = state;
    const to = state.conversations.get(key).name || undefined;
    const entry = { ref, key, to, text, time: now + skew, state: 'queued' };
    return text ? { ...state, outbox: [...outbox, entry] } : state;
  },

  // An entry of the outbox goes out.  It takes with it how to know it again,
  // and since when the server may have it.
  transmit(state, { ref }) {
    const { by, log: { id, position } } = state;
    const sent = state.outbox.find((o) => o.ref === ref);
    const since = sent.by === by && sent.log === id ? sent.since : position;
    return changed(state, ref, { state: 'flying', by, log: id, since });
  },

  // Try again, as the last in the queue.
  retry(state, { ref }) {
    const again = state.outbox.find((o) => o.ref === ref);
    if (again?.state !== 'failed' && again?.state !== 'maybe')
      return state;
    const { outbox } = without(state, ref);
    return { ...state, outbox: [...outbox, { ...again, state: 'queued' }] };
  },

  discard: (state, { ref }) => without(state, ref),

  // What was fresh in the one that is left has been read.
  open(state, { name }) {
    const current = fold(name);
    const left = withConversation(state, state.current,
      (c) => current !== state.current && !c.unread ? { fresh: null } : {});
    const next =
      withConversation(left, current, (c) => ({ name: c.name || name }));
    return read({ ...next, current });
  },

  attend: (state, { attentive, atEnd }) =>
    read({ ...state, attentive, atEnd }),

  draft: (state, { text }) =>
    withConversation(state, state.current, () => ({ draft: text })),

  // The window is emptied; what was said can be asked for again.
  clear(state) {
    const oldest = (state.log.position ?? 0) + 1;
    const more = oldest > 1 && hasHistory(state);
    return withLog(state, { lists: newLists(), oldest, more });
  },

  older: (state) => withLog(state, { asking: true }),
};

export const reduce = (state, event) => events[event.type](state, event);
