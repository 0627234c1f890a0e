// Connections end, servers stop and come back; nobody has to do anything.

import assert from 'node:assert/strict';
import { LOST, test } from './support.mjs';

const OFF = ['--message-rate', '0', '--message-rate-per-address', '0',
  '--request-rate', '0', '--join-rate', '0'];

// Random, but the same each time: xorshift32.
function dice(seed) {
  let x = seed;
  return (sides) => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (x >>> 0) % sides;
  };
}

// In the page: a closed connection is followed by another one at once.
function impatience() {
  globalThis.WebSocket = class extends WebSocket {
    constructor(...address) {
      super(...address);
      this.addEventListener('close', () =>
        setTimeout(() => dispatchEvent(new Event('online'))));
    }
  };
}

test('connections held up and cut anywhere lose nothing and double nothing',
  { limits: OFF, tolerates: LOST }, async ({ open, join, proxy }) => {
    const lines = 30;
    const network = await proxy();
    const options = { via: network, script: impatience };
    const alice = await open('alice', options);
    const bob = await open('bob', options);
    const carol = await join('carol');
    const roll = dice(1729);
    for (let i = 0; i < lines; i++) {
      network.stall(['up', 'down', 'neither'][roll(3)]);
      // Two lines are more bytes than the first, a return than the others.
      const cuts = network.cutAfter(...Array.from({ length: roll(3) },
        (_, n) => 1 + roll(n ? 800 : 300)));
      await Promise.all([alice.say(`alice ${i}`), bob.say(`bob ${i}`)]);
      network.flow();
      await cuts;
    }
    await carol.frame('message', { text: `alice ${lines - 1}` });
    await carol.frame('message', { text: `bob ${lines - 1}` });
    const told = carol.messages().map(({ text }) => text);
    for (const name of ['alice', 'bob'])
      assert.deepEqual(told.filter((text) => text.startsWith(name)),
        Array.from({ length: lines }, (_, i) => `${name} ${i}`));
    assert.deepEqual(await alice.texts(2 * lines), told);
    assert.deepEqual(await bob.texts(2 * lines), told);
  });

test('who was away gets all that was said, however much',
  { limits: OFF, tolerates: LOST }, async ({ open, join, proxy }) => {
    const network = await proxy();
    const alice = await open('alice', { via: network });
    const bob = await join('bob');
    bob.send({ type: 'message', text: 'before' });
    const row = await alice.sees('before');
    const place = await row.boundingBox();
    network.refuse(true);
    network.cut();
    await alice.page.getByText('Reconnecting').waitFor();
    assert.deepEqual(await row.boundingBox(), place);
    for (let i = 0; i < 120; i++)
      bob.send({ type: 'message', text: `line ${i}` });
    await bob.frame('message', { text: 'line 119' });
    network.refuse(false);
    await alice.nudge();
    await alice.sees('line 119');
    assert.deepEqual(await alice.texts(121),
      bob.messages().map(({ text }) => text));
    assert.equal(await alice.log.getByText('are missing here').count(), 0);
  });

test('what the server no longer has is missing at its place',
  { limits: [...OFF, '--past-size', '16K', '--max-message', '1K'],
    tolerates: LOST }, async ({ open, join, proxy }) => {
    const network = await proxy();
    const alice = await open('alice', { via: network });
    const bob = await join('bob');
    // That bob joined must not come between "before" and the gap.
    await alice.page.getByText('2 online').waitFor();
    bob.send({ type: 'message', text: 'before' });
    await alice.sees('before');
    network.refuse(true);
    network.cut();
    for (let i = 0; i < 50; i++)
      bob.send({ type: 'message', text: `line ${i} ${'x'.repeat(500)}` });
    await bob.frame('message', { text: `line 49 ${'x'.repeat(500)}` });
    network.refuse(false);
    await alice.nudge();
    await alice.sees(`line 49 ${'x'.repeat(500)}`);
    const gap = alice.row('before').locator('+ .gap');
    await gap.getByText('Messages are missing here').scrollIntoViewIfNeeded();
    assert.match(await gap.locator('~ .row .text').first().textContent(),
      /^line [1-9]/);
  });

test('a server that was killed is joined again, and what is missing is said',
  { tolerates: LOST }, async ({ server, open, join }) => {
    const alice = await open('alice');
    const bob = await join('bob');
    for (let i = 0; i < 20; i++)
      bob.send({ type: 'message', text: `line ${i}\nand more\nand more` });
    await alice.sees('line 19\nand more\nand more');
    await alice.composer.fill('not yet finished');
    for (let i = 0; i < 4; i++)
      await alice.composer.press('ArrowLeft');
    const before = await look(await scrolled(alice, 100));
    await server.stop('SIGKILL');
    await alice.page.getByText('Reconnecting').waitFor();
    await server.restart();
    await alice.log.getByText('Messages are missing here')
      .waitFor({ state: 'attached' });
    await alice.page.getByText('Reconnecting').waitFor({ state: 'hidden' });
    assert.deepEqual(await look(alice), before);
    assert.equal(before.caret, 'not yet finished'.length - 4);
    await alice.page.keyboard.type('?! ');
    await alice.composer.press('Enter');
    await alice.sees('not yet fini?! shed');
  });

