// The protocol, as a client meets it that knows only the manual.

import assert from 'node:assert/strict';
import { WebSocket } from 'ws';
import { clientOf, test } from './support.mjs';

const say = (client, text, more) =>
  client.send({ type: 'message', text, ...more });
const types = ({ frames }) => frames.map(({ type }) => type);
const texts = (client) => client.messages().map(({ text }) => text);

// Everything that the server had to say until now has been heard.
let pings = 0;
async function quiet(client) {
  const ref = `quiet ${pings++}`;
  client.send({ type: 'ping', ref });
  return client.frame('pong', { ref });
}

// --- Joining ---

test('joining tells who one is, the past, who is here, then what happens',
  async ({ join }) => {
    const alice = await join('alice');
    say(alice, 'one');
    say(alice, 'two');
    await alice.frame('message', { text: 'two' });
    const bob = await join('bob');
    say(alice, 'three');
    await bob.frame('message', { text: 'three' });
    const told = bob.frames.filter(({ type }) => type !== 'presence');
    assert.deepEqual(told.map(({ type }) => type),
      ['welcome', 'sync', 'message', 'message', 'users', 'message']);
    const [welcome, sync, one, two, users] = told;
    assert.equal(welcome.name, 'bob');
    assert.match(welcome.session, /^[\w-]{1,120}$/);
    assert.notEqual(welcome.by, alice.frames[0].by);
    assert.deepEqual([sync.from, sync.to], [one.seq, two.seq]);
    assert.deepEqual([sync.resumed, sync.gap], [false, false]);
    assert.deepEqual(one, await alice.frame('message', { text: 'one' }));
    assert.deepEqual([users.online, users.names, users.complete],
      [2, ['alice', 'bob'], true]);
    assert.equal(bob.socket.protocol, 'chat.v1');
    assert.equal(bob.socket.extensions, '');
  });

test('a fresh join gets as many messages as it wants', async ({ join }) => {
  const alice = await join('alice');
  for (const text of ['one', 'two', 'three'])
    say(alice, text);
  await alice.frame('message', { text: 'three' });
  assert.deepEqual(texts(await join('bob', { history: 2 })), ['two', 'three']);
  assert.deepEqual(texts(await join('carol', { history: 0 })), []);
});

test('a client without a subprotocol is served all the same',
  async ({ server }) => {
    const alice = clientOf(server.port, 'alice', {}, []);
    await alice.frame('users');
    assert.equal(alice.socket.protocol, '');
    alice.socket.close();
    assert.equal(await alice.closed, 1005);
  });

// --- Resuming ---

test('a session that resumes gets all that it missed, and nothing else',
  async ({ join }) => {
    const alice = await join('alice');
    const bob = await join('bob');
    say(alice, 'known');
    const { seq } = await bob.frame('message');
    const { session } = await bob.frame('welcome');
    bob.socket.terminate();
    say(alice, 'for all');
    say(alice, 'for bob', { to: 'bob' });
    say(alice, 'for alice', { to: 'alice' });
    await alice.frame('message', { text: 'for alice' });
    const again = await join('bob', { session, after: seq });
    const { resumed, gap } = await again.frame('sync');
    assert.deepEqual([resumed, gap], [true, false]);
    assert.deepEqual(texts(again), ['for all', 'for bob']);
  });

test('a session is worth nothing under another name', async ({ join }) => {
  const alice = await join('alice');
  const bob = await join('bob');
  say(alice, 'for bob', { to: 'bob' });
  await bob.frame('message');
  const { session } = await bob.frame('welcome');
  const carol = await join('carol', { session, after: 0 });
  assert.equal((await carol.frame('sync')).resumed, false);
  assert.deepEqual(texts(carol), []);
});

test('what is private is replayed only to who was there', async ({ join }) => {
  const alice = await join('alice');
  const bob = await join('bob');
  say(alice, 'for bob', { to: 'bob' });
  await bob.frame('message');
  assert.deepEqual(texts(await join('bob')), []);
});

test('a gap is told',
  { limits: ['--past-size', '16K', '--max-message', '1K',
    '--message-rate', '0', '--message-rate-per-address', '0'] },
  async ({ join }) => {
    const alice = await join('alice');
    const { session } = await alice.frame('welcome');
    say(alice, 'first');
    const { seq } = await alice.frame('message');
    for (let i = 0; i < 50; i++)
      say(alice, 'x'.repeat(500), { ref: `long ${i}` });
    await alice.frame('ack', { ref: 'long 49' });
    const again = await join('alice', { session, after: seq });
    const { resumed, gap } = await again.frame('sync');
    assert.deepEqual([resumed, gap], [true, true]);
    assert(again.messages().length < 50);
  });

