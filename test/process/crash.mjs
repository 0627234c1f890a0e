// crash: nothing that was acked is lost, and nothing comes twice, however the
// server dies.
//
//     node test/process/crash.mjs [DEATHS]
//
// Kills chatd at every place where it changes its journal, in turn, and DEATHS
// (50) times at random; makes each of these calls fail once, too.  Meanwhile
// four clients talk, who come back and send again what was not acked.  In some
// of the logs each death is a loss of power: what was not synced is gone, or
// some of it.
//
//     log:   life, death, life, death, ... end
//                       \
//                        what the clients were told against what the files say
//
// CHATD and FAULTS: see server.mjs.  SEED makes it choose the same
// again, as far as clients and server are as fast again.

import assert from 'node:assert/strict';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from './client.mjs';
import { keyOf, lastOf, readJournal, userHash } from './journal.mjs';
import { checkJournal, contentsOf, Faults, losePower, scratchFolder, Server }
  from './server.mjs';

const DEATHS = Number(process.argv[2] ?? 50);
const SEED = Number(process.env.SEED ?? Date.now() % 1e9);
const LIVES = Math.max(9, Math.ceil(DEATHS / 18)); // of a log
const PATIENCE = 60000; // for a life to end, in ms
const SEND = 21; // characters of a key that are of session and ref alone
const NEVER = 1e9;
const AT_ONCE = 3; // logs
const EIO = 5;
const scratch = scratchFolder('crash');
const sum = { deaths: 0, lives: 0, failures: 0, messages: 0, retried: 0,
  lost: 0, gaps: 0, calls: new Set() };

// Numbers in [0, 1) from a seed (mulberry32).
function randomOf(seed) {
  return () => {
    seed = seed + 0x6d2b79f5 | 0;
    let t = Math.imul(seed ^ seed >>> 15, 1 | seed);
    t = t + Math.imul(t ^ t >>> 7, 61 | t) ^ t;
    return ((t ^ t >>> 14) >>> 0) / 2 ** 32;
  };
}

let logs = 0;

// A log and those who talk in it.
class Story {
  constructor({ sync = 'os', power = false, texts = false }) {
    const seed = SEED + logs;
    const dir = this.dir = join(scratch, String(++logs));
    this.name = `log ${logs} (sync ${sync}${power ? ', power' : ''}${
      texts ? ', texts' : ''})`;
    this.folder = join(dir, 'journal');
    this.faults = new Faults(join(dir, 'faults'));
    this.options = ['--sync', sync, '--journal-private', texts ? 'yes' : 'no',
      '--journal-size', '1M'];
    this.power = power;
    this.lossy = power && sync === 'os';
    this.random = randomOf(seed);
    this.told = new Map(); // log and number -> what it was told to be
    this.lost = new Set(); // numbers that were told, and that power has cost
    this.plot = []; // what happened, for whoever looks for a bug
    this.journal = null; // as it was before this life
    this.clients = [new Client('alice'), new Client('Bob', { flight: 4 }),
      new Client('carol', { flight: 2 }), new Client('alice', { flight: 8 })];
    for (const client of this.clients)
      this.watch(client);
  }

  pick(n) {
    return Math.floor(this.random() * n);
  }

  note(what) {
    this.plot.push(what);
  }

  // What a client is told is true, and stays so.
  watch(client) {
    client.on('sync', (frame) => this.watchSync(client, frame));
    client.on('error', (error) => {
      this.wrong ??= error;
      this.server.child.kill('SIGKILL');
    });
    client.on('message', (frame) => {
      assert.ok(frame.seq > (client.view.at(-1)?.seq ?? 0),
        `${client.name}: ${frame.seq} comes in order`);
      this.tell(client, frame.seq, `${frame.by} ${frame.ref}`);
    });
    client.on('ack', (frame, send) => {
      this.tell(client, frame.seq, `${client.by} ${frame.ref}`);
      const before = this.seqOf(client, send);
      assert.deepEqual([frame.duplicate === true, before ?? frame.seq],
        [before !== undefined, frame.seq],
        `${client.name}: what is recorded is acked as a duplicate`);
      sum.retried += frame.duplicate === true;
    });
  }

  // The number of a send that was in the journal when this life began.
  seqOf(client, send) {
    const j = this.journal;
    return client.log === j?.log
      ? j.keys.get(keyOf(j.secret, client.by, send).slice(0, SEND)) : undefined;
  }

