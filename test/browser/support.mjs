// What the tests of the whole share: the real server, real browser windows,
// clients that others wrote, and a network that can be cut.
//
//   window --+                      test('...', async ({ open, join }) => {
//   window --+-- (proxy) -- chatd     const alice = await open('alice');
//   client --+                        const bob = await join('bob');
//
// Each test has a server of its own, and ends with three more: no page has
// complained on its console (violations of its policy are complaints, too), no
// page has talked to anybody else, and the server stops by itself with status
// 0.  Nothing here sleeps: what takes time is awaited.
//
// CHATD names the program; the default is ./chatd.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { after, test as nodeTest } from 'node:test';
import { chromium } from 'playwright-core';
import { WebSocket } from 'ws';
import { startProxy } from './proxy.mjs';

const PATIENCE = 60000; // for one thing to happen, in ms
const CHROMIUM = {
  executablePath: '/usr/bin/chromium',
  args: [
    '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
    '--disable-background-networking', '--disable-component-update',
    '--disable-sync',
  ],
};

// The browser of this process, once one is needed.
let launched;
const browser = () => launched ??= chromium.launch(CHROMIUM);
after(async () => (await launched)?.close());

// A profile has a window of its own, where pages are drawn at full speed.  It
// is dear, so it is used again: the port of the server keeps apart what pages
// store.
const idle = [];
const profile = async () => idle.pop() ?? (await browser()).newContext();

// options: limits, arguments of chatd; tolerates, complaints that belong to
// the test.
export function test(name, options, body = options) {
  const { limits = [], tolerates } = options;
  nodeTest(name, { timeout: 6 * PATIENCE }, async () => {
    const scene = await sceneOf(limits);
    try {
      await body(scene);
      const complaints = scene.complaints
        .filter((complaint) => !tolerates?.test(complaint));
      assert.deepEqual(complaints, []);
    } catch (error) {
      error.message += `\n\nchatd:\n${scene.server.log()}` +
        `\npages:\n${scene.complaints.join('\n')}`;
      throw error;
    } finally {
      await scene.end();
    }
  });
}

// What the browser says when a connection is refused or lost.
export const LOST = /^(WebSocket connection to|Failed to load resource)/;