// --- Sending ---

test('a send is acked before it is told, and told once however often it is ' +
  'tried', async ({ join }) => {
  const alice = await join('alice');
  const bob = await join('bob');
  const { session } = await alice.frame('welcome');
  say(alice, 'hi', { ref: 'r1' });
  const ack = await alice.frame('ack');
  await alice.frame('message');
  assert(types(alice).indexOf('ack') < types(alice).indexOf('message'));
  say(alice, 'hi', { ref: 'r1' });
  const again = await alice.frame('ack', { duplicate: true });
  assert.equal(again.seq, ack.seq);

  alice.socket.terminate();
  const later = await join('alice', { session, after: ack.seq });
  say(later, 'hi', { ref: 'r1' });
  assert.equal((await later.frame('ack', { duplicate: true })).seq, ack.seq);
  say(later, 'something else', { ref: 'r1' });
  await later.frame('error', { code: 'ref_used', ref: 'r1' });
  say(later, 'done');
  await bob.frame('message', { text: 'done' });
  assert.deepEqual(texts(bob), ['hi', 'done']);
});

test('what is private reaches the windows of two, once each',
  async ({ join }) => {
    const [alice, alice2, bob, bob2, carol] = await Promise.all(
      ['alice', 'Alice', 'bob', 'bob', 'carol'].map((name) => join(name)));
    say(alice, 'psst', { to: 'BOB' });
    say(alice, 'note', { to: 'alice' });
    say(alice, 'all');
    for (const [client, told] of [
      [alice, ['psst', 'note', 'all']], [alice2, ['psst', 'note', 'all']],
      [bob, ['psst', 'all']], [bob2, ['psst', 'all']], [carol, ['all']],
    ]) {
      await client.frame('message', { text: 'all' });
      await quiet(client);
      assert.deepEqual(texts(client), told);
    }
  });

test('what is refused says why, and the connection stays',
  { limits: ['--max-text', '10'] }, async ({ join }) => {
    const alice = await join('alice');
    say(alice, ' \n ', { ref: 'a' });
    say(alice, '12345678901', { ref: 'b' });
    say(alice, 'hello?', { ref: 'c', to: 'nobody' });
    alice.send({ type: 'dance', ref: 'd' });
    alice.socket.send('{"type":');
    await quiet(alice);
    assert.deepEqual(
      alice.frames.filter(({ type }) => type === 'error')
        .map(({ code, ref }) => [code, ref]),
      [['empty', 'a'], ['too_long', 'b'], ['offline', 'c'],
        ['bad_request', 'd'], ['bad_json', undefined]]);
    say(alice, 'still here');
    await alice.frame('message', { text: 'still here' });
  });

test('who is too fast is told how long to wait',
  { limits: ['--message-rate', '1', '--message-burst', '2'] },
  async ({ join }) => {
    const alice = await join('alice');
    for (const ref of ['a', 'b', 'c'])
      say(alice, 'hurry', { ref });
    const error = await alice.frame('error', { code: 'rate_limited' });
    assert.equal(error.ref, 'c');
    assert(error.retry_after > 0 && error.retry_after <= 1000);
    await alice.frame('message', { ref: 'b' });
  });

// --- Asking ---

test('the past comes in pages', async ({ join }) => {
  const alice = await join('alice');
  for (let i = 0; i < 7; i++)
    say(alice, `line ${i}`, { ref: `r${i}` });
  const { seq } = await alice.frame('message', { ref: 'r6' });
  alice.send({ type: 'history', before: seq, limit: 4 });
  const page = await alice.frame('history', { before: seq });
  assert.deepEqual(page.entries.map(({ text }) => text),
    ['line 2', 'line 3', 'line 4', 'line 5']);
  assert.equal(page.more, true);
  const { seq: before } = page.entries[0];
  alice.send({ type: 'history', before, limit: 4 });
  const last = await alice.frame('history', { before });
  assert.deepEqual(last.entries.map(({ text }) => text), ['line 0', 'line 1']);
  assert.equal(last.more, false);
});

