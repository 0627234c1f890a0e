// conformance: does a WebSocket server do what RFC 6455 says, byte by byte?
//
//     node test/conformance.mjs [-v] [test/echo | HOST:PORT]
//
// Starts the echo server, or judges one that runs already, which is how the
// tests themselves are tested: an echo server on another implementation has to
// pass them as well, but for those that ask for more than the RFC does.  Ends
// with the line "N passed, N failed, N skipped".
//
//   conformance/wire.mjs     frames as bytes, and a client that sends any
//   conformance/cases.mjs    what to send, and what has to come back
//   conformance/limits.mjs   much, many, slow, and too much
//   conformance/clients.mjs  clients that others wrote

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { cases } from './conformance/cases.mjs';
import { clients, missing } from './conformance/clients.mjs';
import { handshakes } from './conformance/handshakes.mjs';
import { limits, SMALL } from './conformance/limits.mjs';
import { converse, parse, request, split } from './conformance/wire.mjs';

const ACCEPT = 'sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo='; // lower case
const AT_ONCE = 32; // conversations
const LONG = 2000; // bytes, above which a case is not cut everywhere

const args = process.argv.slice(2);
const verbose = args[0] === '-v' && args.shift();
const target = args[0] ?? 'test/echo';
const servers = [];
let passed = 0;
let failed = 0;
let conversations = 0;

/** Starts program, and resolves to where it listens. */
function start(program, ...options) {
  const child = spawn(program, [...options, '127.0.0.1:0'],
    { stdio: ['ignore', 'pipe', 'inherit'] });
  servers.push(child);
  return new Promise((resolve, reject) => {
    let line = '';
    child.on('error', reject);
    child.on('exit', () => reject(new Error(`${program} has ended: ${line}`)));
    child.stdout.on('data', (chunk) => {
      line += chunk;
      const port = /^listening on http:\/\/127\.0\.0\.1:(\d+)\//.exec(line)?.[1];
      if (port) resolve({ host: '127.0.0.1', port: Number(port), pid: child.pid });
    });
  });
}

/** The ways in which the bytes of a case may come: a list of lists of pieces. */
function ways(send) {
  const all = Buffer.concat(send);
  const list = [[all], send];
  if (all.length > LONG) return list;
  list.push(Array.from(all, (_, i) => all.subarray(i, i + 1)));
  const step = Math.ceil(all.length / 40);
  for (let at = 1; at < all.length; at += step)
    list.push([all.subarray(0, at), all.subarray(at)]);
  return list;
}

function matches(frames, expect) {
  assert.deepEqual(frames.map((f) => f.first), expect.map((f) => f.first));
  frames.forEach(({ payload }, i) => {
    if (expect[i].code === undefined)
      assert.ok(payload.equals(expect[i].payload),
        `${payload.toString('hex')} is not ${expect[i].payload.toString('hex')}`);
    else
      assert.equal(payload.readUInt16BE(), expect[i].code);
  });
}

/** The first write has the handshake and the first piece. */
async function judge(server, { send, expect }) {
  for (const pieces of ways(send)) {
    const [first, ...others] = pieces;
    const answer = await converse(server,
      [Buffer.concat([request(), first]), ...others]);
    const { head, rest } = split(answer.bytes);
    conversations++;
    assert.match(head, /^HTTP\/1\.1 101 /);
    assert.ok(head.toLowerCase().includes(ACCEPT));
    matches(parse(rest), expect);
    assert.ok(answer.ended, answer.why);
  }
}

async function check(name, run) {
  try {
    await run();
    passed++;
    if (verbose) console.log(`ok    ${name}`);
  } catch (error) {
    failed++;
    console.log(`FAIL  ${name}: ${error.message.replaceAll('\n', ' ')}`);
  }
}

/** Runs all, AT_ONCE of them at a time. */
async function each(list, run) {
  const left = [...list];
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    while (left.length > 0) await run(left.shift());
  }));
}

async function main() {
  const [, host, port] = /^([^:/]+):(\d+)$/.exec(target) ?? [];
  const server = port ? { host, port: Number(port) } : await start(target);
  const strict = port ? null : await start(target, '-m', String(SMALL));
  const wanted = (c) => !port || (!c.strict && c.limit === undefined);
  const others = [...handshakes, ...limits, ...clients];
  const skipped = [...cases, ...others].filter((c) => !wanted(c)).length;

  await each(cases.filter(wanted), (c) =>
    check(c.name, () => judge(server, c)));
  for (const c of others.filter(wanted))
    await check(c.name, () => c.run(c.limit === undefined ? server : strict));
  for (const name of missing)
    console.log(`not installed: ${name}`);
  console.log(`${conversations} conversations`);
  console.log(`${passed} passed, ${failed} failed, ${
    skipped + missing.length} skipped`);
  process.exitCode = failed > 0 ? 1 : 0;
}

try {
  await main();
} finally {
  for (const child of servers) child.removeAllListeners().kill();
}
