// What one client costs all others, at its worst.
//
//     CHATD=./chatd node test/bench/abuse.mjs [KIND ...]
//
// For each kind of input: a new server with its usual limits and a journal, a
// few pairs of people who write to each other, and beside them one client, or
// ten of one address, that send as much of it as they are let.  Shown are what
// that takes of a core, and how late the 99th of 100 messages is, to a run of
// the same session in which nobody abuses anything.  The server has one core,
// everybody else the other, where the abusers give way.  The abusers come from an address of this machine
// that is not loopback, if it has one: only then are there limits by address.

import { spawn, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import WebSocket from 'ws';

const SECONDS = Number(process.env.SECONDS ?? 4);
const PAIRS = 20, EACH = 250; // ms between two messages of a pair
const BUDGET = { one: 2, ten: 20 }; // % of a core
const own = Object.values(networkInterfaces()).flat()
  .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;

/*
 * The abusers: a process of its own, that sends what it is told for ever
 */

// A masked frame; the mask is zero.
function frame(payload, opcode = 1, fin = true) {
  const p = Buffer.from(payload);
  const head = Buffer.alloc(p.length < 126 ? 6 : p.length < 65536 ? 8 : 14);
  head[0] = (fin ? 0x80 : 0) | opcode;
  head[1] = 0x80 | (p.length < 126 ? p.length : p.length < 65536 ? 126 : 127);
  if (head[1] === 0xfe)
    head.writeUInt16BE(p.length, 2);
  else if (head[1] === 0xff)
    head.writeBigUInt64BE(BigInt(p.length), 2);
  return Buffer.concat([head, p]);
}

const say = (object) => frame(JSON.stringify(object));
const random = (n) => Math.floor(Math.random() * n);
const members = (n) => '{"x":{' + Array.from({ length: 64 }, (_, i) =>
  `"${'k'.repeat(Math.floor(n / 64) - 12)}${i}":1`).join() + '}}';
const LONG = 'x'.repeat(4000);
const head = (path, more = '') =>
  `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${more}\r\n`;
const upgrade = (path, more = '') => head(path, 'Upgrade: websocket\r\n' +
  'Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n' +
  `Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n${more}`);

// Each gives what one client sends again and again after it has joined; those
// with `bare` send without joining.  `only` is sent once, and the connection
// ends unless it `stays`.
const KINDS = {
  'nonsense': { next: () => frame('x') },
  'JSON of 64 KiB, 64 members': { next: () => frame(members(60000)) },
  'JSON, deeply nested': { next: () =>
    frame('{"x":' + '['.repeat(31) + ']'.repeat(31) + '}') },
  'pings of WebSocket': { next: () => frame('x'.repeat(125), 9) },
  'pongs of WebSocket': { next: () => frame('', 10) },
  'fragments of a byte': { next: (n) => frame('x', n === 0 ? 1 : 0, false) },
  'ping': { next: () => say({ type: 'ping' }) },
  'typing': { next: (n) => say({ type: 'typing', active: n % 2 === 0 }) },
  'users': { next: () => say({ type: 'users' }) },
  'history, in memory': { next: () => say({ type: 'history', limit: 100 }) },
  'history, in the journal': { next: () =>
    say({ type: 'history', before: 1 + random(2000), limit: 100 }) },
  'messages to all': { next: () => say({ type: 'message', text: LONG }) },
  'messages to oneself': { next: () =>
    say({ type: 'message', to: process.env.NAME, text: LONG }) },
  'the same message again': { next: () =>
    say({ type: 'message', ref: 'r', text: 'x' }) },
  'join, and leave': { only: '' },
  'join with history, and leave': { path: '?history=100', only: '' },
  'silence': { bare: true, only: 'G', stays: true },
  'a head, byte by byte': { bare: true, next: () => 'x', pause: 5 },
  'GET /': { bare: true, next: () => head('/') },
  'GET of the largest file': { bare: true, next: () => head('/style.css') },
  'GET /metrics': { bare: true, next: () => head('/metrics') },
  'a handshake of another page': { bare: true,
    next: () => upgrade('/ws/x', 'Origin: http://evil.example\r\n') },
  'a host that is not ours': { bare: true, next: () =>
    'GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n' },
};

function abuse(kind, { host, port }, name) {
  const { next, bare, only, stays, path = '', pause = 0 } = kind;
  let n = 0, joined = false, again = false;
  process.env.NAME = name;
  const socket = connect(port, host);
  const go = () => {
    if (only !== undefined) {
      socket.write(only);
      if (!stays)
        socket.destroy();
      return;
    }
    for (let full = false; !full && !pause; n++)
      full = !socket.write(next(n));
    if (pause) {
      socket.write(next(n++));
      setTimeout(() => socket.destroyed || go(), pause);
    } else
      socket.once('drain', go);
  };
  socket.on('connect', () =>
    bare ? go() : socket.write(upgrade(`/ws/${name}${path}`)));
  socket.on('data', () => {
    if (!joined && !bare) {
      joined = true;
      setTimeout(go, 5);
    }
  });
  socket.on('error', () => {});
  socket.on('close', () => {
    if (!again)
      setTimeout(() => abuse(kind, { host, port }, name), 20);
    again = true;
  });
}

/*
 * The people, and what is measured
 */

function cpu(pid) { // ms
  return Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[0])
    / 1e6;
}