test('a pong says how far everything has been told', async ({ join }) => {
  const alice = await join('alice');
  say(alice, 'hi', { ref: 'r' });
  const { seq } = await alice.frame('message', { ref: 'r' });
  assert.equal((await quiet(alice)).seq, seq);
});

test('typing is for the same people as the message', async ({ join }) => {
  const [alice, bob, carol] = await Promise.all(
    ['alice', 'bob', 'carol'].map((name) => join(name)));
  alice.send({ type: 'typing', active: true, to: 'bob' });
  bob.send({ type: 'typing', active: true });
  await bob.frame('typing', { from: 'alice', to: 'bob', active: true });
  await carol.frame('typing', { from: 'bob', active: true });
  await quiet(carol);
  assert.equal(types(carol).filter((type) => type === 'typing').length, 1);
});

// --- The end ---

const ends = [
  ['binary', 1003,
    (socket) => socket.send(Buffer.from('{}'))],
  ['bad UTF-8', 1007,
    (socket) => socket.send(Buffer.from([0x22, 0xff]), { binary: false })],
  ['a message that is too big', 1009,
    (socket) => socket.send('x'.repeat(2000))],
  ['a frame without a mask', 1002,
    (socket) => socket._socket.write(Buffer.from([0x81, 0x02, 0x7b, 0x7d]))],
];
for (const [what, code, act] of ends)
  test(`${what} closes with ${code}`, { limits: ['--max-message', '1K'] },
    async ({ join }) => {
      const alice = await join('alice');
      act(alice.socket);
      assert.equal(await alice.closed, code);
    });

test('a name that is none closes with 4500', async ({ join }) => {
  const nobody = await join('a/b');
  assert.equal(await nobody.closed, 4500);
  assert.deepEqual(nobody.frames.map(({ type, code }) => [type, code]),
    [['error', 'bad_name']]);
});

test('a full room closes with 1013', { limits: ['--max-connections', '1'] },
  async ({ join }) => {
    await join('alice');
    const bob = await join('bob');
    assert.equal(await bob.closed, 1013);
    assert.equal((await bob.frame('error')).code, 'full');
  });

test('silence closes with 4001',
  { limits: ['--ping-interval', '50ms', '--pong-timeout', '50ms'] },
  async ({ join }) => {
    const alice = await join('alice');
    alice.socket._autoPong = false;
    assert.equal(await alice.closed, 4001);
  });

for (const [signal, reason, code] of [
  ['SIGTERM', 'restart', 1012], ['SIGINT', 'shutdown', 1001],
])
  test(`${signal} says bye and closes with ${code}`,
    async ({ server, join }) => {
      const alice = await join('alice');
      say(alice, 'the last word', { ref: 'r' });
      await alice.frame('ack', { ref: 'r' });
      assert.deepEqual(await server.stop(signal), [0, null]);
      const bye = await alice.frame('bye');
      assert.equal(bye.reason, reason);
      assert.equal(await alice.closed, code);
    });

// --- HTTP ---

test('pages from elsewhere cannot join', async ({ server }) => {
  const socket = new WebSocket(`ws://127.0.0.1:${server.port}/ws/alice`,
    { origin: 'https://elsewhere.example' });
  const status = await new Promise((resolve) => {
    socket.on('unexpected-response', (_, { statusCode }) =>
      resolve(statusCode));
    socket.on('open', () => resolve('joined'));
  });
  assert.equal(status, 403);
  socket.on('error', () => {});
  socket.terminate();
});

test('the port answers HTTP', async ({ server }) => {
  const ask = (path, options) =>
    fetch(`http://127.0.0.1:${server.port}${path}`, options);
  const upgrade = await ask('/ws/alice');
  assert.equal(upgrade.status, 426);
  assert.equal(upgrade.headers.get('sec-websocket-version'), '13');
  assert.equal((await (await ask('/healthz')).text()).trim(), 'ok');
  assert.equal((await ask('/readyz')).status, 200);
  assert.match(await (await ask('/metrics')).text(), /^# TYPE \w+ /m);
  const post = await ask('/', { method: 'POST', body: 'x' });
  assert.equal(post.status, 405);
  assert.match(post.headers.get('allow'), /GET/);
  assert.equal((await ask('/no/such')).status, 404);
  const page = await ask('/alice');
  assert.match(page.headers.get('content-security-policy'),
    /default-src 'none'/);
  assert.match(await page.text(), /<!doctype html>/i);
});
