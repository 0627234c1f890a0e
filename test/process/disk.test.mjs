// What a journal does when the disk, or somebody, does something to it.
//
//     CHATD=./chatd FAULTS=build/test/faults.so node --test test/process/disk.test.mjs

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync,
  truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test as nodeTest } from 'node:test';
import { Client } from './client.mjs';
import { firstOf, parseLine, readJournal, segmentsOf, writeLine }
  from './journal.mjs';
import { checkJournal, contentsOf, Faults, losePower, scratchFolder, Server }
  from './server.mjs';

const PATIENCE = 60000; // for a test, in ms
const NEVER = 1e9;
const [EIO, EACCES, EFBIG, ENOSPC, EROFS] = [5, 13, 27, 28, 30];
const LAST = Number.MAX_SAFE_INTEGER;
const LONG = 'x'.repeat(3900);

const scratch = scratchFolder('disk');
after(() => rmSync(scratch, { recursive: true }));
let scenes = 0;

// A folder, who serves it and who talks there; all end with the test.
class Scene {
  constructor() {
    this.dir = join(scratch, String(++scenes));
    mkdirSync(this.dir);
    this.folder = join(this.dir, 'journal');
    this.faults = new Faults(join(this.dir, 'faults'));
    this.servers = [];
    this.clients = [];
  }

  server(options = [], { folder = this.folder, under } = {}) {
    const server = new Server(folder, { options, faults: this.faults, under });
    this.servers.push(server);
    return server;
  }

  async start(options, more) {
    const server = this.server(options, more);
    assert.notEqual(await server.start(), null, server.said);
    return server;
  }

  // Somebody new, or again.
  async join(server, who) {
    const client = typeof who === 'string' ? new Client(who) : who;
    this.clients.push(client);
    client.connect(server.port);
    await once(client, 'joined');
    return client;
  }

  async end() {
    for (const server of this.servers)
      await server.end();
    for (const client of this.clients)
      await client.closed;
  }
}

const test = (name, body) => nodeTest(name, { timeout: PATIENCE }, async () => {
  const scene = new Scene();
  try {
    await body(scene);
  } catch (error) {
    for (const { said } of scene.servers)
      console.log(said.slice(-2000));
    throw error;
  } finally {
    await scene.end();
  }
});

async function say(client, ...texts) {
  for (const text of texts)
    client.say({ text });
  await client.idle();
}

// What a client gets when it asks: everything before its pong.
async function settled(client) {
  client.ask({ type: 'ping', ref: 'p' });
  await client.next('pong');
  return client.view.map(({ text }) => text);
}

async function history(client, before = LAST) {
  client.ask({ type: 'history', before, limit: 100 });
  const { entries, more } = await client.next('history');
  return { texts: entries.map(({ text }) => text), more };
}

// The sync that somebody gets who comes back.
async function resume(scene, server, client) {
  const [[sync]] = await Promise.all([once(client, 'sync'),
    scene.join(server, client)]);
  return sync;
}

// Leaves a journal of so many texts, as a death does, or a clean stop.
async function leave(scene, texts, { signal = 'SIGKILL', options } = {}) {
  const server = await scene.start(options);
  const alice = await scene.join(server, 'alice');
  alice.flight = 5;
  await say(alice, ...texts);
  await server.end(signal);
  await alice.closed;
  return alice;
}

const count = (n, text = '') => Array.from({ length: n }, (_, i) =>
  `${i + 1}${text}`);
const lastFile = (folder) => join(folder, segmentsOf(folder).at(-1));
const lines = (text) => text.split('\n').filter((line) => line !== '');

/*
 * A disk that refuses
 */

const troubles = {
  'a full disk': [[1, NEVER, 'fail', ENOSPC, 'write']],
  'a disk that is full in the middle of a write':
    [[1, NEVER, 'short', 0, 'write'], [1, NEVER, 'fail', ENOSPC, 'write']],
  'a file that is too large': [[1, NEVER, 'fail', EFBIG, 'write']],
  'a write that fails': [[1, NEVER, 'fail', EIO, 'write']],
  'a sync that fails': [[1, NEVER, 'fail', EIO, 'sync']],
  'a write that fails and cannot be cut off':
    [[1, NEVER, 'fail', EIO, 'write,truncate']],
  'a sync that fails, and what was written cannot be cut off':
    [[1, NEVER, 'fail', EIO, 'sync,truncate']],
  'a file system that is read-only now': [[1, NEVER, 'fail', EROFS, '*']],
};