const opened = (socket) => new Promise((resolve) =>
  socket.on('message', function hear(data) {
    if (data.includes('"type":"users"')) {
      socket.off('message', hear);
      resolve(socket);
    }
  }));

function meet(port, name) {
  return opened(new WebSocket(`ws://127.0.0.1:${port}/ws/${name}?history=0`,
    'chat.v1'));
}

// Messages of all pairs, spread over the time: how long each was under way.
async function talk(pairs, seconds) {
  const times = [];
  const sent = new Map();
  for (const [, b] of pairs)
    b.on('message', (data) => {
      const ref = /"text":"(\d+ \d+)"/.exec(data)?.[1];
      if (sent.has(ref)) {
        times.push(performance.now() - sent.get(ref));
        sent.delete(ref);
      }
    });
  const end = performance.now() + seconds * 1000;
  await Promise.all(pairs.map(async ([a], i) => {
    await pause(EACH * i / PAIRS);
    for (let n = 0; performance.now() < end; n++) {
      const text = `${i} ${n}`;
      sent.set(text, performance.now());
      a.send(JSON.stringify({ type: 'message', to: `b${i}`, text }));
      await pause(EACH);
    }
  }));
  await pause(500);
  return { times: times.sort((x, y) => x - y), missing: sent.size };
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function measure(kind, n) {
  const folder = mkdtempSync(join(tmpdir(), 'chatd-abuse-'));
  const server = spawn('taskset', ['-c', '0', process.env.CHATD ?? './chatd',
    '-l', '*:0', '--log-level', 'error', '--past-size', '256K',
    '--live-size', '256K', '--journal', join(folder, 'j')],
  { stdio: ['ignore', 'pipe', 'inherit'] });
  const [said] = await once(server.stdout, 'data');
  const port = Number(/:(\d+)\/$/m.exec(said)[1]);
  const pairs = await Promise.all(Array.from({ length: PAIRS }, (_, i) =>
    Promise.all([meet(port, `a${i}`), meet(port, `b${i}`)])));
  // Something to page through: most of it is in the journal alone.
  for (let i = 0; i < 20; i++)
    for (const [a] of pairs)
      a.send(JSON.stringify({ type: 'message', text: `${i} ${LONG}` }));
  await pause(1000);
  const child = kind && spawn('nice', ['-n', '19', 'taskset', '-c', '1', process.execPath,
    fileURLToPath(import.meta.url), '--abuse', kind, n, own ?? '127.0.0.1', port],
  { stdio: 'inherit' });
  await pause(1000);
  const before = cpu(server.pid), start = performance.now();
  const { times, missing } = await talk(pairs, SECONDS);
  const used = 100 * (cpu(server.pid) - before) / (performance.now() - start);
  child?.kill('SIGKILL');
  for (const socket of pairs.flat())
    socket.terminate();
  server.kill('SIGKILL');
  await pause(100);
  rmSync(folder, { recursive: true });
  const at = (part) => times[Math.floor(part * times.length)];
  return { cpu: used, p50: at(0.5), p99: at(0.99), missing };
}

async function measureAll(kinds) {
  execFileSync('taskset', ['-cp', '1', String(process.pid)]);
  if (own === undefined)
    console.log('only loopback here: no limits by address');
  const rows = [await measure(), await measure()];
  const idle = { cpu: Math.max(...rows.map((r) => r.cpu)),
    p99: Math.max(...rows.map((r) => r.p99)) };
  console.log(`nobody: ${idle.cpu.toFixed(1)} % of a core, ` +
    `99th of 100 messages after ${idle.p99.toFixed(2)} ms`);
  console.log('kind'.padEnd(32), 'one: CPU  late (ms)'.padEnd(24),
    'ten: CPU  late (ms)');
  let misses = 0;
  for (const kind of kinds.length > 0 ? kinds : Object.keys(KINDS)) {
    const one = await measure(kind, 1), ten = await measure(kind, 10);
    const cell = (m, budget) => {
      const more = m.cpu - idle.cpu, late = m.p99 - idle.p99;
      const bad = [more > budget, m.missing > 0,
        budget === BUDGET.one && late > 1 + 0.2 * idle.p99];
      misses += bad.some(Boolean);
      return `${more.toFixed(1)} %${bad[0] ? ' !' : ''}`.padEnd(10) +
        `${late.toFixed(2)}${bad[2] ? ' !' : ''}` +
        (bad[1] ? ` ${m.missing} missing` : '');
    };
    console.log(kind.padEnd(32), cell(one, BUDGET.one).padEnd(24),
      cell(ten, BUDGET.ten));
  }
  console.log(misses === 0 ? 'all within the budgets'
    : `${misses} over a budget (!)`);
}

if (process.argv[2] === '--abuse') {
  const [kind, n, host, port] = process.argv.slice(3);
  const connections = kind === 'silence' ? 100 : 1;
  for (let i = 0; i < Number(n) * connections; i++)
    abuse(KINDS[kind], { host, port: Number(port) }, `evil${i}`);
} else
  await measureAll(process.argv.slice(2));
