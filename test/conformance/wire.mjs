// wire: WebSocket frames as bytes, and a client that sends any bytes at all.
// Written after RFC 6455 alone, so that it shares no mistake with the library.

import net from 'node:net';
import crypto from 'node:crypto';

export const CONTINUATION = 0x0;
export const TEXT = 0x1;
export const BINARY = 0x2;
export const CLOSE = 0x8;
export const PING = 0x9;
export const PONG = 0xa;
export const FIN = 0x80;

const PATIENCE = 20_000; // milliseconds until a conversation has hung

// The shortest form that a length fits: 0, 2 or 8 extra bytes.
const shortest = (n) => (n < 126 ? 0 : n < 65536 ? 2 : 8);

/**
 * One frame.  first: the first byte, flags and opcode.  options: mask (four
 * bytes, or null for none), form (extra bytes of length), length (what to
 * announce, when it is not that of the payload).
 */
export function frame(first, payload = '', options = {}) {
  const data = Buffer.from(payload);
  const { mask = crypto.randomBytes(4), length = data.length } = options;
  const { form = shortest(length) } = options;
  const head = Buffer.alloc(2 + form);
  head[0] = first;
  head[1] = (mask ? 0x80 : 0) | (form === 0 ? length : form === 2 ? 126 : 127);
  if (form === 2) head.writeUInt16BE(length, 2);
  if (form === 8) head.writeBigUInt64BE(BigInt(length), 2);
  if (!mask) return Buffer.concat([head, data]);
  for (let i = 0; i < data.length; i++) data[i] ^= mask[i & 3];
  return Buffer.concat([head, mask, data]);
}

/** The payload of a Close. */
export function reason(code, text = '') {
  const head = Buffer.alloc(2);
  head.writeUInt16BE(code);
  return Buffer.concat([head, Buffer.from(text)]);
}

/**
 * What a server sent, as [{ first, payload }].  Throws where it is not a run
 * of whole frames as a server has to send them: unmasked, lengths in the
 * shortest form.
 */
export function parse(bytes) {
  const frames = [];
  for (let at = 0; at < bytes.length; ) {
    if (bytes.length - at < 2) throw new Error('half a header at the end');
    const first = bytes[at];
    let length = bytes[at + 1];
    if (length >= 0x80) throw new Error('masked frame from the server');
    const form = length === 127 ? 8 : length === 126 ? 2 : 0;
    if (form === 2) length = bytes.readUInt16BE(at + 2);
    if (form === 8) length = Number(bytes.readBigUInt64BE(at + 2));
    if (form !== shortest(length)) throw new Error('length not minimal');
    at += 2 + form;
    if (bytes.length - at < length) throw new Error('half a frame at the end');
    frames.push({ first, payload: bytes.subarray(at, at + length) });
    at += length;
  }
  return frames;
}

/** The bytes of an opening handshake.  Lines that are given replace those of
 * the same name, or are added. */
export function request(lines = {}, start = 'GET / HTTP/1.1') {
  const fields = {
    Host: '127.0.0.1',
    Upgrade: 'websocket',
    Connection: 'Upgrade',
    'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==', // RFC 6455, 1.3
    'Sec-WebSocket-Version': '13',
    ...lines,
  };
  const text = Object.entries(fields)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`${start}\r\n${text.join('')}\r\n`);
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

async function writeAll(socket, pieces) {
  for (const piece of pieces) {
    if (socket.destroyed) return;
    if (!socket.write(piece)) {
      await new Promise((resolve) => {
        socket.once('drain', resolve);
        socket.once('close', resolve);
      });
    }
    await turn();
  }
}

/**
 * Connects, sends the pieces one after the other, and collects what comes
 * until the server has ended its side; only then ends this one.  Never throws;
 * returns { bytes, ended, why }: why says what went wrong where ended is false,
 * a reset or that nothing happened for too long.
 */
export function converse({ host, port }, pieces) {
  return new Promise((resolve) => {
    const socket = net.connect({ host, port, allowHalfOpen: true });
    const received = [];
    const done = (ended, why) => {
      clearTimeout(timer);
      if (ended) socket.end();
      else socket.destroy();
      resolve({ bytes: Buffer.concat(received), ended, why });
    };
    const timer = setTimeout(() => done(false, 'hung'), PATIENCE);
    socket.setNoDelay(true);
    socket.on('data', (chunk) => received.push(chunk));
    socket.on('error', (error) => done(false, error.code));
    socket.on('end', () => done(true, ''));
    writeAll(socket, pieces);
  });
}

/** Divides an answer to request() into its head, as text, and what follows. */
export function split(bytes) {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return { head: bytes.toString('latin1'), rest: Buffer.alloc(0) };
  return {
    head: bytes.subarray(0, end + 2).toString('latin1'),
    rest: bytes.subarray(end + 4),
  };
}
