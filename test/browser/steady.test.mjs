// However much there is, the page is steady and quick.

import assert from 'node:assert/strict';
import { test } from './support.mjs';

const FAST = { limits: ['--message-rate', '0', '--message-burst', '0'] };

// Shifts that the reader did not cause, and elements that were made.
const watching = () => {
  globalThis.seen = { shifts: [], made: 0 };
  new PerformanceObserver((list) => seen.shifts.push(...list.getEntries()
    .filter((entry) => !entry.hadRecentInput)
    .map(({ sources }) => sources.map(({ node }) =>
      node?.className ?? String(node)).join())))
    .observe({ type: 'layout-shift', buffered: true });
  const { createElement } = Document.prototype;
  Document.prototype.createElement = function make(name) {
    seen.made++;
    return createElement.call(document, name);
  };
};

// In the page: what the server says is held back, until it is heard() one by
// one; that resolves to the frame, when what it changes has been painted.
const holding = () => {
  const held = [];
  let onArrival = null;
  globalThis.WebSocket = class extends WebSocket {
    set onmessage(listen) {
      super.onmessage = (event) => {
        held.push({ event, listen });
        onArrival?.();
      };
    }
  };
  globalThis.heard = async () => {
    if (held.length === 0)
      await new Promise((resolve) => onArrival = resolve);
    const { event, listen } = held.shift();
    listen(event);
    await new Promise((resolve) =>
      requestAnimationFrame(() => setTimeout(resolve)));
    return JSON.parse(event.data);
  };
};

// What a page says that is not hidden, in order.
const words = ({ page }) => page.evaluate(() =>
  [...document.querySelectorAll('body :not(noscript, noscript *)')]
    .filter((e) => !e.closest('[hidden]') && !e.firstElementChild)
    .flatMap((e) => [e.textContent, e.getAttribute('role') === 'img' &&
      e.ariaLabel]).filter(Boolean));

const seen = ({ page }) => page.evaluate(() => new Promise((resolve) =>
  // What was drawn last has been reported then.
  requestAnimationFrame(() => setTimeout(() =>
    resolve({ ...globalThis.seen })))));

test('nothing shifts, from the first paint on', FAST, async (scene) => {
  const { open, join } = scene;
  const bob = await join('bob');
  for (let i = 0; i < 40; i++)
    bob.send({ type: 'message', text: `said before ${i}` });
  await bob.frame('message', { text: 'said before 39' });
  const alice = await open('alice', { script: watching });
  await alice.sees('said before 39');
  bob.send({ type: 'typing', active: true });
  await alice.page.getByText('bob is typing').waitFor();
  bob.send({ type: 'message', text: 'alice, come and see' });
  await alice.sees('alice, come and see');
  await join('carol');
  await alice.joined(3);
  assert.deepEqual((await seen(alice)).shifts, []);

  // It would be seen.
  await alice.page.evaluate(() =>
    document.querySelector('#header').style.height = '20rem');
  await alice.page.waitForFunction(() => globalThis.seen.shifts.length > 0);
});

test('the past shows all at once, and before it only what is known',
  FAST, async ({ open, join, proxy }) => {
    const network = await proxy();
    const bob = await join('bob');
    const alice = await open('alice', { via: network, script: watching });
    bob.send({ type: 'message', to: 'alice', text: 'psst' });
    await alice.conversation('bob').getByText('1 unread').waitFor();
    for (let i = 0; i < 60; i++)
      bob.send({ type: 'message', text: `alice, this is ${i}` });
    await alice.sees('alice, this is 59');
    network.stall('up');
    await alice.say('waits');
    await alice.row('waits').getByText('Sending').waitFor();
    for (let i = 60; i < 70; i++)
      bob.send({ type: 'message', text: `alice, this is ${i}` });
    await bob.frame('message', { text: 'alice, this is 69' });

    await alice.page.addInitScript(holding);
    await alice.page.reload();
    await alice.row('waits').waitFor();
    const known = await words(alice);
    const texts = () => alice.rows.locator('.text').allTextContents();
    assert.deepEqual(await texts(), ['waits']);
    for (const unknown of [/\d online/, /Online, /, 'offline', 'online',
      /Nothing said/, /Load older/, /begin/, /when connected/, /Reconn/])
      assert.deepEqual(known.filter((text) => text.match(unknown)), []);
    const kinds = [];
    for (;;) {
      const { type } = await alice.page.evaluate(() => heard());
      kinds.push(type);
      if (type === 'users')
        break;
      assert.deepEqual(await words(alice), known, kinds.join());
    }
    assert(kinds.length > 50, kinds.join());
    assert.deepEqual(await texts(),
      [...Array.from({ length: 50 }, (_, i) => `alice, this is ${i + 20}`),
        'waits']);
    await alice.joined(2);
    assert.deepEqual((await seen(alice)).shifts, []);
  });

test('of five thousand people a thousand are listed, and cost no message more',
  async ({ visit, join }) => {
    const bob = await join('bob');
    const alice = await visit('/', { script: watching });
    const crowd = Array.from({ length: 5000 }, (_, i) => `somebody ${i}`);
    await alice.page.routeWebSocket(/\/ws\//, (socket) => {
      const server = socket.connectToServer();
      server.onMessage((text) => {
        const frame = JSON.parse(text);
        if (frame.type === 'users')
          frame.names.push(...crowd);
        if (frame.online)
          frame.online += crowd.length;
        socket.send(JSON.stringify(frame));
      });
    });
    await alice.page.keyboard.type('alice');
    await alice.page.keyboard.press('Enter');
    await alice.joined(5002);
    const listed = alice.people.getByRole('listitem');
    await listed.nth(999).waitFor({ state: 'attached' });
    assert.equal(await listed.count(), 1000);
    await alice.people.getByText('and 4002 more').waitFor();

    const cost = async (text) => {
      const before = await seen(alice);
      bob.send({ type: 'message', text });
      await alice.sees(text);
      return (await seen(alice)).made - before.made;
    };
    await cost('the first has a name above it');
    assert(await cost('one') < 20);

    const filter = alice.page.getByRole('textbox', { name: 'Filter people' });
    await filter.fill('4999');
    await alice.person('somebody 4999').click();
    await alice.page.getByRole('textbox',
      { name: 'Write to somebody 4999, privately' }).waitFor();
  });
