// cases: what a peer may send after the handshake, and what has to come back.
// The numbers of the groups are those of the Autobahn test suite, which checks
// the same rules of RFC 6455.
//
// A case is { name, send, expect, strict }: send is a list of buffers, one per
// frame; expect is a list of frames, the last of them a Close, after which the
// server ends the connection.  strict: more than the RFC asks for.

import {
  BINARY, CLOSE, CONTINUATION, FIN, PING, PONG, TEXT, frame, reason,
} from './wire.mjs';

export const cases = [];

const text = (payload) => ({ first: FIN | TEXT, payload: Buffer.from(payload) });
const binary = (payload) => ({ first: FIN | BINARY, payload });
const pong = (payload = '') => ({ first: FIN | PONG, payload: Buffer.from(payload) });
const close = (payload) => ({ first: FIN | CLOSE, payload });

/** A Close of this code, for whatever reason. */
const failure = (code) => ({ first: FIN | CLOSE, code });

const bye = () => frame(FIN | CLOSE, reason(1000));

/** All is well, and the connection goes on until the peer closes it. */
function good(name, send, answers) {
  cases.push({
    name,
    send: [...send, bye()],
    expect: [...answers, close(reason(1000))],
  });
}

/** The last frame is one too many: the server says why and hangs up, while the
 * peer has said nothing more. */
function bad(name, send, answers, code = 1002, strict = false) {
  cases.push({ name, send, expect: [...answers, failure(code)], strict });
}

/** The same, where others may notice later, or not at all. */
const early = (name, send, answers, code = 1002) =>
  bad(name, send, answers, code, true);

const repeat = (byte, n) => Buffer.alloc(n, byte);

function sizes() {
  for (const n of [0, 125, 126, 127, 128, 65535, 65536]) {
    good(`1.1 text of ${n}`, [frame(FIN | TEXT, repeat('*', n))],
      [text(repeat('*', n))]);
    good(`1.2 binary of ${n}`, [frame(FIN | BINARY, repeat(0xfe, n))],
      [binary(repeat(0xfe, n))]);
  }
}

function pings() {
  const ping = (payload) => frame(FIN | PING, payload);
  good('2.1 empty ping', [ping('')], [pong()]);
  good('2.2 ping with text', [ping('Hello')], [pong('Hello')]);
  good('2.3 ping with bytes', [ping(Buffer.from('00fffefdfcfb00ff', 'hex'))],
    [pong(Buffer.from('00fffefdfcfb00ff', 'hex'))]);
  good('2.4 ping of 125', [ping(repeat(0xfe, 125))], [pong(repeat(0xfe, 125))]);
  bad('2.5 ping of 126', [ping(repeat(0xfe, 126))], []);
  good('2.7 empty pong', [frame(FIN | PONG)], []);
  good('2.8 pong', [frame(FIN | PONG, 'unasked')], []);
  good('2.9 pong, then ping', [frame(FIN | PONG, 'unasked'), ping('p')],
    [pong('p')]);
  const ten = Array.from({ length: 10 }, (_, i) => `ping ${i}`);
  good('2.10 ten pings', ten.map(ping), ten.map(pong));
}

function reservedBits() {
  for (let bits = 1; bits < 8; bits++) {
    for (const opcode of [TEXT, BINARY, CONTINUATION, PING, PONG, CLOSE]) {
      const first = FIN | (bits << 4) | opcode;
      bad(`3 reserved bits ${bits}, opcode ${opcode}`,
        [frame(FIN | TEXT, 'a'), frame(first, 'b')], [text('a')]);
    }
  }
}

function opcodes() {
  for (const opcode of [3, 4, 5, 6, 7, 11, 12, 13, 14, 15]) {
    bad(`4 opcode ${opcode}`, [frame(FIN | opcode)], []);
    bad(`4 opcode ${opcode} after a message`,
      [frame(FIN | TEXT, 'a'), frame(FIN | opcode, 'b')], [text('a')]);
    bad(`4 opcode ${opcode} in a message`,
      [frame(TEXT, 'a'), frame(FIN | opcode, 'b')], []);
  }
}

