// What a window knows after what it was told: joining, resuming, sending.

import assert from 'node:assert/strict';
import test from 'node:test';
import {
  EVERYONE, due, entriesOf, initial, isJoining, isOnline, joining, nextChange,
  reduce, save, typists, unread,
} from '../../web/store.js';
import { rowsOf } from '../../web/rows.js';

const T = 1764000000000;

// A window under test: it takes events and frames, and answers questions.
function windowOf(name = 'alice', saved = undefined) {
  const w = {
    state: initial(name, saved),
    now: T,
    does(event) {
      w.state = reduce(w.state, { now: w.now, ...event });
      return w;
    },
    hears(...frames) {
      for (const frame of frames)
        w.does({ type: 'frame', frame });
      return w;
    },
    joins(sync = {}, entries = [], by = 'k1') {
      w.does({ type: 'link', phase: 'open' });
      return w.hears(welcome(name, by), syncOf(sync), ...entries, users());
    },
    loses(code) {
      return w.does({ type: 'link', phase: 'waiting', code, until: w.now });
    },
    says(text, ref = text) {
      return w.does({ type: 'send', text, ref });
    },
    // What goes out now, if anything.
    sends() {
      const entry = due(w.state, w.now);
      if (entry)
        w.does({ type: 'transmit', ref: entry.ref });
      return entry?.text;
    },
    reloads() {
      return windowOf(name, JSON.parse(JSON.stringify(save(w.state))));
    },
    entries: () => entriesOf(w.state, EVERYONE),
    seqs: () => w.entries().map((e) => (e.gap ? 'gap' : e.seq)),
    texts: (key = EVERYONE) => rowsOf(w.state, key)
      .filter((row) => row.kind === 'message').map((row) => row.message.text),
    outbox: () => w.state.outbox.map((o) => `${o.text} ${o.state}`),
    unread: (key = EVERYONE) => w.state.conversations.get(key).unread,
  };
  return w;
}

const welcome = (name = 'alice', by = 'k1') => ({
  type: 'welcome', name, by, session: `token of ${by}`, time: T,
  features: ['history', 'typing'], limits: { text: 4000, message: 65536 },
});
const syncOf = (sync) => ({
  type: 'sync', log: 'L1', from: 1, to: 0, resumed: false, gap: false,
  refs_from: 0, ...sync,
});
const users = (names = ['alice', 'bob']) => ({
  type: 'users', online: names.length, names, complete: true,
});
const said = (seq, more = {}) => ({
  type: 'message', seq, time: T + seq, from: 'bob', by: 'b', text: `m${seq}`,
  ...more,
});
const run = (from, to) =>
  Array.from({ length: to - from + 1 }, (_, i) => said(from + i));
const ack = (ref, seq, more = {}) =>
  ({ type: 'ack', ref, seq, time: T + seq, ...more });
const error = (code, ref, more = {}) =>
  ({ type: 'error', code, message: '', ref, ...more });

// --- Joining and resuming ---

test('a first join asks for recent messages and no more', () => {
  const asked = joining(windowOf().state);
  assert.equal(asked.name, 'alice');
  assert.equal(asked.session, undefined);
  assert.equal(asked.after, undefined);
  assert.ok(asked.history > 0);
});

test('the spelling that the server shows is the one shown', () => {
  const w = windowOf('ALICE');
  w.hears(welcome('alice'));
  assert.equal(w.state.self, 'alice');
});

test('after a drop a window asks for what came after what it has', () => {
  const w = windowOf().joins({ from: 5, to: 6 }, run(5, 6)).hears(said(9));
  const { session, after } = joining(w.loses().state);
  assert.deepEqual({ session, after }, { session: 'token of k1', after: 9 });
});

test('a drop in the middle of the past leaves the position there', () => {
  const w = windowOf().joins({ from: 1, to: 2 }, run(1, 2)).loses();
  w.hears(welcome(), syncOf({ from: 3, to: 9, resumed: true }), ...run(3, 5));
  assert.equal(joining(w.loses().state).after, 5);
});