async function sceneOf(limits) {
  const server = await startServer(limits);
  const complaints = [];
  const ends = [];

  // A window: the page at path, or the room joined as name.
  //
  //   via          a proxy
  //   beside       a window whose profile it shares
  //   size         [width, height]
  //   colorScheme  what the reader prefers, 'light' or 'dark'
  //   clock        the time of the page is in the hands of the test
  //   script       runs in the page before all others
  async function visit(path, options = {}) {
    const { via = server, beside, size, colorScheme, clock, script } = options;
    const context = beside?.page.context() ?? await profile();
    const page = await context.newPage();
    const origin = `http://127.0.0.1:${via.port}`;
    ends.push(async () => {
      await page.close();
      if (clock)
        await context.close();
      else if (!beside)
        idle.push(context);
    });
    page.setDefaultTimeout(PATIENCE);
    page.on('console', (message) => message.type() === 'error' &&
      complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('request', (request) => request.url().startsWith(origin) ||
      complaints.push(`a request to ${request.url()}`));
    if (size)
      await page.setViewportSize({ width: size[0], height: size[1] });
    if (colorScheme)
      await page.emulateMedia({ colorScheme });
    if (clock)
      await page.clock.install();
    if (script)
      await page.addInitScript(script);
    await page.goto(origin + path);
    return windowOf(page);
  }

  async function open(name, options) {
    const opened = await visit(`/${encodeURIComponent(name)}`, options);
    await opened.joined();
    return opened;
  }

  // A client of the library ws that has joined, or was refused.
  async function join(name, query) {
    const client = clientOf(server.port, name, query);
    ends.push(() => client.socket.terminate());
    await Promise.any([client.frame('users'), client.closed]);
    return client;
  }

  async function proxy() {
    const started = await startProxy(server.port);
    ends.push(started.end);
    return started;
  }

  async function end() {
    await Promise.all(ends.map((call) => call()));
    assert.deepEqual(await server.stop('SIGTERM'), [0, null], server.log());
  }
  return { server, complaints, visit, open, join, proxy, end };
}

// --- The server ---

// restart() starts it anew on the same port, after stop(signal), which
// resolves to status and signal.
async function startServer(limits) {
  const program = process.env.CHATD ?? './chatd';
  let child;
  let ended;
  let said = '';
  const server = { port: 0, restart, stop, log: () => said };

  async function restart() {
    child = spawn(program, ['-l', `127.0.0.1:${server.port}`, ...limits]);
    ended = once(child, 'exit');
    child.stderr.on('data', (bytes) => said += bytes);
    for await (const bytes of child.stdout) {
      const port = /^listening on http:\/\/127\.0\.0\.1:(\d+)\//.exec(bytes);
      assert(port, `not expected: ${bytes}`);
      server.port = Number(port[1]);
      return server;
    }
    throw new Error(`${program} does not start: ${said}`);
  }

  function stop(signal) {
    child.kill(signal);
    return ended;
  }
  return restart();
}

// --- A window ---

function windowOf(page) {
  const log = page.getByRole('log');
  const rows = log.locator('.row');
  const composer = page.getByRole('textbox', { name: /^Write to/ });
  const people = page.locator('#people');
  const conversations = page.locator('#conversations');

  // Rows that hold this very text; quoted it is a whole text.
  const row = (text) => rows.filter({ has: page.locator('.text')
    .getByText(text, { exact: true }) });

  return {
    page, log, rows, row, composer, people, conversations,

    joined: (n) => page.getByText(n ? `${n} online` : / online$/).first()
      .waitFor(),

    person: (name) => people.getByRole('button', { name, exact: true }),
    conversation: (name) => conversations
      .getByRole('button', { name: new RegExp(`\\b${name}\\b`) }),

    async say(...lines) {
      for (const line of lines) {
        await composer.fill(line);
        await composer.press('Enter');
      }
    },

    // The network is said to be back: try at once.
    nudge: () => page.evaluate(() => dispatchEvent(new Event('online'))),

    // The row, when it has come and is not waiting for anything.
    async sees(text) {
      const found = row(text);
      await found.and(page.locator('.sent')).waitFor();
      assert.equal(await found.count(), 1, `'${text}' is there once`);
      return found;
    },

    // All texts, in order, when there are n.
    async texts(n) {
      await rows.and(page.locator('.sent')).nth(n - 1).waitFor();
      return rows.locator('.text').allTextContents();
    },
  };
}

// --- A client ---

// A WebSocket of the library ws, and all that it is told.  query: the
// parameters of the joining.
export function clientOf(port, name, query = {}, protocols = ['chat.v1']) {
  const parameters = new URLSearchParams(query);
  const socket = new WebSocket(
    `ws://127.0.0.1:${port}/ws/${encodeURIComponent(name)}?${parameters}`,
    protocols);
  const frames = [];
  const news = new EventEmitter();
  const closed = new Promise((resolve) => socket.on('close', resolve));

  socket.on('error', () => {}); // close follows
  socket.on('close', () => news.emit('news'));
  socket.on('message', (text) => {
    frames.push(JSON.parse(text));
    news.emit('news');
  });

  return {
    socket, frames,
    closed, // resolves to the code
    send: (frame) => socket.send(JSON.stringify(frame)),

    // The first frame of that type with these members, when it comes.
    async frame(type, members = {}) {
      const wanted = { type, ...members };
      const isWanted = (frame) => Object.entries(wanted)
        .every(([key, value]) => frame[key] === value);
      const signal = AbortSignal.timeout(PATIENCE);
      let found;
      while (!(found = frames.find(isWanted)) && !signal.aborted &&
          socket.readyState !== WebSocket.CLOSED)
        await once(news, 'news', { signal }).catch(() => {});
      assert(found,
        `no ${JSON.stringify(wanted)} in ${JSON.stringify(frames)}`);
      return found;
    },

    // The messages told so far.
    messages: () => frames.filter(({ type }) => type === 'message'),
  };
}