for (const [name, orders] of Object.entries(troubles)) {
  test(`${name}: refused, and nothing else is`, async (scene) => {
    const { faults } = scene;
    let server = await scene.start(['--sync', 'disk']);
    const alice = await scene.join(server, 'alice');
    const bob = await scene.join(server, 'bob');
    await say(bob, 'before');

    const n = faults.calls().length + 1;
    faults.order(...orders.map(([, to, what, ...rest]) => what === 'short'
      ? [n, n, what, ...rest] : [n, to, what, ...rest]));
    alice.say({ text: 'refused' });
    const [error] = await once(alice, 'storage');
    assert.equal(error.ref, alice.waiting[0].ref);
    bob.say({ text: 'never' });
    await once(bob, 'storage');
    bob.waiting = [];

    assert.deepEqual(await server.get('/healthz'),
      { status: 200, body: 'degraded\n' });
    assert.equal((await server.get('/readyz')).status, 503);
    assert.match((await server.get('/metrics')).body, /^chatd_degraded 1$/m);
    const told = new Promise((settle) => bob.on('frame', ({ joined }) =>
      joined?.includes('carol') && settle()));
    await scene.join(server, 'carol');
    await told;
    assert.deepEqual(await settled(bob), ['before']);
    assert.deepEqual((await history(bob)).texts, ['before']);

    faults.order();
    await server.says(/writing again/);
    assert.equal((await server.get('/readyz')).status, 200);
    assert.match((await server.get('/metrics')).body, /^chatd_degraded 0$/m);
    alice.retry();
    await alice.idle();
    assert.equal(alice.acked.get(error.ref).duplicate, false);
    assert.deepEqual(await settled(bob), ['before', 'refused']);

    await server.end();
    await Promise.all([alice.closed, bob.closed]);
    assert.equal((await checkJournal(scene.folder)).code, 0);
    server = await scene.start();
    const sync = await resume(scene, server, bob);
    assert.deepEqual([sync.resumed, sync.gap], [true, false]);
    const dave = await scene.join(server, 'dave');
    assert.deepEqual(await settled(dave), ['before', 'refused']);
  });
}

test('a limit for the size of files: it lives, and goes on', async (scene) => {
  const server = await scene.start([],
    { under: ['prlimit', '--fsize=200000'] });
  const alice = await scene.join(server, 'alice');
  const bob = await scene.join(server, 'bob');
  const texts = count(100, LONG);
  let refused = 0;
  alice.flight = 3;
  alice.on('storage', () => {
    if (refused++ === 0)
      server.says(/writing again/).then(() => alice.retry());
  });
  await say(alice, ...texts.slice(0, 60));
  assert.ok(refused > 0);
  assert.deepEqual(await settled(bob), texts.slice(0, 60));
  assert.ok(segmentsOf(scene.folder).length > 1);
  await server.end();
  assert.deepEqual(readJournal(scene.folder).entries.map(({ text }) => text),
    texts.slice(0, 60));
  assert.equal((await checkJournal(scene.folder)).code, 0);
});

/*
 * A folder that is not as it should be
 */

for (const [name, errno] of Object.entries({ EROFS, EACCES, ENOSPC }))
  test(`a folder that cannot be written (${name}): no start, one line`,
    async (scene) => {
      for (const existing of [false, true]) {
        if (existing)
          await leave(scene, ['one']);
        const before = existing ? readFileSync(lastFile(scene.folder)) : null;
        const server = scene.server();
        scene.faults.order([1, NEVER, 'fail', errno, '*']);
        assert.equal(await server.start(), null);
        scene.faults.order();
        assert.deepEqual(await server.ended, { code: 1, signal: null });
        assert.match(server.said, /journal \/.*: cannot [a-z ]+: [A-Z]/);
        if (existing)
          assert.deepEqual(readFileSync(lastFile(scene.folder)), before);
      }
    });

test('a folder in a folder that is not there: no start', async (scene) => {
  const server = scene.server([], { folder: join(scene.dir, 'no/journal') });
  assert.equal(await server.start(), null);
  assert.equal((await server.ended).code, 1);
  assert.match(server.said, /no\/journal: cannot open: No such file/);
});