test('the past shows, and counts, when all of it has come', () => {
  const w = windowOf().joins({ to: 1 }, [said(1)]).says('waits').loses();
  const rows = () => [...w.texts(), w.unread()];
  const before = rows();
  assert.deepEqual(before, ['m1', 'waits', 0]);
  w.hears(welcome(), syncOf({ from: 2, to: 4, resumed: true }),
    ...run(2, 3), { type: 'novel', seq: 4 });
  assert.deepEqual(rows(), before);
  w.hears(users());
  assert.deepEqual(rows(), ['m1', 'm2', 'm3', 'waits', 2]);
  assert.equal(w.hears(said(5)).unread(), 3);
});

test('what came of a past that broke off shows all the same', () => {
  const w = windowOf().joins({ to: 1 }, [said(1)]).loses();
  w.hears(welcome(), syncOf({ from: 2, to: 9, resumed: true }), ...run(2, 3));
  assert.deepEqual(w.loses().texts(), ['m1', 'm2', 'm3']);
});

test('before the first past has come nobody is known to be here', () => {
  const w = windowOf();
  const known = () =>
    [isJoining(w.state), w.state.people.online, isOnline(w.state, 'bob')];
  assert.deepEqual(known(), [true, null, null]);
  w.hears(welcome(), syncOf({}));
  assert.deepEqual(known(), [true, null, null]);
  assert.deepEqual((w.loses(), known()), [false, null, null]);
  w.joins();
  assert.deepEqual(known(), [false, 2, true]);
});

test('a first join that broke off starts again', () => {
  const w = windowOf();
  w.hears(welcome(), syncOf({ from: 5, to: 9 }), ...run(5, 6)).loses();
  assert.equal(joining(w.state).after, undefined);
  w.joins({ from: 5, to: 9, resumed: true }, run(5, 9));
  assert.deepEqual(w.seqs(), [5, 6, 7, 8, 9]);
});

test('the past ends where sync says, seen or not', () => {
  const w = windowOf().joins({ from: 5, to: 8 }, [said(6)]);
  assert.equal(joining(w.loses().state).after, 8);
});

test('an empty room can be resumed, too', () => {
  assert.equal(joining(windowOf().joins().loses().state).after, 0);
});

test('frames of an unknown type and pongs move the position', () => {
  const w = windowOf().joins({ to: 3 }, run(1, 3));
  w.hears({ type: 'novel', seq: 4 });
  assert.equal(joining(w.state).after, 4);
  w.hears({ type: 'pong', ref: 'p', seq: 7 });
  assert.equal(joining(w.state).after, 7);
});

test('an ack does not move the position past what others said before', () => {
  const w = windowOf().joins().says('x');
  w.sends();
  w.hears(ack('x', 5));
  assert.equal(joining(w.state).after, 0);
});

test('after a resume no row is doubled, none is missing, order holds', () => {
  const w = windowOf().joins({ to: 3 }, run(1, 3)).loses();
  w.joins({ from: 3, to: 6, resumed: true }, run(3, 6)).hears(said(7));
  assert.deepEqual(w.seqs(), [1, 2, 3, 4, 5, 6, 7]);
});

test('a gap that the server reports is a row at its place', () => {
  const w = windowOf().joins({ to: 3 }, run(1, 3)).loses();
  w.joins({ from: 40, to: 41, resumed: true, gap: true }, run(40, 41));
  assert.deepEqual(w.seqs(), [1, 2, 3, 'gap', 40, 41]);
  assert.deepEqual(rowsOf(w.state, 'bob').map((row) => row.kind), ['gap']);
});

test('a gap told again by the next try is one row', () => {
  const w = windowOf().joins({ to: 3 }, run(1, 3)).loses();
  const sync = syncOf({ from: 40, to: 41, resumed: true, gap: true });
  w.hears(welcome(), sync).loses().hears(welcome(), sync, said(40), users());
  assert.deepEqual(w.seqs(), [1, 2, 3, 'gap', 40]);
});

test('another log: what was shown stays, then a gap, then new numbers', () => {
  const w = windowOf().joins({ to: 30 }, run(29, 30)).loses();
  w.joins({ log: 'L2', from: 1, to: 2 }, run(1, 2), 'k2').hears(said(3));
  assert.deepEqual(w.seqs(), [29, 30, 'gap', 1, 2, 3]);
  assert.equal(joining(w.state).after, 3);
  assert.equal(w.state.log.more, false);
});

