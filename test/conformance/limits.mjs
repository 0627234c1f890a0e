// limits: long messages, many of them, slow readers, and sizes that are
// refused.  Groups 9 and 10 of the Autobahn test suite.
//
// A case is { name, run, limit, strict }: run(server) throws when it fails;
// limit is the MAX_MESSAGE of the server that it needs, undefined where any
// will do; strict: more than the RFC asks for.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import net from 'node:net';
import {
  BINARY, CLOSE, CONTINUATION, FIN, PING, TEXT, converse, frame, parse, reason,
  request, split,
} from './wire.mjs';

export const SMALL = 1000; // bytes: MAX_MESSAGE of the strict server
const MIB = 1 << 20;

export const limits = [];
const add = (name, run, limit, strict) =>
  limits.push({ name, run, limit, strict });

const bye = () => frame(FIN | CLOSE, reason(1000));

// Bytes that differ from place to place, and are text.
function pattern(n) {
  const bytes = Buffer.alloc(n);
  for (let i = 0; i < n; i++) bytes[i] = 32 + (i * 7 + (i >> 10)) % 95;
  return bytes;
}

function cut(bytes, size) {
  const pieces = [];
  for (let at = 0; at < bytes.length; at += size)
    pieces.push(bytes.subarray(at, at + size));
  return pieces;
}

function fragments(opcode, bytes, size) {
  return cut(bytes, size).map((piece, i, all) => frame(
    (i === 0 ? opcode : CONTINUATION) | (i === all.length - 1 ? FIN : 0),
    piece));
}

/** Sends bytes and a Close; the answer is one whole message and a Close. */
async function echoes(server, opcode, message, pieces) {
  const answer = await converse(server, [request(), ...pieces, bye()]);
  assert.ok(answer.ended, answer.why);
  const frames = parse(split(answer.bytes).rest);
  assert.equal(frames.length, 2);
  assert.equal(frames[0].first, FIN | opcode);
  assert.ok(frames[0].payload.equals(message), 'not the same bytes');
  assert.equal(frames[1].first, FIN | CLOSE);
}

/** Sends pieces; the answer is a Close of 1009. */
async function refuses(server, pieces, answers = 0) {
  const answer = await converse(server, [request(), ...pieces]);
  assert.ok(answer.ended, answer.why);
  const frames = parse(split(answer.bytes).rest);
  assert.equal(frames.length, answers + 1);
  assert.equal(frames[answers].first, FIN | CLOSE);
  assert.equal(frames[answers].payload.readUInt16BE(), 1009);
}

for (const [kind, opcode] of [['text', TEXT], ['binary', BINARY]]) {
  for (const size of [64 << 10, MIB, 16 * MIB]) {
    add(`9.1 ${kind} of ${size}`, (server) => {
      const bytes = pattern(size);
      return echoes(server, opcode, bytes, [frame(FIN | opcode, bytes)]);
    });
  }
  for (const size of [64, 256, 1300, 64 << 10, 1 << 20]) {
    add(`9.3 ${kind} of 4 MiB in frames of ${size}`, (server) => {
      const bytes = pattern(4 * MIB);
      return echoes(server, opcode, bytes,
        cut(Buffer.concat(fragments(opcode, bytes, size)), 65536));
    });
  }
  for (const size of [63, 997, 65521]) {
    add(`9.5 ${kind} of 1 MiB in writes of ${size}`, (server) => {
      const bytes = pattern(MIB);
      return echoes(server, opcode, bytes,
        cut(frame(FIN | opcode, bytes), size));
    });
  }
}

add(`${SMALL} bytes are allowed`, (server) => {
  const bytes = pattern(SMALL);
  return echoes(server, TEXT, bytes, [frame(FIN | TEXT, bytes)]);
}, SMALL);

add('... in fragments, too', (server) => {
  const bytes = pattern(SMALL);
  return echoes(server, TEXT, bytes, fragments(TEXT, bytes, 9));
}, SMALL);

add('one byte more is not, as its header says', (server) =>
  refuses(server, [frame(FIN | TEXT, '', { length: SMALL + 1 })]), SMALL);

add('nor 2^62 bytes', (server) =>
  refuses(server, [frame(FIN | BINARY, '', { length: 2 ** 62 })]), SMALL);

add('nor in fragments, as the header of the last says', (server) =>
  refuses(server, [
    frame(BINARY, pattern(SMALL)),
    frame(FIN | PING, 'p'),
    frame(FIN | CONTINUATION, '', { length: 1 }),
  ], 1), SMALL);

add('who goes on sending still gets the Close', (server) =>
  refuses(server, cut(frame(FIN | BINARY, pattern(4 * MIB)), 65536)), SMALL);

// The answers to some hundred megabytes cannot be sent, so that they are not
// to be read either: only then the server needs no memory for them.
add('a client that does not read makes the server wait', async (server) => {
  const message = frame(FIN | BINARY, pattern(MIB));
  const socket = net.connect(server);
  let sent = 0;
  let received = 0;

  socket.pause();
  socket.write(request());
  const before = memory(server.pid);
  while (sent < 256) {
    sent++;
    if (!socket.write(message) && !await drained(socket)) break;
  }
  assert.ok(sent < 256, 'the server took everything');
  const grown = memory(server.pid) - before;
  assert.ok(grown < 64 * MIB, `the server grew by ${grown} bytes`);
  socket.write(bye());
  await new Promise((resolve, reject) => {
    socket.on('data', (chunk) => { received += chunk.length; });
    socket.on('end', resolve);
    socket.on('error', reject);
    socket.setTimeout(20_000, () => reject(new Error('hung')));
    socket.resume();
  });
  socket.destroy();
  assert.ok(received > sent * (MIB + 10), `received only ${received}`);
}, undefined, true);

/** Resident bytes of a process; 0 where they cannot be told. */
function memory(pid) {
  try {
    const status = fs.readFileSync(`/proc/${pid}/status`, 'latin1');
    return Number(/VmRSS:\s*(\d+) kB/.exec(status)[1]) * 1024;
  } catch {
    return 0;
  }
}

/** Whether the socket takes more within half a second. */
function drained(socket) {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), 500);
    socket.once('drain', () => {
      clearTimeout(timer);
      resolve(true);
    });
  });
}

add('a thousand connections at once', async (server) => {
  await Promise.all(Array.from({ length: 1000 }, (_, i) => {
    const bytes = Buffer.from(`connection ${i}`);
    return echoes(server, TEXT, bytes, [frame(FIN | TEXT, bytes)]);
  }));
});

add('ten thousand messages in one write', async (server) => {
  const all = Array.from({ length: 10000 }, (_, i) => `message ${i}`);
  const bytes = Buffer.concat(all.map((text) => frame(FIN | TEXT, text)));
  const answer = await converse(server, [request(), bytes, bye()]);
  assert.ok(answer.ended, answer.why);
  const frames = parse(split(answer.bytes).rest);
  assert.deepEqual(frames.slice(0, -1).map((f) => f.payload.toString()), all);
});