  tell(client, seq, what) {
    const number = `${client.log} ${seq}`;
    assert.equal(this.told.get(number) ?? what, what, `${number} is one thing`);
    this.told.set(number, what);
  }

  watchSync(client, frame) {
    if (client.session === null || client.log === null)
      return;
    if (frame.log !== client.log) {
      assert.ok(this.lossy && frame.gap && !frame.resumed, 'a new log is told');
      sum.gaps++;
      client.view = [];
      client.acked.clear();
      return;
    }
    if (client.after === null)
      return;
    assert.ok(frame.resumed, 'a session goes on');
    const gap = this.gapOf(client);
    assert.equal(frame.gap, gap ?? frame.gap, `${client.name}, who has ${
      client.after}, is told whether there is a gap`);
    sum.gaps += frame.gap;
  }

  // Whether a client is to be told of a gap; undefined: it may be.
  gapOf({ name, after, began }) {
    const j = this.journal;
    const me = userHash(j.secret, name);
    if (j.entries.some(({ seq, text, users }) => text === undefined &&
      seq > after && seq > began && users.includes(me)))
      return true;
    if (!this.lossy)
      return false;
    const isThere = (seq) => seq === 0 ||
      j.entries.some((entry) => entry.seq === seq) ||
      j.skips.some((s) => s.skip <= seq && seq <= s.seq);
    // It is gone, but what follows it is known.
    const isEnd = j.firsts.includes(after + 1) || isThere(after + 1);
    const isSkipped = ({ skip, seq }) => skip <= after && after < seq;
    return !isThere(after) && !isEnd || j.skips.some(isSkipped) ||
      [...this.lost].some((seq) => seq > after && seq < lastOf(j) &&
        !isThere(seq)) || undefined;
  }

  // Something for everybody to say; often, or if it is to be much, a segment of
  // the journal is full then.
  talk(much) {
    const [alice, bob, carol, again] = this.clients;
    const text = (size) => `${this.pick(1e9)} "\\ ${'🙂'.repeat(size)}`;
    for (let n = much ? 4 : this.pick(3); n > 0; n--)
      bob.say({ text: text(3900) });
    alice.say({ text: text(1) });
    carol.say({ text: text(30), to: 'ALICE' });
    again.say({ text: text(0), to: ['bob', 'alice', 'carol'][this.pick(3)] });
  }

  // Starts the server, lets it work, and sees it die: by an order, by a signal
  // after so many frames, or, if nothing comes between, clean.  Whether it was.
  // Orders hold from the start on, or only later.
  async live({ orders = [], later = [], frames = Infinity, rounds = 1 } = {}) {
    const before = contentsOf(this.folder);
    const server = new Server(this.folder,
      { options: this.options, faults: this.faults });
    sum.lives++;
    this.server = server;
    this.faults.order(...orders);
    const port = await server.start();
    const patience = setTimeout(() => {
      this.wrong ??= new Error(`stuck: ${this.clients.map((client) =>
        `${client.name} ${client.waiting.length}`)}`);
      server.child.kill('SIGKILL');
    }, PATIENCE);
    if (port !== null) {
      if (!this.clean)
        this.recovered(await checkJournal(this.folder));
      this.faults.order(...orders, ...later);
      await this.converse(server, frames, rounds,
        orders.length + later.length > 0);
    }
    const { code, signal } = await server.ended;
    clearTimeout(patience);
    await Promise.all(this.clients.map((client) => client.closed));
    if (this.wrong)
      throw this.wrong;
    this.died(before, code, signal, [...orders, ...later]);
    return signal === null;
  }

  // Right after a start: nothing that is wrong is left.
  recovered(found) {
    assert.equal(found.code, this.lossy ? found.code : 0,
      `the journal is good: ${found.said}`);
    assert.equal(found.code === 0, found.missing === '0' &&
      found['bad lines'] === '0');
  }

  async converse(server, frames, rounds, much) {
    const kill = () => server.child.kill('SIGKILL');
    const count = () => --frames > 0 || kill();
    const retry = () => this.clients.forEach((client) => client.retry());
    let refused = false;
    const refuse = () => {
      if (refused)
        return;
      refused = true;
      // It recovers, or dies before it does.
      if (this.pick(3) > 0)
        kill();
      else {
        this.faults.order();
        server.says(/writing again/, server.said.length).then(() => {
          refused = false;
          retry();
        });
      }
    };
    const converse = async () => {
      await Promise.all(this.clients.map((client) => {
        client.on('frame', count);
        client.on('storage', refuse);
        client.connect(server.port);
        return new Promise((settle) => client.once('joined', settle));
      }));
      retry(); // who was not there is, now
      do {
        if (rounds > 0)
          this.talk(much);
        await Promise.all(this.clients.map((client) => client.idle()));
      } while (--rounds > 0 && server.child.exitCode === null);
      server.child.kill('SIGTERM');
    };
    await Promise.race([converse(), server.ended]);
    await server.ended;
    for (const client of this.clients) {
      client.removeAllListeners('frame');
      client.removeAllListeners('joined');
      client.off('storage', refuse);
    }
  }