test('a session that was lost leaves a gap if anything was said since', () => {
  const w = windowOf().joins({ to: 3 }, run(1, 3)).loses();
  w.joins({ from: 1, to: 3 }, run(1, 3), 'k2');
  assert.deepEqual(w.seqs(), [1, 2, 3]);
  w.loses().joins({ from: 1, to: 4 }, run(1, 4), 'k3');
  assert.deepEqual(w.seqs(), [1, 2, 3, 'gap', 4]);
});

test('a reload asks with the token for recent messages, without a gap', () => {
  const w = windowOf().joins({ to: 3 }, run(1, 3)).reloads();
  const asked = joining(w.state);
  assert.equal(asked.session, 'token of k1');
  assert.equal(asked.after, undefined);
  w.joins({ from: 2, to: 9, resumed: true }, run(2, 9));
  assert.deepEqual(w.seqs(), [2, 3, 4, 5, 6, 7, 8, 9]);
});

// --- Sending ---

test('what is said shows at once, and stays one row when it is acked', () => {
  const w = windowOf().joins().says('hi', 'r1');
  const [, before] = rowsOf(w.state, EVERYONE);
  assert.equal(before.status, 'queued');
  w.sends();
  w.hears(ack('r1', 1), said(1, { from: 'alice', by: 'k1', ref: 'r1' }));
  const rows = rowsOf(w.state, EVERYONE).filter((r) => r.kind === 'message');
  assert.equal(rows.length, 1);
  assert.equal(rows[0].id, before.id);
  assert.equal(rows[0].status, undefined);
});

test('the message itself confirms as well as an ack does', () => {
  const own = said(1, { from: 'alice', by: 'k1', ref: 'r1', text: 'hi' });
  for (const order of [[own, ack('r1', 1)], [ack('r1', 1), own], [own]]) {
    const w = windowOf().joins().says('hi', 'r1');
    w.sends();
    w.hears(...order);
    assert.deepEqual(w.texts(), ['hi']);
    assert.deepEqual(w.outbox(), []);
  }
});

test("another window's message with the same ref is not one's own", () => {
  const w = windowOf().joins().says('hi', 'r1');
  w.sends();
  w.hears(said(1, { from: 'mallory', by: 'm', ref: 'r1', text: 'no' }));
  assert.deepEqual(w.texts(), ['no', 'hi']);
  assert.deepEqual(w.outbox(), ['hi flying']);
});

test('one in flight, in order', () => {
  const w = windowOf().says('a').says('b');
  assert.equal(w.sends(), undefined); // not connected
  w.joins();
  assert.equal(w.sends(), 'a');
  assert.equal(w.sends(), undefined);
  w.hears(ack('a', 1));
  assert.equal(w.sends(), 'b');
});

test('nothing is sent before the past has come, nor after a bye', () => {
  const w = windowOf().says('a').hears(welcome(), syncOf({}));
  assert.equal(w.sends(), undefined);
  w.hears(users(), { type: 'bye', reason: 'restart' });
  assert.equal(w.sends(), undefined);
});

test('a refusal is told, and holds nothing back', () => {
  const w = windowOf().joins().says('a').says('b');
  w.sends();
  w.hears(error('offline', 'a'));
  assert.deepEqual(w.outbox(), ['a failed', 'b queued']);
  assert.equal(w.state.outbox[0].code, 'offline');
  assert.equal(w.sends(), 'b');
});

test('a failed entry can be tried again, as the last, or deleted', () => {
  const w = windowOf().joins().says('a').says('b');
  w.sends();
  w.hears(error('offline', 'a')).does({ type: 'retry', ref: 'a' });
  assert.deepEqual(w.outbox(), ['b queued', 'a queued']);
  w.does({ type: 'discard', ref: 'b' });
  assert.deepEqual(w.outbox(), ['a queued']);
});

