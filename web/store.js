// What this window knows: state = reduce(state, event).  Pure: no DOM, no
// socket, no clock; every event brings its own `now`, in milliseconds.  Fed by
// main.js with frames (from socket.js) and with what the reader does; asked by
// main.js what to send and by the views what to show.
//
//   log        entries in order of (epoch, seq), each seq once
//              +----------------+-----+------------------------+
//              | epoch 0        | gap | epoch 1                |
//              +----------------+-----+------------------------+
//              ^ oldest, if the log has not changed   position ^
//   outbox     what was written and is not known to be in the log, in order
//
// An epoch is one log of the server as this window met it: when a server comes
// back with another log, its numbers start anew, and so does an epoch.  A gap
// is an entry, too: it stands before the first message after the hole.
//
// An entry of the outbox goes through these states:
//
//   queued --transmit--> flying --ack, or the message itself--> (in the log)
//     ^  ^                 |  |
//     |  +---- link lost --+  +-- error ----------> failed  --retry--> queued
//     |                       +-- error storage --> maybe   --retry--> queued
//     +-- sync: was transmitted, and the server may have forgotten --> maybe

import { closes, fold, tidy } from './protocol.js';

// The key of the conversation with everyone; a private one has as its key the
// folded name of the other.
export const EVERYONE = '';

const PAGE = 50; // messages asked for at a time
const KEEP = 2000; // entries held while the reader is at the end
const TYPING = 6000; // for so long a typing frame counts
const PAUSE = 1000; // after rate_limited without a retry_after

// saved: what save() returned in an earlier life of this window, if anything.
export function initial(name, saved = {}) {
  return {
    self: name,
    session: saved.session,
    by: null, // the session's public id; null until the first welcome
    features: [],
    limits: { text: 4000, message: 65536 },
    skew: 0, // the server's clock minus ours
    link: { phase: 'connecting', refused: 0 },
    live: false, // everything of the past has come, one may send
    fault: null, // the last error that answered nothing of ours
    log: {
      id: saved.log,
      position: saved.position, // everything up to this seq has come
      held: false, // and is held in entries: one may resume from it
      epoch: 0,
      entries: [],
      oldest: 0, // an older page lies before this seq
      more: false, // there is an older page
      asking: false, // it has been asked for
      to: 0, // the past, as sync told it, ends here
      seen: Infinity, // what of the past is new to this window lies after it
    },
    conversations: // by key
      new Map(saved.conversations ?? [[EVERYONE, newConversation('')]]),
    people: { online: 0, names: new Map(), complete: true },
    typing: [],
    outbox: (saved.outbox ?? []).map(landed),
    pause: 0, // nothing is sent before this time
    current: EVERYONE, // the conversation on the screen
    attentive: false, // its end is in view and the window has the focus
  };
}

// What has to survive a reload, as plain JSON.
export function save({ session, log, conversations, outbox }) {
  return {
    session, log: log.id, position: log.position, outbox,
    conversations: [...conversations],
  };
}

const newConversation = (name) => ({ name, unread: 0, last: 0 });

// --- Questions ------------------------------------------------------------

// How to join: a window that holds messages asks for those after them, one
// that was just opened for recent ones.
export function joining({ self, session, log }) {
  return log.held
    ? { name: self, session, after: log.position, history: PAGE }
    : { name: self, session, history: PAGE };
}

// The entry of the outbox to transmit now: one at a time, in order.
export function due({ live, outbox, pause }, now) {
  if (!live || now < pause || outbox.some((o) => o.state === 'flying'))
    return undefined;
  return outbox.find((o) => o.state === 'queued');
}

// true, false, or null where it is not known.
export function isOnline({ people }, key) {
  return people.names.has(key) || (people.complete ? false : null);
}

// Who types in a conversation, by name.
export function typists(state, key, now) {
  return state.typing.filter((t) => t.key === key && t.until > now)
    .map((t) => t.name);
}

// How many messages were said to the reader alone and not read yet.
export function unreadPrivate({ conversations }) {
  let n = 0;
  for (const [key, { unread }] of conversations)
    n += key === EVERYONE ? 0 : unread;
  return n;
}

export const isUnread = ({ conversations }) =>
  [...conversations.values()].some(({ unread }) => unread > 0);