test('a folder that vanishes: nothing is acked, all else goes on',
  async (scene) => {
    const server = await scene.start();
    const alice = await scene.join(server, 'alice');
    const bob = await scene.join(server, 'bob');
    await say(alice, 'one');
    rmSync(scene.folder, { recursive: true });
    alice.say({ text: 'two' });
    await once(alice, 'storage');
    assert.equal((await server.get('/readyz')).status, 503);
    assert.deepEqual(await settled(bob), ['one']);
    assert.deepEqual((await history(bob)).texts, ['one']);
    assert.equal((await server.end('SIGTERM')).code, 0);

    // It is a new log then, and they are told.
    const next = await scene.start();
    const sync = await resume(scene, next, alice);
    assert.deepEqual([sync.resumed, sync.gap], [false, true]);
    await alice.idle();
    assert.deepEqual(await settled(alice), ['two']);
  });

test('a file that vanishes: a new one is begun', async (scene) => {
  const server = await scene.start();
  const alice = await scene.join(server, 'alice');
  await say(alice, 'one');
  rmSync(lastFile(scene.folder));
  alice.say({ text: 'two' });
  await once(alice, 'storage');
  await server.says(/writing again/);
  alice.retry();
  await alice.idle();
  await server.end();
  const again = await scene.start();
  assert.equal((await resume(scene, again, alice)).resumed, true);
  assert.deepEqual(readJournal(scene.folder).entries.map(({ text }) => text),
    ['two']);
});

test('two of them: the second says who is the first, and ends',
  async (scene) => {
    const first = await scene.start();
    const second = scene.server();
    assert.equal(await second.start(), null);
    assert.equal((await second.ended).code, 1);
    assert.match(second.said, new RegExp(
      `journal .*: in use by process ${first.child.pid}\n`));
    const alice = await scene.join(first, 'alice');
    await say(alice, 'one');
    await first.end();
    await scene.start();
  });

test('two of them, as the lock was removed: the second has the folder',
  async (scene) => {
    const first = await scene.start();
    const alice = await scene.join(first, 'alice');
    await say(alice, 'one');
    rmSync(join(scene.folder, 'lock'), { recursive: true });
    const second = await scene.start();
    const bob = await scene.join(second, 'bob');
    await say(bob, 'two');
    alice.say({ text: 'never' });
    await once(alice, 'storage');
    await first.says(/cannot write: Device or resource busy/);
    await say(bob, 'three');
    await first.end('SIGTERM');
    await say(bob, 'four');
    await second.end();
    assert.deepEqual(readJournal(scene.folder).entries.map(({ text }) => text),
      ['one', 'two', 'three', 'four']);
    assert.equal((await checkJournal(scene.folder)).code, 0);
  });

/*
 * Reading it
 */

test('jq reads it', async (scene) => {
  const texts = [...count(20), 'ä "\\ \u2028 🙂 \u007f'];
  await leave(scene, texts);
  const jq = (...args) => execFileSync('jq', [...args, lastFile(scene.folder)])
    .toString();
  assert.deepEqual(lines(jq('-c', 'select(.text) | .text')).map(JSON.parse),
    texts);
  assert.equal(lines(jq('-c', '.')).length,
    lines(readFileSync(lastFile(scene.folder), 'utf8')).length);
  assert.equal(jq('-r', 'select(.seq == 7) | .from + ": " + .text'),
    'alice: 7\n');
});

test('texts of private messages are in it on demand only', async (scene) => {
  const speak = async (options) => {
    let server = await scene.start(options);
    const [alice, bob, carol] = await Promise.all(
      ['alice', 'bob', 'carol'].map((name) => scene.join(server, name)));
    alice.say({ text: 'a-secret', to: 'bob' });
    await alice.idle();
    await settled(bob);
    // The last they saw is before it: they were away.
    for (const client of [alice, bob, carol]) {
      client.after = client.began;
      client.view = [];
    }
    await server.end();
    server = await scene.start(options);
    const syncs = [];
    for (const client of [alice, bob, carol])
      syncs.push(await resume(scene, server, client));
    assert.ok(syncs.every(({ resumed }) => resumed));
    const dave = await scene.join(server, 'bob'); // has joined after it
    const found = segmentsOf(scene.folder).filter((name) =>
      readFileSync(join(scene.folder, name)).includes('a-secret'));
    const seen = [];
    for (const client of [alice, bob, carol, dave])
      seen.push((await settled(client)).join());
    await server.end();
    rmSync(scene.folder, { recursive: true });
    return { gaps: syncs.map(({ gap }) => gap), found: found.length, seen };
  };
  assert.deepEqual(await speak([]),
    { gaps: [true, true, false], found: 0, seen: ['', '', '', ''] });
  assert.deepEqual(await speak(['--journal-private', 'yes']), { found: 1,
    gaps: [false, false, false], seen: ['a-secret', 'a-secret', '', ''] });
});