test('too many: the same is sent again after the time told, in order', () => {
  const w = windowOf().joins().says('a').says('b');
  w.sends();
  w.hears(error('rate_limited', 'a', { retry_after: 800 }));
  assert.equal(w.sends(), undefined);
  assert.equal(nextChange(w.state, w.now), T + 800);
  w.now += 800;
  assert.equal(w.sends(), 'a');
});

test('storage leaves the outcome open; a retry keeps the ref', () => {
  const w = windowOf().joins().says('a', 'r1');
  w.sends();
  w.hears(error('storage', 'r1'));
  assert.deepEqual(w.outbox(), ['a maybe']);
  assert.equal(w.sends(), undefined);
  w.does({ type: 'retry', ref: 'r1' });
  assert.equal(due(w.state, w.now).ref, 'r1');
});

test('a drop in flight: the same ref again, first in the queue', () => {
  const w = windowOf().joins({ to: 9 }, run(9, 9)).says('a').says('b');
  w.sends();
  w.loses().joins({ from: 10, to: 9, resumed: true, refs_from: 2 });
  assert.deepEqual(w.outbox(), ['a queued', 'b queued']);
  assert.equal(w.sends(), 'a');
  w.hears(ack('a', 10, { duplicate: true }));
  assert.deepEqual(w.outbox(), ['b queued']);
  assert.deepEqual(w.texts(), ['m9', 'a', 'b']);
});

test('a drop in flight: what the past holds is not sent again', () => {
  const w = windowOf().joins().says('a', 'r1');
  w.sends();
  const own = said(1, { from: 'alice', by: 'k1', ref: 'r1', text: 'a' });
  w.loses().joins({ to: 1, resumed: true }, [own]);
  assert.equal(w.sends(), undefined);
  assert.deepEqual(w.texts(), ['a']);
});

test('a try older than what the server remembers is not repeated', () => {
  for (const [refsFrom, outcome] of [[10, 'a queued'], [11, 'a maybe']]) {
    const w = windowOf().joins({ from: 9, to: 9 }, run(9, 9)).says('a');
    w.sends();
    w.loses().joins(
      { from: 10, to: 90, resumed: true, refs_from: refsFrom }, [said(90)]);
    assert.deepEqual(w.outbox(), [outcome]);
  }
});

test('the first try counts, not the last', () => {
  const w = windowOf().joins({ to: 9 }, run(9, 9)).says('a');
  w.sends();
  w.loses().joins({ from: 10, to: 20, resumed: true }, run(10, 20));
  w.sends();
  w.loses().joins({ from: 21, to: 90, resumed: true, refs_from: 15 });
  assert.deepEqual(w.outbox(), ['a maybe']);
});

test('another log: the never sent goes, the unanswered is maybe sent', () => {
  const w = windowOf().joins().says('a').says('b');
  w.sends();
  w.loses().joins({ log: 'L2' }, [], 'k2');
  assert.deepEqual(w.outbox(), ['a maybe', 'b queued']);
  assert.equal(w.sends(), 'b');
  w.hears(ack('b', 1)).does({ type: 'retry', ref: 'a' });
  assert.equal(w.sends(), 'a');
  w.hears(ack('a', 2));
  assert.deepEqual(w.texts(), ['b', 'a']);
});

test('what was refused under an old session was not sent', () => {
  const w = windowOf().joins().says('a');
  w.sends();
  w.hears(error('rate_limited', 'a')).loses();
  w.joins({ log: 'L2' }, [], 'k2');
  assert.deepEqual(w.outbox(), ['a queued']);
});

test('a maybe sent message that turns up is sent', () => {
  const w = windowOf().joins().says('a', 'r1');
  w.sends();
  const own = said(1, { from: 'alice', by: 'k1', ref: 'r1', text: 'a' });
  w.loses().joins({ to: 1 }, [own], 'k2');
  assert.deepEqual(w.outbox(), []);
  assert.deepEqual(w.texts(), ['a']);
});

test('a frame that is too big is not sent again', () => {
  const w = windowOf().joins().says('a').says('b');
  w.sends();
  w.loses(1009);
  assert.deepEqual(w.outbox(), ['a failed', 'b queued']);
});