// The next time at which the state means something else although nothing
// happened: a second of the countdown, a pause, somebody's typing.  Infinity
// if none.
export function nextChange({ link, pause, typing }, now) {
  const times = [pause, ...typing.map((t) => t.until)];
  if (link.phase === 'waiting' && link.until > now)
    times.push(now + ((link.until - now) % 1000 || 1000));
  return Math.min(...times.filter((t) => t > now), Infinity);
}

// --- The log --------------------------------------------------------------

const follows = (a, b) =>
  a.epoch === b.epoch ? a.seq > b.seq : a.epoch > b.epoch;

// Where in entries one with this epoch and seq belongs.  Searched from the
// end: nearly everything belongs there.
function placeOf(entries, entry) {
  let i = entries.length;
  while (i > 0 && follows(entries[i - 1], entry))
    i--;
  return i;
}

// entries with one more, unless it is there already: by its number, or by what
// its sender called it.
function inserted(entries, entry) {
  const i = placeOf(entries, entry);
  const before = entries[i - 1];
  if (before && before.epoch === entry.epoch && before.seq === entry.seq)
    return entries;
  if (entry.ref !== undefined && entries.some((e) => isSame(e, entry)))
    return entries;
  return entries.toSpliced(i, 0, entry);
}

const isSame = (a, b) =>
  a.ref !== undefined && a.ref === b.ref && a.by === b.by;

// The gap stands before seq, and no message does.
const gapBefore = (epoch, seq) =>
  ({ gap: true, id: `gap ${epoch}.${seq}`, epoch, seq: seq - 0.5 });

// The conversation that a message belongs to: the other's, if it is private.
function keyOf(state, { from, to }) {
  if (to === undefined)
    return EVERYONE;
  return fold(from) === fold(state.self) ? fold(to) : fold(from);
}

export const isOwn = (state, entry) => fold(entry.from) === fold(state.self);

// The entry of the log that a message becomes, and the outbox without it.  Its
// id names its row on the page, from the first keystroke's end on.
function settle(state, message) {
  const sent = state.outbox.find((o) => isSame(o, message));
  const { epoch } = state.log;
  const { seq, time, from, to, by, ref, text } = message;
  const entry = {
    id: sent ? sent.ref : `${epoch}.${seq}`,
    key: keyOf(state, message),
    epoch, seq, time, from, to, by, ref, text,
  };
  const outbox = sent ? state.outbox.filter((o) => o !== sent) : state.outbox;
  const entries = inserted(state.log.entries, entry);
  const isNew = entries !== state.log.entries;
  return {
    entry, isNew,
    state: { ...state, outbox, log: { ...state.log, entries } },
  };
}

// While the end is in view, what lies far above it can be asked for again.
function trimmed(state) {
  const { log, attentive } = state;
  if (log.entries.length <= KEEP || !attentive)
    return state;
  const entries = log.entries.slice(-KEEP / 2);
  const first = entries.find((e) => !e.gap);
  const more = log.epoch === first.epoch && isAble(state, 'history');
  return { ...state, log: { ...log, entries, oldest: first.seq, more } };
}

const isAble = ({ features }, feature) => features.includes(feature);

// Everything up to seq has come.
function advanced(state, seq) {
  if (!Number.isSafeInteger(seq) || seq <= (state.log.position ?? 0))
    return state;
  return { ...state, log: { ...state.log, position: seq } };
}

// --- Conversations, people ------------------------------------------------

function withConversation(state, key, change) {
  const old = state.conversations.get(key) ?? newConversation(key);
  const conversations = new Map(state.conversations);
  conversations.set(key, { ...old, ...change(old) });
  return { ...state, conversations };
}

// A message came into a conversation; it counts as unread or not.
function noted(state, entry, unread) {
  const { key, from, to, time } = entry;
  const other = isOwn(state, entry) ? to : from;
  return withConversation(state, key, (c) => ({
    name: key === EVERYONE ? '' : other,
    last: Math.max(c.last, time),
    unread: c.unread + (unread ? 1 : 0),
  }));
}

const read = (state) => state.attentive &&
  state.conversations.get(state.current).unread > 0
  ? withConversation(state, state.current, () => ({ unread: 0 })) : state;

const withoutTypist = (typing, id, key) =>
  typing.filter((t) => t.id !== id || (key !== undefined && t.key !== key));

// --- The outbox -----------------------------------------------------------