async function scrolled(window, top) {
  await window.log.evaluate((e, to) => e.scrollTop = to, top);
  await window.page.getByRole('button', { name: 'Jump to latest' }).waitFor();
  return window;
}

// What a reader has before the eyes.
const look = (window) => window.composer.evaluate((field) => ({
  text: field.value,
  caret: field.selectionStart,
  focused: document.activeElement === field,
  scrolled: document.querySelector('[role=log]').scrollTop,
}));

test('a server that restarts says so, and is joined again',
  { tolerates: LOST }, async ({ server, open, join }) => {
    const alice = await open('alice');
    const bob = await join('bob');
    await server.stop('SIGTERM');
    const bye = await bob.frame('bye');
    assert.equal(bye.reason, 'restart');
    assert(bye.retry_after >= 0);
    assert.equal(await bob.closed, 1012);
    await alice.say('still here');
    await server.restart();
    await alice.sees('still here');
  });

test('a dead link is noticed without traffic', { tolerates: LOST },
  async ({ open, join, proxy }) => {
    const network = await proxy();
    const alice = await open('alice', { via: network, clock: true });
    const bob = await join('bob');
    network.stall('both');
    await alice.page.clock.fastForward(25000);
    await alice.page.clock.fastForward(10000);
    await alice.page.clock.fastForward(1000);
    await alice.say('anybody?');
    await bob.frame('message', { text: 'anybody?' });
    await alice.sees('anybody?');
  });

test('a proxy that lets no connection through is named', { tolerates: LOST },
  async ({ visit, proxy }) => {
    const network = await proxy();
    network.rewrite = (bytes) => bytes.includes('GET /ws/') ? null : bytes;
    const alice = await visit('/alice', { via: network });
    await alice.page.getByText('or a proxy, does not accept this page').waitFor();
    const tries = network.requests.filter((path) => path.startsWith('/ws/'));
    assert(tries.length >= 3, `${tries.length} tries`);
    network.rewrite = (bytes) => bytes;
    await alice.nudge();
    await alice.say('through');
    await alice.sees('through');
  });

test('the banner counts down to the next try, and has a button for now',
  { tolerates: LOST }, async ({ open, proxy }) => {
    const network = await proxy();
    const { page, say, sees, composer } = await open('alice',
      { via: network, script: () => Math.random = () => 0.999 });
    const banner = page.locator('.banner');
    network.refuse(true);
    network.cut();
    // Each wait is up to twice as long as the one before.
    for (const seconds of [2, 4])
      await banner.getByText(`Reconnecting in ${seconds} s`).waitFor();
    await banner.getByText('Reconnecting in 7 s').waitFor();
    await composer.fill('kept');
    network.refuse(false);
    await banner.getByRole('button', { name: 'Now' }).click();
    await banner.getByText('Reconnecting').waitFor({ state: 'detached' });
    assert.equal(await composer.inputValue(), 'kept');
    await say('and sent');
    await sees('and sent');
  });

for (const [what, news] of [
  ['when the network is back', () => dispatchEvent(new Event('online'))],
  ['when one looks at the page again',
    () => document.dispatchEvent(new Event('visibilitychange'))],
])
  test(`a connection is tried at once ${what}`, { tolerates: LOST },
    async ({ open, proxy }) => {
      const network = await proxy();
      const { page, sees, say } = await open('alice',
        { via: network, script: () => Math.random = () => 1e6 });
      network.cut();
      await page.getByText(/Reconnecting in \d{6} s/).waitFor();
      await page.evaluate(news);
      await say('back');
      await sees('back');
    });

test('a close that is final says why, and can be tried by hand',
  async ({ open }) => {
    const alice = await open('alice', { script: refusable });
    const { page, composer, joined } = alice;
    await composer.fill('not yet said');
    await page.evaluate(() => globalThis.socket.dispatchEvent(
      new CloseEvent('close', { code: 4501 })));
    await page.getByText('The server does not accept this name').waitFor();
    await page.getByRole('alert').getByText('Try again later').waitFor();
    await page.getByText('Code 4501').waitFor();
    await page.getByText('not yet said').waitFor();
    await page.getByRole('button', { name: 'Try again' }).click();
    await joined();
    assert.equal(await composer.inputValue(), 'not yet said');
  });

// In the page: the socket is within reach.
function refusable() {
  globalThis.WebSocket = class extends WebSocket {
    constructor(...address) {
      super(...address);
      globalThis.socket = this;
    }
  };
}