  died(before, code, signal, orders) {
    const calls = this.faults.calls();
    const last = calls.at(-1);
    this.reached = last?.n ?? 0;
    this.clean = signal === null && code === 0;
    for (const { call, name } of calls)
      sum.calls.add(`${call} ${name.replace(/\d+/g, '*')}`);
    sum.deaths += signal !== null;
    sum.failures += orders.some(([, , what]) => what === 'fail');
    this.note(`${orders.join('; ') || 'life'}: ${signal ?? `exit ${code}`} ` +
      `at ${last?.n} ${last?.call} ${last?.name}`);
    assert.ok(signal === 'SIGKILL' || code === 0 ||
      (code === 1 && orders.length > 0), `it ends as it should: ${code}`);
    if (this.power && signal !== null)
      losePower(this.folder, this.faults, before, this.random);
    this.faults.clear();
    this.compare();
  }

  // What the clients were told against what the files say.
  compare() {
    if (!existsSync(this.folder))
      return;
    const j = this.read();
    const numbers = new Map(j.entries.map((entry) => [entry.seq, entry]));
    for (const client of this.clients) {
      if (client.log !== j.log)
        continue;
      for (const [ref, send] of client.acked)
        this.compareAck(j, numbers, client, ref, send);
      this.compareView(j, numbers, client);
    }
    for (const [number, what] of this.told) {
      const [log, seq] = number.split(' ');
      const entry = log === j.log ? numbers.get(Number(seq)) : undefined;
      if (entry?.by !== undefined)
        assert.equal(`${entry.by} ${entry.ref}`, what,
          `${number} is one thing`);
    }
  }

  read() {
    const j = this.journal = readJournal(this.folder);
    j.keys = new Map();
    let last = 0, time = 0;
    for (const entry of j.entries) {
      assert.ok(entry.seq > last, 'numbers grow');
      assert.ok(entry.time >= time, 'time does not go back');
      last = entry.seq;
      time = entry.time;
      const send = entry.key.slice(0, SEND);
      assert.ok(!j.keys.has(send), `${entry.seq} is not there twice`);
      j.keys.set(send, entry.seq);
    }
    if (!this.lossy)
      assert.deepEqual(j.bad.filter((bad) => !bad.last), [],
        'what is torn is at the end');
    return j;
  }

  compareAck(j, numbers, client, ref, send) {
    const entry = numbers.get(send.seq);
    if (entry === undefined && this.lossy) {
      client.acked.delete(ref);
      this.lost.add(send.seq);
      sum.lost++;
      return;
    }
    assert.ok(entry, `${send.seq}, acked to ${client.name}, is there`);
    send.key ??= keyOf(j.secret, client.by, { ref, ...send });
    assert.equal(entry.key, send.key);
    if (entry.text !== undefined) {
      assert.ok(entry.text === send.text, `${send.seq} has its text`);
      assert.deepEqual([entry.by, entry.ref, fold(entry.to)],
        [client.by, ref, fold(send.to)]);
    } else
      assert.deepEqual(entry.users, [client.name, send.to]
        .map((name) => userHash(j.secret, name)));
  }

  // What everybody may see, and it has: no less and no more.
  compareView(j, numbers, client) {
    const seen = client.view.filter(({ to }) => to === undefined);
    if (this.lossy) {
      for (const { seq } of client.view)
        if (!numbers.has(seq))
          this.lost.add(seq);
    }
    client.view = client.view.filter(({ seq }) => !this.lost.has(seq));
    const kept = seen.filter(({ seq }) => !this.lost.has(seq));
    const end = client.view.at(-1)?.seq ?? 0;
    const said = j.entries.filter(({ seq, users, to }) => users === undefined &&
      to === undefined && seq >= (kept[0]?.seq ?? 0) && seq <= end);
    const brief = ({ seq, by, text }) => `${seq} ${by} ${text.length}`;
    assert.deepEqual(kept.map(brief), said.map(brief),
      `${client.name} has seen what is there`);
    assert.ok(kept.every(({ text }, i) => text === said[i].text));
  }

