// handshakes: what the server says before there are frames (RFC 6455, 4.2).
// A case is { name, run, strict }, as in limits.mjs.

import assert from 'node:assert/strict';
import {
  CLOSE, FIN, TEXT, converse, frame, parse, reason, request, split,
} from './wire.mjs';

export const handshakes = [];
const add = (name, run) => handshakes.push({ name, run, strict: true });

function refused(name, bytes, status, field = /^/) {
  add(`handshake: ${name}`, async (server) => {
    const { bytes: answer, ended, why } = await converse(server, [bytes]);
    assert.ok(ended, why);
    assert.match(split(answer).head, new RegExp(`^HTTP/1\\.1 ${status} `));
    assert.match(split(answer).head, field);
  });
}

refused('no upgrade', request({ Upgrade: null, Connection: null }), 426,
  /^Sec-WebSocket-Version: 13\r$/im);
refused('version 8', request({ 'Sec-WebSocket-Version': '8' }), 426,
  /^Sec-WebSocket-Version: 13\r$/im);
refused('no key', request({ 'Sec-WebSocket-Key': null }), 400);
refused('short key', request({ 'Sec-WebSocket-Key': 'c2hvcnQ=' }), 400);
refused('no Host', request({ Host: null }), 400);
refused('POST', request({}, 'POST / HTTP/1.1'), 405);
refused('HTTP/1.0', request({}, 'GET / HTTP/1.0'), 400);
refused('not HTTP', Buffer.from('hello?\r\n\r\n'), 400);
refused('a target of 10,000 bytes',
  request({}, `GET /${'a'.repeat(10000)} HTTP/1.1`), 414);

add('handshake: byte by byte, with a message behind it', async (server) => {
  const all = Buffer.concat([request({ Connection: 'keep-alive, Upgrade' }),
    frame(FIN | TEXT, 'a'), frame(FIN | CLOSE, reason(1000))]);
  const answer = await converse(server,
    Array.from(all, (_, i) => all.subarray(i, i + 1)));
  assert.ok(answer.ended, answer.why);
  assert.deepEqual(parse(split(answer.bytes).rest).map((f) => f.first),
    [FIN | TEXT, FIN | CLOSE]);
});

// The example of RFC 6455, 4.1: the last character has bits that are no byte's.
add('handshake: the key of the RFC', async (server) => {
  const answer = await converse(server, [
    request({ 'Sec-WebSocket-Key': 'AQIDBAUGBwgJCgsMDQ4PEC==' }),
    frame(FIN | CLOSE, reason(1000))]);
  assert.match(split(answer.bytes).head, /^HTTP\/1\.1 101 /);
});

add('handshake: extensions are not accepted', async (server) => {
  const answer = await converse(server, [
    request({ 'Sec-WebSocket-Extensions': 'permessage-deflate' }),
    frame(FIN | CLOSE, reason(1000))]);
  const { head } = split(answer.bytes);
  assert.match(head, /^HTTP\/1\.1 101 /);
  assert.doesNotMatch(head, /^Sec-WebSocket-Extensions:/im);
});