test('the outbox survives a reload, and knows what had been sent', () => {
  const w = windowOf().joins({ to: 9 }, run(9, 9)).says('a').says('b');
  w.sends();
  const again = w.reloads();
  assert.deepEqual(again.texts(), ['a', 'b']);
  again.joins({ from: 1, to: 9, resumed: true, refs_from: 1 }, [said(9)]);
  assert.equal(again.sends(), 'a');
  const other = w.reloads().joins({ log: 'L2' }, [], 'k2');
  assert.deepEqual(other.outbox(), ['a maybe', 'b queued']);
});

test('nothing but white space is nothing to say', () => {
  const w = windowOf().joins().says('  \n ');
  assert.deepEqual(w.outbox(), []);
});

// --- Conversations ---

test('a private message belongs to the conversation with the other', () => {
  const w = windowOf().joins();
  w.hears(said(1, { from: 'Bob', to: 'alice' }),
    said(2, { from: 'alice', to: 'bob' }),
    said(3, { from: 'carol', to: 'ALICE' }));
  assert.deepEqual(w.texts('bob'), ['m1', 'm2']);
  assert.deepEqual(w.texts('carol'), ['m3']);
  assert.deepEqual(w.texts(), ['m1', 'm2', 'm3']);
});

test('a message to oneself has a conversation of its own', () => {
  const w = windowOf().joins().hears(said(1, { from: 'alice', to: 'alice' }));
  assert.deepEqual(w.texts('alice'), ['m1']);
  assert.equal(w.unread('alice'), 0);
});

test('what is said privately goes to whom the conversation is with', () => {
  const w = windowOf().joins().does({ type: 'open', name: 'Bob' }).says('x');
  assert.equal(due(w.state, w.now).to, 'Bob');
  w.sends();
  w.hears(ack('x', 1));
  assert.deepEqual(w.texts('bob'), ['x']);
  w.does({ type: 'open', name: '' }).says('y');
  assert.equal(due(w.state, w.now).to, undefined);
});

test('unread counts what came while nobody looked, and ends on reading', () => {
  const w = windowOf().joins();
  w.hears(said(1), said(2, { to: 'alice' }));
  assert.deepEqual([w.unread(), w.unread('bob')], [1, 1]);
  w.does({ type: 'attend', attentive: true });
  assert.deepEqual([w.unread(), w.unread('bob')], [0, 1]);
  w.hears(said(3), said(4, { to: 'alice' }));
  assert.deepEqual([w.unread(), w.unread('bob')], [0, 2]);
  assert.deepEqual(unread(w.state), { all: 2, personal: 2 });
  w.does({ type: 'open', name: 'bob' });
  assert.deepEqual([w.unread(), w.unread('bob')], [0, 0]);
  assert.deepEqual(unread(w.state), { all: 0, personal: 0 });
});

test("the past of a first join is not unread, nor are one's own words", () => {
  const w = windowOf().joins({ to: 2 }, run(1, 2));
  w.hears(said(3, { from: 'Alice', by: 'k9' }));
  assert.equal(w.unread(), 0);
});

test('unread survives a reload and counts what came meanwhile', () => {
  const w = windowOf().joins().hears(said(1), said(2, { to: 'alice' }));
  const again = w.reloads();
  again.joins({ to: 3, resumed: true },
    [said(1), said(2, { to: 'alice' }), said(3)]);
  assert.deepEqual([again.unread(), again.unread('bob')], [2, 1]);
});

test('a name that an object has by nature is a name like any other', () => {
  const w = windowOf().joins({}, []);
  for (const [i, from] of ['__proto__', 'constructor'].entries())
    w.hears(said(i + 1, { from, to: 'alice' }));
  assert.equal(w.unread('__proto__'), 1);
  assert.equal(w.reloads().unread('constructor'), 1);
});

// --- People ---

test('presence applies as sets, and names fold', () => {
  const w = windowOf().joins();
  const presence = (online, joined, left) =>
    w.hears({ type: 'presence', online, joined, left });
  presence(3, ['Bob', 'carol'], []);
  assert.equal(w.state.people.online, 3);
  assert.deepEqual([...w.state.people.names.values()],
    ['alice', 'Bob', 'carol']);
  presence(2, [], ['BOB', 'nobody']);
  assert.equal(isOnline(w.state, 'bob'), false);
  assert.equal(isOnline(w.state, 'carol'), true);
});