// Nothing of what flew is known to have arrived.
const landed = (o) => o.state === 'flying' ? { ...o, state: 'queued' } : o;

const changed = (state, ref, change) => ({
  ...state,
  outbox: state.outbox.map((o) => o.ref === ref ? { ...o, ...change } : o),
});

// A refusal leaves no trace of the try, here neither.
const failed = (state, ref, code) =>
  changed(state, ref, { state: 'failed', code, by: undefined });

const flying = ({ outbox }) => outbox.find((o) => o.state === 'flying');

// What was transmitted before, and may be repeated by itself: the server knows
// the session, and remembers refs since before the first try.
function isSafe(o, state, sync) {
  return sync.resumed && o.by === state.by && o.log === sync.log &&
    o.since + 1 >= (sync.refs_from ?? 0);
}

// --- Frames ---------------------------------------------------------------

const frames = {
  welcome(state, frame, now) {
    return {
      ...state,
      self: frame.name,
      session: frame.session,
      by: frame.by,
      features: frame.features ?? [],
      limits: { ...state.limits, ...frame.limits },
      skew: Number.isFinite(frame.time) ? frame.time - now : 0,
      fault: null,
    };
  },

  sync(state, sync) {
    const { log } = state;
    const isKnown = log.position !== undefined;
    const isSameLog = isKnown && log.id === sync.log;
    const resumed = sync.resumed && isSameLog;
    const epoch = log.epoch + (log.held && !isSameLog ? 1 : 0);
    const isLost = !isSameLog || (!resumed && sync.to > log.position);
    const isGap = log.held &&
      (sync.gap === true || (isLost && log.entries.length > 0));
    const first = isSameLog
      ? Math.max(sync.from, log.position + 1) : sync.from;
    const outbox = state.outbox.map((o) =>
      o.state === 'queued' && o.by !== undefined && !isSafe(o, state, sync)
        ? { ...o, state: 'maybe' } : o);
    const isFirst = !log.held || (!isSameLog && log.entries.length === 0);
    const older = isFirst
      ? { oldest: sync.from, more: sync.from > 1 && isAble(state, 'history') }
      : isSameLog ? {} : { more: false };
    return {
      ...state,
      outbox,
      log: {
        ...log, ...older, epoch,
        id: sync.log,
        position: isSameLog ? log.position : undefined,
        to: sync.to,
        seen: !isKnown ? Infinity : isSameLog ? log.position : -1,
        entries: isGap
          ? inserted(log.entries, gapBefore(epoch, first)) : log.entries,
      },
    };
  },

  users(state, { online, names, complete }) {
    const next = advanced(state, state.log.to);
    const position = next.log.position ?? 0;
    return {
      ...next,
      live: true,
      log: { ...next.log, position, held: true },
      people: {
        online,
        names: new Map(names.map((name) => [fold(name), name])),
        complete: complete !== false,
      },
    };
  },

  message(state, message) {
    const { log, live } = state;
    const isFresh = live || message.seq > log.seen;
    const { entry, isNew, state: next } = settle(state, message);
    if (!isNew)
      return advanced(next, message.seq);
    const typing = withoutTypist(next.typing, fold(entry.from), entry.key);
    const unread = isFresh && !isOwn(state, entry) &&
      !(state.attentive && state.current === entry.key);
    return trimmed(advanced(
      noted({ ...next, typing }, entry, unread), message.seq));
  },

  presence(state, { online, joined, left }) {
    const names = new Map(state.people.names);
    for (const name of left)
      names.delete(fold(name));
    for (const name of joined)
      names.set(fold(name), name);
    const typing = left.reduce(
      (rest, name) => withoutTypist(rest, fold(name)), state.typing);
    return { ...state, typing, people: { ...state.people, online, names } };
  },

  // An ack does not move the position: it may overtake messages of others.
  ack(state, { ref, seq, time }) {
    const sent = state.outbox.find((o) => o.ref === ref && o.by === state.by);
    if (!sent)
      return state;
    const message = { ...sent, seq, time, from: state.self };
    const { entry, state: next } = settle(state, message);
    return noted(next, entry, false);
  },

  error(state, { code, message, ref, retry_after: after }, now) {
    const sent = ref !== undefined &&
      state.outbox.find((o) => o.ref === ref && o.state === 'flying');
    if (!sent) {
      const log = { ...state.log, asking: false };
      return ref === undefined
        ? { ...state, log, fault: { code, message } } : state;
    }
    if (code === 'rate_limited')
      return {
        ...changed(state, ref, { state: 'queued', by: undefined }),
        pause: now + (after ?? PAUSE),
      };
    return code === 'storage'
      ? changed(state, ref, { state: 'maybe' }) : failed(state, ref, code);
  },

  typing(state, { from, to, active }, now) {
    const id = fold(from);
    if (id === fold(state.self))
      return state;
    const key = to === undefined ? EVERYONE : id;
    const typing = withoutTypist(state.typing, id, key);
    if (active)
      typing.push({ id, key, name: from, until: now + TYPING });
    return { ...state, typing };
  },

  history(state, { before, more, entries }) {
    if (!state.log.asking || before !== state.log.oldest)
      return state;
    let next = state;
    for (const message of entries) {
      const settled = settle(next, message);
      next = settled.isNew
        ? noted(settled.state, settled.entry, false) : settled.state;
    }
    // A page may hold nothing that this session may see, and yet not be the
    // last one.
    const oldest = entries[0]?.seq ?? Math.max(1, before - PAGE);
    const isMore = more && oldest > 1;
    const log = { ...next.log, oldest, more: isMore, asking: false };
    return { ...next, log };
  },

  pong(state, { seq }) {
    return state.live ? advanced(state, seq) : state;
  },

  // What is sent from now on may not be recorded any more.
  bye(state) {
    return { ...state, live: false };
  },
};