  // All that is still waiting is said, and everybody has seen everything.
  async finish() {
    assert.ok(await this.live({ rounds: 2 }), 'it ends well');
    const j = this.journal;
    for (const client of this.clients) {
      assert.equal(client.waiting.length, 0);
      if (this.lossy)
        continue;
      const last = j.entries.findLast(({ users, to }) =>
        users === undefined && to === undefined);
      assert.equal(client.view.findLast(({ to }) => to === undefined).seq,
        last.seq, `${client.name} has seen all`);
    }
    sum.messages += j.entries.length;
    assert.equal((await checkJournal(this.folder)).messages,
      String(j.entries.length));
  }
}

const fold = (name) => name?.toLowerCase();

async function tell(options, body) {
  const story = new Story(options);
  try {
    await body(story);
  } catch (error) {
    console.log(`${story.name}, seed ${SEED}:\n${
      story.plot.slice(-5).join('\n')}\nchatd:\n${story.server?.said}`);
    stories.length = 0;
    throw error;
  } finally {
    await story.server?.end();
    rmSync(story.dir, { recursive: true });
  }
}

// A folder in which the first start has died at each call in turn, or has seen
// it fail.
const births = (sync) => async () => {
  for (const what of ['before', 'half', 'fail'])
    for (let n = 1, ended = false; !ended; n++)
      await tell({ sync, power: what === 'half' }, async (story) => {
        await story.live({ orders: [[n, n, what, EIO, '*']], rounds: 0 });
        ended = story.reached < n;
        await story.finish();
      });
};

// Each call of a life in turn is the last one, or fails; what it then leaves
// cannot be cut off.
const calls = (sync, what, options) => () =>
  tell({ sync, ...options }, async (story) => {
    await story.finish();
    for (let n = 1, ended = false; !ended; n++) {
      await story.live({ orders: [[n, n, what, EIO, '*'],
        [n + 1, n + 2, 'fail', EIO, 'write,truncate']] });
      ended = story.reached < n;
      // It begins after a death, after another, or after a clean stop.
      if (what === 'fail' || what === 'short')
        await story.live({ frames: 1 });
      else if (what === 'half')
        await story.live();
    }
    await story.finish();
  });

// The same of the calls that begin a segment, whenever that is; who fails there
// goes on to fail until the end of the life.
const rolls = (sync, options) => () => tell({ sync, ...options },
  async (story) => {
    for (const call of ['open:new', 'write:new', 'truncate:new', 'sync:new',
      'rename:new', 'sync:.'])
      for (const what of ['before', 'half', 'fail'])
        await story.live({ later: [[1, NEVER, what, EIO, call]], rounds: 2 });
    await story.finish();
  });

// Deaths whenever it pleases.
const random = (options, deaths) => () => tell(options, async (story) => {
  for (let n = 0; n < deaths;)
    n += !await story.live(
      { frames: 1 + story.pick(90), rounds: 1 + story.pick(4) });
  await story.finish();
});

const stories = [
  births('os'), births('disk'),
  calls('os', 'before'), calls('os', 'half'), calls('os', 'fail'),
  calls('os', 'short'), calls('disk', 'short', { texts: true }),
  calls('disk', 'before', { power: true }),
  calls('disk', 'half', { power: true }), calls('disk', 'fail'),
  rolls('os'), rolls('disk', { power: true }),
];
const KINDS = [{ sync: 'os' }, { sync: 'disk', power: true },
  { sync: 'os', power: true }, { sync: 'disk', power: true, texts: true },
  { sync: 'os', texts: true }, { sync: 'disk', power: true }];
for (let n = 0; n < DEATHS; n += LIVES)
  stories.push(random(KINDS[n / LIVES % KINDS.length],
    Math.min(LIVES, DEATHS - n)));

try {
  const ends = await Promise.allSettled(Array.from({ length: AT_ONCE },
    async () => {
      while (stories.length > 0)
        await stories.shift()();
    }));
  for (const { reason } of ends)
    if (reason)
      throw reason;
  const { calls: kinds, ...counts } = sum;
  console.log([...kinds].sort().join('\n'));
  console.log(Object.entries(counts).map(([what, n]) => `${n} ${what}`)
    .join(', '));
} finally {
  rmSync(scratch, { recursive: true });
}