test('a copy made while it runs is a journal', async (scene) => {
  const server = await scene.start(['--journal-size', '1M']);
  const talkers = await Promise.all(['alice', 'bob'].map((name) =>
    scene.join(server, name)));
  const copies = [];
  for (const client of talkers) {
    client.flight = 5;
    for (const text of count(150, 'x'.repeat(2000)))
      client.say({ text });
  }
  let acks = 0;
  talkers[0].on('ack', () => {
    if (++acks % 30 > 0)
      return;
    const copy = join(scene.dir, `copy-${acks}`);
    execFileSync('cp', ['-a', scene.folder, copy]);
    copies.push({ copy, acked: [...talkers[0].acked.values()] });
  });
  await Promise.all(talkers.map((client) => client.idle()));
  assert.equal(copies.length, 5);
  for (const { copy, acked } of copies) {
    const { said } = await scene.start([], { folder: copy });
    assert.doesNotMatch(said, /missing|cannot/);
    assert.equal((await checkJournal(copy)).code, 0);
    const { entries } = readJournal(copy);
    const numbers = new Set(entries.map(({ seq }) => seq));
    assert.ok(acked.every(({ seq }) => numbers.has(seq)));
    assert.deepEqual(entries.map(({ seq }) => seq),
      count(entries.length).map(Number));
  }
});

/*
 * Damage
 */

test('an end that is torn anywhere', async (scene) => {
  await leave(scene, count(30));
  const whole = readFileSync(lastFile(scene.folder));
  const name = segmentsOf(scene.folder)[0];
  const ends = [...whole.keys()].filter((at) => whole[at] === 10)
    .map((at) => at + 1);
  const tear = async (bytes) => {
    const folder = join(scene.dir, `torn-${bytes}`);
    cpSync(scene.folder, folder, { recursive: true });
    const size = whole.length - bytes;
    truncateSync(join(folder, name), size);
    const end = ends.findLast((at) => at <= size);
    const texts = count(ends.indexOf(end));
    const server = await scene.start([], { folder });
    const alice = await scene.join(server, 'alice');
    assert.deepEqual(await settled(alice), texts);
    const cuts = readdirSync(folder).filter((file) => file.includes('cut'));
    assert.equal(cuts.length, size > end ? 1 : 0);
    if (size > end) {
      assert.deepEqual(readFileSync(join(folder, cuts[0])),
        whole.subarray(end, size));
      assert.match(server.said, new RegExp(
        `<4>journal: ${name}: ${size - end} damaged bytes`));
    }
    assert.equal((await checkJournal(folder)).code, 0);
    await server.end();
    await alice.closed;
    rmSync(folder, { recursive: true });
  };
  const left = count(300).map(Number);
  await Promise.all(count(4).map(async () => {
    while (left.length > 0)
      await tear(left.shift());
  }));
});

test('a byte in the middle that has changed', async (scene) => {
  const alice = await leave(scene, count(30));
  const whole = readFileSync(lastFile(scene.folder));
  const name = segmentsOf(scene.folder)[0];
  const at = whole.indexOf('"seq":12,') - 1;
  const end = whole.indexOf('\n', at);
  const bob = new Client('bob');
  for (const [place, lost] of [[at, 1], [at + 8, 1], [at + 40, 1], [end - 3, 1],
    [end, 2]]) {
    const bytes = Buffer.from(whole);
    bytes[place] ^= 1;
    writeFileSync(join(scene.folder, name), bytes);
    const found = await checkJournal(scene.folder);
    assert.deepEqual([found.code, found.missing], [1, String(lost)]);
    assert.match(found.said, new RegExp(
      `${name}: \\d+ damaged bytes in 1 lines at ${at}\n`));

    const server = await scene.start();
    assert.match(server.said, new RegExp(
      `<4>journal: ${name}: \\d+ damaged bytes in 1 lines at ${at}\n`));
    assert.match(server.said, lost === 1 ? /numbers 12 to 12 are missing/
      : /numbers 12 to 13 are missing/);
    for (const [after, gap] of [[5, true], [11, true], [20, false]]) {
      const again = Object.assign(new Client('alice'),
        { session: alice.session, after });
      assert.equal((await resume(scene, server, again)).gap, gap);
    }
    await scene.join(server, bob);
    assert.deepEqual((await history(bob)).texts,
      count(30).filter((_, i) => i < 11 || i > 10 + lost));
    await server.end();
    await bob.closed;
    bob.session = null;
  }
});