test('who is not in a cut list may still be online', () => {
  const w = windowOf().joins();
  w.hears({ ...users(), online: 5000, complete: false });
  assert.equal(isOnline(w.state, 'zoe'), null);
});

test('typing shows where it happens and ends by itself', () => {
  const w = windowOf().joins();
  const typing = (more) =>
    w.hears({ type: 'typing', from: 'bob', active: true, ...more });
  typing({});
  typing({ to: 'alice' });
  assert.deepEqual(typists(w.state, EVERYONE, T), ['bob']);
  assert.deepEqual(typists(w.state, 'bob', T), ['bob']);
  assert.equal(nextChange(w.state, T), T + 6000);
  assert.deepEqual(typists(w.state, EVERYONE, T + 6000), []);
  w.hears(said(1));
  assert.deepEqual(typists(w.state, EVERYONE, T), []);
  assert.deepEqual(typists(w.state, 'bob', T), ['bob']);
  w.hears({ type: 'presence', online: 1, joined: [], left: ['Bob'] });
  assert.deepEqual(typists(w.state, 'bob', T), []);
  typing({ from: 'ALICE' });
  assert.deepEqual(typists(w.state, EVERYONE, T), []);
});

// --- Older messages ---

test('an older page goes before what is there, and is not unread', () => {
  const w = windowOf().joins({ from: 8, to: 9 }, run(8, 9));
  assert.equal(w.state.log.more, true);
  w.does({ type: 'older' }).hears(
    { type: 'history', before: 8, more: true,
      entries: [...run(5, 7), { type: 'novel', seq: 7 }] });
  assert.deepEqual(w.seqs(), [5, 6, 7, 8, 9]);
  assert.equal(w.state.log.oldest, 5);
  assert.equal(w.unread(), 0);
  assert.equal(joining(w.state).after, 9);
  w.does({ type: 'older' }).hears(
    { type: 'history', before: 5, more: false, entries: run(3, 4) });
  assert.equal(w.state.log.more, false);
});

test('a page with nothing to see leads on to the next', () => {
  const w = windowOf().joins({ from: 800, to: 799 });
  w.does({ type: 'older' }).hears(
    { type: 'history', before: 800, more: true, entries: [] });
  assert.ok(w.state.log.oldest < 800);
  assert.equal(w.state.log.more, true);
});

test('a drop or an error ends the wait for a page', () => {
  const w = windowOf().joins({ from: 8, to: 9 }, run(8, 9));
  w.does({ type: 'older' }).hears(error('rate_limited'));
  assert.equal(w.state.log.asking, false);
  w.does({ type: 'older' }).loses();
  assert.equal(w.state.log.asking, false);
});

test('a long log is trimmed while its end is in view', () => {
  const w = windowOf().joins({}, []);
  w.does({ type: 'attend', atEnd: true }).hears(...run(1, 3000));
  const { oldest, more } = w.state.log;
  const entries = w.entries();
  assert.ok(entries.length <= 2000);
  assert.equal(entries.at(-1).seq, 3000);
  assert.equal(oldest, entries[0].seq);
  assert.equal(more, true);
});

test('work for a message does not grow with the log', () => {
  const work = [100, 20000].map((n) => {
    const w = windowOf().joins({}, []);
    w.does({ type: 'attend', atEnd: false }).hears(...run(1, n));
    let reads = 0;
    for (const entry of w.entries()) {
      const { seq, text } = entry;
      Object.defineProperty(entry, 'seq', { get: () => (reads++, seq) });
      Object.defineProperty(entry, 'text', { get: () => (reads++, text) });
    }
    w.hears(said(n + 1));
    rowsOf(w.state, EVERYONE, n - 50);
    assert.equal(w.entries().at(-1).seq, n + 1);
    return reads;
  });
  assert.ok(work[1] < work[0] + 20, `${work}`); // a binary search
});