// --- Events ---------------------------------------------------------------

const events = {
  frame(state, { frame, now }) {
    return Object.hasOwn(frames, frame.type)
      ? frames[frame.type](state, frame, now) : advanced(state, frame.seq);
  },

  // The link is connecting, open, waiting until a time, or stopped for good.
  // While it is lost, lost says since when.
  link(state, event) {
    const { phase, until, code, refused = 0, now } = event;
    const lost = phase === 'open' ? undefined : state.link.lost ?? now;
    const isRefused = refused > 0 && state.link.isRefused === true;
    const link = { phase, until, code, refused, isRefused, lost };
    if (phase !== 'waiting' && phase !== 'stopped')
      return { ...state, link };
    const tooBig = code === closes.tooBig && flying(state);
    const next = tooBig ? failed(state, tooBig.ref, 'too_long') : state;
    return {
      ...next, link,
      live: false,
      typing: [],
      outbox: next.outbox.map(landed),
      log: { ...next.log, asking: false },
    };
  },

  // The server is there, but does not let this page connect.
  refused(state) {
    return { ...state, link: { ...state.link, isRefused: true } };
  },

  // Say something in the current conversation.
  send(state, { text: said, ref, now }) {
    const text = tidy(said);
    if (text === '')
      return state;
    const { current: key } = state;
    const to = key === EVERYONE ? undefined : state.conversations.get(key).name;
    const time = now + state.skew;
    const entry = { ref, key, to, text, time, state: 'queued' };
    return { ...state, outbox: [...state.outbox, entry] };
  },

  // An entry of the outbox goes out: what it takes to know it again, and to
  // know later whether the server still does.
  transmit(state, { ref }) {
    const { by, log } = state;
    const sent = state.outbox.find((o) => o.ref === ref);
    const since = sent.by === by && sent.log === log.id
      ? sent.since : log.position;
    return changed(state, ref, { state: 'flying', by, log: log.id, since });
  },

  // Try again, as the last in the queue.
  retry(state, { ref }) {
    const again = state.outbox.find((o) => o.ref === ref);
    if (again?.state !== 'failed' && again?.state !== 'maybe')
      return state;
    const rest = state.outbox.filter((o) => o !== again);
    return { ...state, outbox: [...rest, { ...again, state: 'queued' }] };
  },

  discard(state, { ref }) {
    return { ...state, outbox: state.outbox.filter((o) => o.ref !== ref) };
  },

  open(state, { name }) {
    const key = fold(name);
    const next = state.conversations.has(key) ? state
      : withConversation(state, key, () => ({ name }));
    return read({ ...next, current: key });
  },

  attend(state, { attentive }) {
    return attentive === state.attentive ? state
      : read({ ...state, attentive });
  },

  older(state) {
    return { ...state, log: { ...state.log, asking: true } };
  },
};

export function reduce(state, event) {
  return events[event.type](state, event);
}