test('a file that is missing in the middle', async (scene) => {
  const texts = count(60, LONG);
  const alice = await leave(scene, texts,
    { options: ['--journal-size', '1M'] });
  const files = segmentsOf(scene.folder);
  assert.ok(files.length > 3);
  const [from, to] = files.slice(1, 3).map(firstOf);
  rmSync(join(scene.folder, files[1]));
  const server = await scene.start();
  assert.match(server.said, new RegExp(
    `numbers ${from} to ${to - 1} are missing`));
  for (const [after, gap] of [[from - 2, true], [from, true], [to, false]]) {
    const again = Object.assign(new Client('alice'),
      { session: alice.session, after });
    assert.equal((await resume(scene, server, again)).gap, gap);
  }
  const bob = await scene.join(server, 'bob');
  const seen = [];
  for (let before = LAST, more = true; more;) {
    bob.ask({ type: 'history', before, limit: 100 });
    const page = await bob.next('history');
    seen.unshift(...page.entries.map(({ seq }) => seq));
    more = page.more;
    before = page.entries[0]?.seq ?? before;
  }
  assert.deepEqual(seen, count(60).map(Number)
    .filter((seq) => seq < from || seq >= to));
});

for (const [name, spoil] of Object.entries({
  missing: (path) => rmSync(path),
  damaged: (path) => writeFileSync(path, '{"journal":1}\n'),
  empty: (path) => writeFileSync(path, ''),
}))
  test(`a secret that is ${name}: sessions begin anew, the log goes on`,
    async (scene) => {
      const alice = await leave(scene, count(3));
      const { log } = alice;
      spoil(join(scene.folder, 'secret'));
      const server = await scene.start();
      assert.match(server.said, /secret is (missing|damaged)/);
      const sync = await resume(scene, server, alice);
      assert.deepEqual([sync.log, sync.resumed, sync.gap], [log, false, true]);
      await say(alice, 'four');
      assert.ok(alice.view.at(-1).seq > 3);
      assert.deepEqual((await history(alice)).texts, [...count(3), 'four']);
      assert.equal(statSync(join(scene.folder, 'secret')).mode & 0o777, 0o600);
    });

test('a clean stop that is forgotten: numbers are left out', async (scene) => {
  const alice = await leave(scene, count(3), { signal: 'SIGTERM' });
  rmSync(join(scene.folder, 'clean'));
  const server = await scene.start();
  const sync = await resume(scene, server, alice);
  assert.deepEqual([sync.resumed, sync.gap], [true, false]);
  await say(alice, 'four');
  assert.ok(alice.view.at(-1).seq > 1e9);
});

test('a clean stop that is remembered: none is', async (scene) => {
  const alice = await leave(scene, count(3), { signal: 'SIGTERM' });
  const server = await scene.start();
  assert.equal((await resume(scene, server, alice)).gap, false);
  await say(alice, 'four');
  assert.equal(alice.view.at(-1).seq, 4);
});

for (const [name, restore] of Object.entries({
  'in place of the folder': (copy, folder) => {
    rmSync(folder, { recursive: true });
    execFileSync('cp', ['-a', copy, folder]);
  },
  'over its files': (copy, folder) =>
    execFileSync('cp', ['-a', `${copy}/.`, folder]),
  'moved there': (copy, folder) => {
    rmSync(folder, { recursive: true });
    execFileSync('mv', [copy, folder]);
  },
}))
  test(`a backup that is put back ${name}: no number comes twice`,
    async (scene) => {
      const alice = await leave(scene, count(3), { signal: 'SIGTERM' });
      const copy = join(scene.dir, 'copy');
      execFileSync('cp', ['-a', scene.folder, copy]);
      let server = await scene.start();
      await scene.join(server, alice);
      await say(alice, 'four', 'five');
      const { after } = alice;
      await server.end('SIGTERM');
      await alice.closed;

      restore(copy, scene.folder);
      server = await scene.start();
      assert.equal((await resume(scene, server, alice)).gap, true);
      await say(alice, 'six');
      assert.ok(alice.view.at(-1).seq > after);
      assert.deepEqual((await history(alice)).texts, [...count(3), 'six']);
    });