test('tens of thousands of older messages come in order', () => {
  const w = windowOf().joins({ from: 30001, to: 30000 });
  for (let before = 30001; before > 1; before -= 100)
    w.does({ type: 'older' }).hears({ type: 'history', before,
      more: before > 101, entries: run(before - 100, before - 1) });
  assert.equal(w.entries().length, 30000);
  assert.ok(w.entries().every(({ seq }, i) => seq === i + 1));
  assert.equal(w.state.log.more, false);
});

test('a page that shows nothing in a private conversation leads on', () => {
  const w = windowOf().joins({ from: 200, to: 199 });
  w.does({ type: 'open', name: 'bob' }).does({ type: 'older' });
  w.hears({ type: 'history', before: 200, more: true, entries: run(150, 199) });
  assert.deepEqual(w.texts('bob'), []);
  w.does({ type: 'older' }).hears({ type: 'history', before: 150, more: false,
    entries: [said(140, { to: 'alice' })] });
  assert.deepEqual(w.texts('bob'), ['m140']);
});

// --- Comings and goings, mentions, what is new ---

const kinds = (w, key = EVERYONE) =>
  rowsOf(w.state, key).map(({ kind }) => kind);
const presence = (joined, left) =>
  ({ type: 'presence', online: 9, joined, left });
const crowds = (w) => rowsOf(w.state, EVERYONE)
  .filter(({ kind }) => kind === 'crowd')
  .map(({ came, went }) => [came.join(), went.join()]);

test('who comes and goes is folded until somebody speaks', () => {
  const w = windowOf().joins();
  w.hears(presence(['Carol'], []), presence(['dave'], ['bob']));
  assert.deepEqual(crowds(w), [['Carol,dave', 'bob']]);
  w.hears(presence([], ['carol']));
  assert.deepEqual(crowds(w), [['dave', 'bob']]);
  w.hears(said(1), presence(['eve'], []));
  assert.deepEqual(crowds(w), [['dave', 'bob'], ['eve', '']]);
  w.hears(presence([], ['eve']));
  assert.deepEqual(crowds(w), [['dave', 'bob']]);
  assert.deepEqual(kinds(w, 'bob'), []);
});

test('what is no change is no news', () => {
  const w = windowOf().joins();
  w.hears(presence(['BOB'], ['nobody']));
  assert.deepEqual(crowds(w), []);
});

test('a message that is told late goes before who came after it', () => {
  const w = windowOf().joins().says('x');
  w.sends();
  w.hears(ack('x', 5), presence(['carol'], []), said(4), said(6));
  assert.deepEqual(kinds(w).slice(-4),
    ['message', 'message', 'crowd', 'message']);
});

test('the own name in a text of others is a mention', () => {
  const w = windowOf('Al.X').joins();
  for (const [text, n] of [['al.x: hi', 1], ['(@AL.X)', 2], ['alyx', 2],
    ['mal.x', 2], ['al.xy', 2], ['Al.X', 3]])
    assert.equal(w.hears(said(w.entries().length + 1, { text }))
      .state.conversations.get(EVERYONE).mentions, n, text);
  w.hears(said(9, { text: 'Al.X', from: 'al.x' }));
  assert.equal(unread(w.state).personal, 3);
  w.does({ type: 'attend', attentive: true });
  assert.equal(unread(w.state).personal, 0);
});

test('the line stands where reading stopped, until one leaves', () => {
  const w = windowOf().joins().does({ type: 'attend', attentive: true });
  w.hears(said(1)).does({ type: 'attend', attentive: false });
  w.hears(said(2), said(3));
  assert.deepEqual(kinds(w), ['day', 'message', 'new', 'message', 'message']);
  assert.deepEqual(w.reloads().joins({ to: 3, resumed: true }, run(1, 3))
    .state.conversations.get(EVERYONE).fresh, 'L1 2');
  w.does({ type: 'attend', attentive: true });
  assert.ok(rowsOf(w.state, EVERYONE)[2].isRead);
  w.does({ type: 'attend', attentive: false }).hears(said(4));
  assert.deepEqual(kinds(w).slice(-2), ['new', 'message']);
  w.does({ type: 'open', name: 'bob' }).does({ type: 'open', name: '' });
  assert.ok(kinds(w).includes('new'), 'not read yet');
  w.does({ type: 'attend', attentive: true });
  w.does({ type: 'open', name: 'bob' }).does({ type: 'open', name: '' });
  assert.ok(!kinds(w).includes('new'));
});