function fragments() {
  const more = (payload) => frame(CONTINUATION, payload);
  const last = (payload) => frame(FIN | CONTINUATION, payload);
  const ping = frame(FIN | PING, 'p');

  bad('5.1 ping in fragments', [frame(PING, 'a'), last('b')], []);
  bad('5.2 pong in fragments', [frame(PONG, 'a'), last('b')], []);
  bad('5.2 close in fragments', [frame(CLOSE, reason(1000)), last('')], []);
  good('5.3 two fragments', [frame(TEXT, 'one '), last('two')],
    [text('one two')]);
  good('5.3 two fragments of bytes', [frame(BINARY, 'one '), last('two')],
    [binary(Buffer.from('one two'))]);
  good('5.6 ping inside', [frame(TEXT, 'one '), ping, last('two')],
    [pong('p'), text('one two')]);
  bad('5.9 continuation of nothing', [last('a')], []);
  bad('5.12 unfinished continuation of nothing', [more('a')], []);
  bad('5.12 empty continuation of nothing', [last('')], []);
  bad('5.15 continuation of a whole message',
    [frame(TEXT, 'one '), last('two'), more('three')], [text('one two')]);
  bad('5.16 continuation after a message', [frame(FIN | TEXT, 'a'), more('b')],
    [text('a')]);
  bad('5.18 text inside text', [frame(TEXT, 'a'), frame(FIN | TEXT, 'b')], []);
  bad('5.18 binary inside text', [frame(TEXT, 'a'), frame(BINARY, 'b')], []);
  bad('5.18 text inside binary', [frame(BINARY, 'a'), frame(TEXT, 'b')], []);
  good('5.19 five fragments and two pings',
    [frame(TEXT, '1'), more('2'), ping, more('3'), more('4'), ping, last('5')],
    [pong('p'), pong('p'), text('12345')]);
  good('5.20 fragments of fragments, twice',
    [frame(TEXT, 'a'), more(''), last('b'), frame(TEXT, ''), last('c')],
    [text('ab'), text('c')]);
  good('5.21 a thousand empty fragments',
    [frame(TEXT, ''), ...Array(1000).fill(more('')), last('x')], [text('x')]);
}

/** The sequences of Markus Kuhn's decoder test, and each limit of RFC 3629. */
const SEQUENCES = [
  // whole, at the first and last code point of each length
  '00', '7f', 'c280', 'dfbf', 'e0a080', 'ed9fbf', 'ee8080', 'efbfbd', 'efbfbf',
  'f0908080', 'f48fbfbf', 'cebae1bdb9cf83cebcceb5', 'f09f9880f09f9880',
  'efb790', 'f09fbfbf', // noncharacters are characters
  // beyond Unicode, or of five and six bytes
  'f4908080', 'f7bfbfbf', 'f8888080 80', 'fbbfbfbfbf', 'fc8480808080',
  'fdbfbfbfbfbf',
  // continuation bytes alone, and too many
  '80', 'bf', '8080', '80bf80bf80bf', 'c3a480', 'e282acbf',
  // never in UTF-8
  'fe', 'ff', 'fefeffff', 'c0', 'c1', 'f5', 'f6',
  // cut short: at the end, by another character, by another beginning
  'c3', 'e0a0', 'e282', 'f0', 'f09f', 'f09f98', 'c320', 'e28220', 'f09f9820',
  'c3c3a4', 'e282e282ac', 'f09f98f09f9880',
  // longer than need be
  'c0af', 'e080af', 'f08080af', 'f8808080af', 'fc80808080af', 'c1bf', 'e09fbf',
  'f08fbfbf', 'c080', 'e08080', 'f0808080',
  // surrogates, alone and in pairs
  'eda080', 'edadbf', 'edae80', 'edafbf', 'edb080', 'edbe80', 'edbfbf',
  'eda080edb080', 'edafbfedbfbf',
].map((hex) => Buffer.from(hex.replaceAll(' ', ''), 'hex'));

/** How many bytes it takes to see that no text begins so; 0: it is text so
 * far.  The judge is the decoder of the platform. */
function impossibleAt(bytes) {
  for (let n = 1; n <= bytes.length; n++) {
    try {
      new TextDecoder('utf-8', { fatal: true })
        .decode(bytes.subarray(0, n), { stream: true });
    } catch {
      return n;
    }
  }
  return 0;
}