test('a line is what the format says', async (scene) => {
  await leave(scene, ['one']);
  const bytes = readFileSync(lastFile(scene.folder));
  const line = parseLine(bytes.subarray(bytes.indexOf('\n') + 1,
    bytes.lastIndexOf('\n')));
  assert.deepEqual(Object.keys(line),
    ['seq', 'time', 'from', 'by', 'ref', 'text', 'send', 'sum']);
});

/*
 * Versions
 */

const SECRET = 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8';

// A journal of three messages, as the first version left it.
function leaveFirst(folder, journal = 1) {
  mkdirSync(folder, { mode: 0o700 });
  const log = 'x7YqAb3k';
  const put = (name, ...lines) => writeFileSync(join(folder, name),
    lines.map(writeLine).join(''), { mode: 0o600 });
  put('secret', { journal, log, secret: SECRET });
  put('lock');
  put('0000000000000001.log', { journal, log, after: 0, time: 1000 },
    ...count(3).map((text, i) => ({ seq: i + 1, time: 1000 + i, from: 'alice',
      by: 'k3J9x2Qa', text })));
}

const isFolder = (path) => {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
};

// Files with something that the first version would take for damage.
const newer = (folder) => ['secret', ...segmentsOf(folder)].filter((name) =>
  /"journal":2|"send"/.test(readFileSync(join(folder, name), 'utf8')));

// Breaks the start of a server at each of its calls, in turn, and sees whether
// what is left can be used by one version or the other, and goes on.
async function takeOver(scene, action, after) {
  for (let n = 1, more = true; more; n++) {
    const what = `${action} ${n}`;
    scene.faults.clear();
    leaveFirst(scene.folder);
    scene.faults.order([n, n, action, EIO, '*']);
    const before = contentsOf(scene.folder);
    const broken = scene.server();
    const started = await broken.start() !== null;
    await broken.end();
    more = scene.faults.calls().some((call) => call.n === n);
    assert.ok(action === 'fail' || !(started && more), what);
    after?.(before);
    assert.ok(isFolder(join(scene.folder, 'lock')) ||
      newer(scene.folder).length === 0, what);
    scene.faults.order();
    const server = await scene.start();
    const alice = await scene.join(server, 'alice');
    await say(alice, 'four');
    assert.deepEqual((await history(alice)).texts, [...count(3), 'four'], what);
    await server.end('SIGTERM');
    assert.ok(isFolder(join(scene.folder, 'lock')), what);
    assert.ok(newer(scene.folder).includes('secret'), what);
    for (const name of newer(scene.folder))
      assert.match(readFileSync(join(scene.folder, name), 'utf8'),
        /^\{"journal":2,/, `${what}: ${name}`);
    assert.equal((await checkJournal(scene.folder)).code, 0, what);
    rmSync(scene.folder, { recursive: true });
  }
}

test('a journal of the first version goes on, whenever its start is killed',
  async (scene) => {
    for (const action of ['before', 'after', 'half'])
      await takeOver(scene, action);
  });

test('a journal of the first version goes on, whatever fails at its start',
  (scene) => takeOver(scene, 'fail'));

test('a journal of the first version goes on, whenever the power fails',
  async (scene) => {
    // How much is left: of names first, then of the bytes of each file.
    for (const [names, bytes] of [[0, 0.4], [0.6, 0.99], [0.99, 0.4]])
      await takeOver(scene, 'after', (before) => {
        const parts = [names];
        losePower(scene.folder, scene.faults, before,
          () => parts.pop() ?? bytes);
      });
  });

test('a journal of a later version is left alone', async (scene) => {
  for (const lock of [rmSync, () => {}]) {
    leaveFirst(scene.folder, 3);
    const file = lastFile(scene.folder);
    writeFileSync(file, 'what nobody knows\n', { flag: 'a' });
    lock(join(scene.folder, 'lock'));
    const before = readFileSync(file);
    const server = scene.server();
    assert.equal(await server.start(), null);
    assert.match(server.said, /is of version 3, later than this chatd\n/);
    assert.deepEqual(readFileSync(file), before);
    assert.deepEqual(segmentsOf(scene.folder).length, 1);
    await server.end();
    rmSync(scene.folder, { recursive: true });
  }
});
