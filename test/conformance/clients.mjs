// clients: WebSocket clients that others wrote, as independent judges.  What
// they make of the answers was not made up here: each checks the handshake,
// the frames and the closing in its own way.  `npm ci` in test/ brings them.
//
// A case is { name, limit, run }, as in limits.mjs.

import assert from 'node:assert/strict';
import { SMALL } from './limits.mjs';

const PATIENCE = 20_000;
const GOING_AWAY = 3000; // a code that a client may close with

/** Rejects when nothing comes of promise in time. */
function soon(promise) {
  let timer;
  const hung = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error('hung')), PATIENCE);
  });
  return Promise.race([promise, hung]).finally(() => clearTimeout(timer));
}

/** ws: github.com/websockets/ws */
function openWs(WebSocket, url) {
  const socket = new WebSocket(url, { perMessageDeflate: false });
  return {
    socket,
    opened: new Promise((resolve, reject) => {
      socket.on('open', resolve);
      socket.on('error', reject);
    }),
    closed: new Promise((resolve) => {
      socket.on('close', (code, text) => resolve([code, text.toString()]));
    }),
    onMessage(call) {
      socket.on('message', (bytes, isBinary) =>
        call(isBinary ? bytes : bytes.toString()));
    },
    ahead: Infinity,
    send: (message) => socket.send(message),
    ping: (payload) => new Promise((resolve) => {
      socket.on('pong', (bytes) => resolve(bytes.toString()));
      socket.ping(payload);
    }),
  };
}

/** faye-websocket, on websocket-driver: github.com/faye/faye-websocket-node */
function openFaye(WebSocket, url) {
  const socket = new WebSocket.Client(url);
  return {
    socket,
    opened: new Promise((resolve, reject) => {
      socket.on('open', resolve);
      socket.on('error', (event) => reject(new Error(event.message)));
    }),
    closed: new Promise((resolve) => {
      socket.on('close', ({ code, reason }) => resolve([code, reason]));
    }),
    onMessage: (call) => socket.on('message', ({ data }) => call(data)),
    // It stops reading while it cannot write, and so does the echo server: two
    // long messages under way would make them wait for each other.
    ahead: 1,
    send: (message) => socket.send(message),
    ping: (payload) => new Promise((resolve) => {
      socket.ping(payload, () => resolve(payload));
    }),
  };
}

async function load(name, open) {
  try {
    const { default: WebSocket } = await import(name);
    return { name, open: (url) => open(WebSocket, url) };
  } catch {
    return { name, open: null };
  }
}

/** The same numbers in every run. */
function numbers(seed) {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor(state / 2 ** 32 * below);
  };
}

const CHARACTERS = ['a', 'ä', '€', '😀', ' ', '\0', '"', '\u{10ffff}'];

/** Texts and bytes of all kinds of length. */
function messages(count) {
  const next = numbers(count);
  const limits = [1, 20, 126, 127, 1000, 65536, 70000];
  return Array.from({ length: count }, () => {
    const n = next(limits[next(limits.length)]);
    if (next(2) === 0) return Buffer.alloc(n, next(256));
    return CHARACTERS[next(CHARACTERS.length)].repeat(n);
  });
}

async function withClient(client, server, use) {
  const c = client.open(`ws://${server.host}:${server.port}/`);
  await soon(c.opened);
  try {
    return await soon(use(c));
  } finally {
    c.socket.close();
  }
}

/** Sends all, and resolves when as many have come back, the same. */
function exchange(c, all) {
  let sent = 0;
  let received = 0;
  const sendMore = () => {
    while (sent < all.length && sent - received < c.ahead) c.send(all[sent++]);
  };
  return new Promise((resolve, reject) => {
    c.onMessage((message) => {
      try {
        assert.deepEqual(message, all[received], `message ${received}`);
      } catch (error) {
        reject(error);
      }
      if (++received === all.length) resolve();
      sendMore();
    });
    sendMore();
  });
}

function casesOf(client) {
  const list = [];
  const add = (name, use, limit) => list.push({
    name: `${client.name}: ${name}`, limit,
    run: (server) => withClient(client, server, use),
  });

  add('empty ones', (c) => exchange(c, ['', Buffer.alloc(0), '']));
  add('texts and bytes, one after the other', (c) =>
    exchange(c, messages(1000)));
  add('16 MiB', (c) =>
    exchange(c, [Buffer.alloc(16 << 20, 0xa5), 'x'.repeat(16 << 20)]));
  add('a ping is answered', async (c) =>
    assert.equal(await c.ping('are you there?'), 'are you there?'));
  add('a close is answered with its code and reason', async (c) => {
    c.socket.close(GOING_AWAY, 'over and öut');
    assert.deepEqual(await c.closed, [GOING_AWAY, 'over and öut']);
  });
  add('a close without a code', async (c) => {
    c.socket.close();
    assert.ok([1000, 1005].includes((await c.closed)[0]));
  });
  add('too much is refused with 1009', async (c) => {
    c.send('x'.repeat(SMALL + 1));
    assert.equal((await c.closed)[0], 1009);
  }, SMALL);
  list.push({
    name: `${client.name}: two hundred at once`,
    run: (server) => Promise.all(Array.from({ length: 200 }, (_, i) =>
      withClient(client, server, (c) => exchange(c, [`${i}`, `again ${i}`])))),
  });
  return list;
}

const loaded = await Promise.all([
  load('ws', openWs), load('faye-websocket', openFaye),
]);

/** Names of those that are not installed. */
export const missing = loaded.filter((c) => !c.open).map((c) => c.name);
export const clients = loaded.filter((c) => c.open).flatMap(casesOf);