function isText(bytes) {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

const octets = (bytes) => Array.from(bytes, (_, i) => bytes.subarray(i, i + 1));

/** The same bytes as a message of one frame per byte. */
function inFragments(bytes) {
  const all = octets(bytes);
  return all.map((byte, i) => frame(
    (i === 0 ? TEXT : CONTINUATION) | (i === all.length - 1 ? FIN : 0), byte));
}

function utf8() {
  good('6.1 empty text', [frame(FIN | TEXT)], [text('')]);
  good('6.1 empty fragments',
    [frame(TEXT), frame(CONTINUATION), frame(FIN | CONTINUATION)], [text('')]);
  good('6.1 text between empty fragments',
    [frame(TEXT), frame(CONTINUATION, 'ä'), frame(FIN | CONTINUATION)],
    [text('ä')]);
  for (const bytes of SEQUENCES) {
    const name = bytes.toString('hex');
    const around = Buffer.concat([Buffer.from('<'), bytes, Buffer.from('>')]);
    for (const run of [bytes, around]) {
      const at = impossibleAt(run);
      if (isText(run)) {
        good(`6.2 ${name}`, [frame(FIN | TEXT, run)], [text(run)]);
        good(`6.2 ${name} in fragments`, inFragments(run), [text(run)]);
        continue;
      }
      bad(`6.3 ${name}`, [frame(FIN | TEXT, run)], [], 1007);
      bad(`6.3 ${name} in fragments`, inFragments(run), [], 1007);
      good(`6.3 ${name} is bytes`, [frame(FIN | BINARY, run)], [binary(run)]);
      if (at === 0) continue;

      // The byte that shows it is the last that comes; without it, and in a
      // fragment, the connection still answers.
      const known = run.subarray(0, at);
      early(`6.4 ${name} fails in mid-frame`,
        [frame(FIN | TEXT, known, { length: run.length + 1000 })], [], 1007);
      early(`6.4 ${name} fails in a fragment, not before`,
        [frame(TEXT, run.subarray(0, at - 1)), frame(FIN | PING, 'alive?'),
          frame(CONTINUATION, run.subarray(at - 1, at))],
        [pong('alive?')], 1007);
    }
  }
}

function closing() {
  const closed = (name, send, answers, payload) => cases.push({
    name, send, expect: [...answers, close(payload)],
  });
  const end = (...payload) => frame(FIN | CLOSE, reason(...payload));
  const none = Buffer.alloc(0);

  closed('7.1.1 close after a message', [frame(FIN | TEXT, 'a'), bye()],
    [text('a')], reason(1000));
  closed('7.1.2 two closes', [bye(), end(1001)], [], reason(1000));
  closed('7.1.3 ping after close', [bye(), frame(FIN | PING, 'p')], [],
    reason(1000));
  closed('7.1.4 text after close', [bye(), frame(FIN | TEXT, 'a')], [],
    reason(1000));
  closed('7.1.5 close in a message, then its end',
    [frame(TEXT, 'a'), bye(), frame(FIN | CONTINUATION, 'b')], [],
    reason(1000));
  closed('7.1.6 nonsense after close', [bye(), Buffer.alloc(500, 0xff)], [],
    reason(1000));
  closed('7.3.1 close without a payload', [frame(FIN | CLOSE)], [], none);
  bad('7.3.2 close of one byte', [frame(FIN | CLOSE, 'x')], []);
  closed('7.3.3 close with a code', [end(1000)], [], reason(1000));
  closed('7.3.4 close with a reason', [end(1000, 'Hello ä')], [],
    reason(1000, 'Hello ä'));
  closed('7.3.5 close with the longest reason', [end(1000, '*'.repeat(123))],
    [], reason(1000, '*'.repeat(123)));
  bad('7.3.6 close with a longer one', [end(1000, '*'.repeat(124))], []);
  for (const bytes of SEQUENCES.filter((s) => !isText(s))) {
    bad(`7.5 close with ${bytes.toString('hex')}`, [end(1000, bytes)], [],
      1007);
  }
  for (const code of [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011,
    1012, 1013, 1014, 3000, 3999, 4000, 4999]) {
    closed(`7.7 close code ${code}`, [end(code, 'why')], [],
      reason(code, 'why'));
  }
  for (const code of [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999,
    5000, 32768, 65535]) {
    bad(`7.9 close code ${code}`, [end(code)], []);
    bad(`7.9 close code ${code} with a reason`, [end(code, 'why')], []);
  }
}

/** What no group of the suite has. */
function headers() {
  const raw = (hex) => Buffer.from(hex, 'hex');

  bad('8.1 unmasked text', [frame(FIN | TEXT, 'a', { mask: null })], []);
  bad('8.1 unmasked ping', [frame(FIN | PING, 'a', { mask: null })], []);
  bad('8.1 unmasked close', [frame(FIN | CLOSE, '', { mask: null })], []);
  bad('8.1 unmasked, of 1000 bytes',
    [frame(FIN | BINARY, repeat('*', 1000), { mask: null })], []);
  good('8.2 a mask of zeros',
    [frame(FIN | TEXT, 'plain', { mask: Buffer.alloc(4) })], [text('plain')]);
  for (const n of [0, 1, 125]) {
    early(`8.3 length ${n} in two bytes`,
      [frame(FIN | BINARY, repeat('*', n), { form: 2 })], []);
  }
  for (const n of [0, 125, 126, 65535]) {
    early(`8.3 length ${n} in eight bytes`,
      [frame(FIN | BINARY, repeat('*', n), { form: 8 })], []);
  }
  early('8.4 length 2^63', [raw('82ff80')], []);
  early('8.4 length 2^64 - 1', [raw('82ffffffffffffffffff')], []);
  early('8.4 length 2^63 of text', [raw('81ff8000000000000000')], []);
  early('8.5 a long ping, known by its second byte', [raw('89fe')], []);
  early('8.5 a long close, known by its second byte', [raw('88ff')], []);
  early('8.5 a reserved bit, known by its first byte', [raw('c1')], []);
  early('8.5 a reserved opcode, known by its first byte', [raw('83')], []);
  early('8.5 a fragmented ping, known by its first byte', [raw('09')], []);
}

sizes();
pings();
reservedBits();
opcodes();
fragments();
utf8();
closing();
headers();