test('a part of the rows is as it is in the whole', () => {
  const w = windowOf().joins();
  w.hears(...run(1, 30), presence(['carol'], []), ...run(31, 60));
  const all = rowsOf(w.state, EVERYONE);
  const part = rowsOf(w.state, EVERYONE, 20, 40);
  const start = all.findIndex(({ id }) => id === part[0].id);
  assert.deepEqual(part, all.slice(start, start + 20));
});

// --- Rows ---

const heads = (w, key = EVERYONE) => rowsOf(w.state, key)
  .filter((row) => row.kind === 'message').map((row) => row.head);

test('rows of one sender are grouped while they are close', () => {
  const minute = 60000;
  const w = windowOf().joins();
  w.hears(said(1, { time: T }), said(2, { time: T + 4 * minute }),
    said(3, { time: T + 9 * minute }), said(4, { from: 'eve', time: T }),
    said(5, { from: 'eve', to: 'alice', time: T }));
  assert.deepEqual(heads(w), [true, false, true, true, true]);
});

test('a row in trouble stands alone', () => {
  const w = windowOf().joins().says('a').says('b').says('c');
  assert.deepEqual(heads(w), [true, false, false]);
  w.sends();
  w.hears(error('offline', 'a'));
  assert.deepEqual(heads(w), [true, true, false]);
});

test('every day begins with a separator', () => {
  const day = 24 * 3600 * 1000;
  const w = windowOf().joins();
  w.hears(said(1, { time: T }), said(2, { time: T + 1 }),
    said(3, { time: T + day }));
  assert.deepEqual(rowsOf(w.state, EVERYONE).map((row) => row.kind),
    ['day', 'new', 'message', 'message', 'day', 'message']);
});

// --- The link ---

test('lost says since when there is no connection', () => {
  const w = windowOf().does({ type: 'link', phase: 'connecting' });
  assert.equal(w.state.link.lost, T);
  w.does({ type: 'link', phase: 'open' });
  assert.equal(w.state.link.lost, T);
  w.joins();
  assert.equal(w.state.link.lost, undefined);
  w.now += 5;
  w.loses();
  w.now += 5;
  w.does({ type: 'link', phase: 'connecting' });
  assert.equal(w.state.link.lost, T + 5);
});

test('the countdown changes by the second', () => {
  const w = windowOf();
  w.does({ type: 'link', phase: 'waiting', until: T + 2500 });
  assert.equal(nextChange(w.state, T), T + 500);
  assert.equal(nextChange(w.state, T + 500), T + 1500);
  assert.equal(nextChange(w.state, T + 2500), Infinity);
});

test('a draft belongs to its conversation, and survives a reload', () => {
  const w = windowOf().joins();
  w.does({ type: 'draft', text: 'to all' }).does({ type: 'open', name: 'bob' });
  w.does({ type: 'draft', text: 'to bob' });
  const { conversations } = w.reloads().state;
  assert.equal(conversations.get(EVERYONE).draft, 'to all');
  assert.equal(conversations.get('bob').draft, 'to bob');
});

test('a window that was emptied can ask for what it held', () => {
  const w = windowOf().joins({ from: 3, to: 7 }, run(3, 7));
  w.does({ type: 'clear' });
  assert.deepEqual(w.texts(), []);
  w.hears(said(8));
  assert.deepEqual(w.texts(), ['m8']);
  assert.equal(w.state.log.oldest, 8);
  w.does({ type: 'older' });
  w.hears({ type: 'history', before: 8, more: true, entries: run(5, 7) });
  assert.deepEqual(w.texts(), ['m5', 'm6', 'm7', 'm8']);
  w.loses();
  w.joins({ from: 9, to: 8, resumed: true });
  assert.deepEqual(w.texts(), ['m5', 'm6', 'm7', 'm8']);
});
