// Who is here, with whom one talks, and what calls for one.

import assert from 'node:assert/strict';
import { LOST, test } from './support.mjs';

const FAST = { limits: ['--message-rate', '0', '--message-rate-per-address',
  '0'] };

// --- The list of people ---

test('people are filtered, and reached by arrows', async ({ open, join }) => {
  for (const name of ['Zoe', 'bob', 'Bobby', 'carol'])
    await join(name);
  const { page, people, joined } = await open('alice');
  await joined(5);
  const names = async () => (await people.getByRole('listitem')
    .locator('.name').allTextContents());
  assert.deepEqual(await names(), ['alice', 'bob', 'Bobby', 'carol', 'Zoe']);
  const filter = page.getByRole('textbox', { name: 'Filter people' });
  await filter.fill('BOB');
  assert.deepEqual(await names(), ['bob', 'Bobby']);
  for (const key of ['ArrowDown', 'ArrowDown', 'ArrowDown', 'ArrowUp', 'Enter'])
    await page.keyboard.press(key);
  await page.getByRole('heading', { name: 'bob', exact: true }).waitFor();
  await filter.fill('xyz');
  await page.getByText('No one matches “xyz”').waitFor();
  await page.getByRole('button', { name: 'Clear filter' }).click();
  assert.equal((await names()).length, 5);
  await filter.fill('car');
  await filter.press('Enter');
  await page.getByRole('heading', { name: 'carol' }).waitFor();
});

test('whether the other is online is shown, and heard',
  { limits: ['--grace', '100ms'] }, async ({ open, join }) => {
    const bob = await join('bob');
    const alice = await open('alice');
    await alice.person('bob').click();
    await alice.conversation('bob').getByRole('img', { name: 'online' })
      .waitFor();
    bob.socket.close();
    await alice.conversation('bob').getByRole('img', { name: 'offline' })
      .waitFor();
  });

// --- Conversations ---

test('what is unread is counted for each conversation', FAST,
  async ({ open, join }) => {
    const bob = await join('bob');
    const carol = await join('carol');
    const { page, conversation, person } = await open('alice');
    await person('alice (you)').click();
    for (let i = 0; i < 3; i++)
      bob.send({ type: 'message', to: 'alice', text: `for you ${i}` });
    for (let i = 0; i < 100; i++)
      carol.send({ type: 'message', text: `for all ${i}` });
    await conversation('bob').getByText('3 unread').waitFor();
    await conversation('Everyone').getByText('99+ unread').waitFor();
    assert.match(await page.title(), /^\(3\) /);
    carol.send({ type: 'message', text: 'and you, Alice?' });
    await page.waitForFunction(() => document.title.startsWith('(4) '));
    await conversation('Everyone').click();
    await page.waitForFunction(() => document.title === '(3) Everyone');
    await conversation('bob').click();
    await page.waitForFunction(() => document.title === 'bob');
  });

test('conversations do not change places under the pointer or the focus',
  async ({ open, join }) => {
    const bob = await join('bob');
    const carol = await join('carol');
    const { page, conversations, conversation, composer } = await open('alice');
    const order = () => conversations.getByRole('listitem').locator('.name')
      .allTextContents();
    const say = async (client, text) => {
      client.send({ type: 'message', to: 'alice', text });
      await client.frame('message', { text });
    };
    await say(bob, 'first');
    await conversation('bob').waitFor();
    await say(carol, 'then');
    await conversation('carol').waitFor();
    assert.deepEqual(await order(), ['Everyone', 'carol', 'bob']);
    await conversation('carol').hover();
    await say(bob, 'again');
    await conversation('bob').getByText('2 unread').waitFor();
    assert.deepEqual(await order(), ['Everyone', 'carol', 'bob']);
    await composer.hover();
    await page.waitForFunction(() =>
      document.querySelectorAll('#conversations li')[1].textContent
        .includes('bob'));
    await conversation('bob').focus();
    await say(carol, 'me, too');
    await conversation('carol').getByText('2 unread').waitFor();
    assert.deepEqual(await order(), ['Everyone', 'bob', 'carol']);
    await composer.focus();
    await page.waitForFunction(() =>
      document.querySelectorAll('#conversations li')[1].textContent
        .includes('carol'));
  });

test('people do not change places under the pointer or the focus',
  { limits: ['--grace', '0ms'] }, async ({ open, join }) => {
    const alice = await open('alice');
    const { page, people, composer } = alice;
    const list = (...names) => page.waitForFunction((wanted) =>
      [...document.querySelectorAll('#people li .name')]
        .map((e) => e.textContent).join() === wanted, names.join());
    const mary = await join('mary');
    await join('zoe');
    await list('alice', 'mary', 'zoe');
    await people.getByRole('button', { name: 'zoe' }).hover();
    await join('bob');
    await list('alice', 'mary', 'zoe', 'bob');
    mary.socket.close();
    await people.getByRole('button', { name: 'mary (left)' }).waitFor();
    await list('alice', 'mary', 'zoe', 'bob');
    await people.getByRole('button', { name: 'zoe' }).focus();
    await composer.hover();
    await list('alice', 'mary', 'zoe', 'bob');
    await composer.focus();
    await list('alice', 'bob', 'zoe');
  });

// --- Typing ---

test('who types is named: one, two, and how many others',
  async ({ open, join }) => {
    const { page, person } = await open('alice');
    const line = page.locator('.typing');
    const words = ['Ann is typing', 'Ann and Bob are typing',
      'Ann and 2 others are typing', 'Ann and 3 others are typing'];
    const height = (await line.locator('..').boundingBox()).height;
    for (const [i, name] of ['Ann', 'Bob', 'Cleo', 'Dan'].entries()) {
      (await join(name)).send({ type: 'typing', active: true });
      await line.getByText(words[i], { exact: true }).waitFor();
    }
    assert.equal((await line.locator('..').boundingBox()).height, height);
    await (await join('Eve')).send({ type: 'typing', to: 'alice',
      active: true });
    await person('Eve').click();
    await line.getByText('Eve is typing', { exact: true }).waitFor();
  });

test('who does not want it does not show typing', async ({ open, join }) => {
  const alice = await open('alice');
  const { page, composer } = alice;
  const bob = await join('bob');
  const option = page.getByRole('checkbox', { name: 'Tell others when I type' });
  await page.getByRole('button', { name: 'Settings' }).click();
  await option.uncheck();
  await page.reload();
  await alice.joined();
  await composer.pressSequentially('unseen');
  await composer.press('Enter');
  await bob.frame('message', { text: 'unseen' });
  assert.equal(bob.frames.filter(({ type }) => type === 'typing').length, 0);
  await page.getByRole('button', { name: 'Settings' }).click();
  await option.check();
  await composer.pressSequentially('seen');
  await bob.frame('typing', { from: 'alice', active: true });
});

test('who writes a command does not show typing', async ({ open, join }) => {
  const { composer } = await open('alice');
  const bob = await join('bob');
  await composer.pressSequentially('/who');
  await composer.press('Enter');
  await composer.pressSequentially('seen');
  await composer.press('Enter');
  await bob.frame('message', { text: 'seen' });
  assert.deepEqual(bob.frames.filter(({ type }) => type === 'typing')
    .map(({ active }) => active), [true]);
});

// --- What calls for the reader ---

// In the page: somebody who looks elsewhere, and a browser that tells what it
// is asked for.
function elsewhere() {
  globalThis.told = [];
  document.hasFocus = () => false;
  navigator.setAppBadge = async (n) => globalThis.told.push(`badge ${n}`);
  globalThis.Notification = class {
    static permission = 'default';
    static async requestPermission() {
      globalThis.told.push('asked');
      return this.permission = 'granted';
    }
    constructor(title, { body }) {
      globalThis.told.push(`${title}: ${body}`);
      globalThis.last = this;
    }
    close() {}
  };
}

test('what calls for one shows on title, icon and app, and goes on reading',
  async ({ open, join }) => {
    const bob = await join('bob');
    const { page, sees } = await open('alice', { script: elsewhere });
    const icon = (name) =>
      page.locator(`link[rel=icon][href$="/${name}.svg"]`)
        .waitFor({ state: 'attached' });
    await icon('icon');
    bob.send({ type: 'message', text: 'to everyone' });
    await icon('icon-unread');
    assert.equal(await page.title(), 'Everyone');
    bob.send({ type: 'message', text: 'and @Alice, too' });
    await icon('icon-mention');
    bob.send({ type: 'message', to: 'alice', text: 'and alone' });
    await sees('and alone');
    await page.waitForFunction(() => document.title === '(2) Everyone');
    await page.evaluate(() => {
      document.hasFocus = () => true;
      dispatchEvent(new Event('focus'));
    });
    await page.waitForFunction(() => document.title === '(1) Everyone');
    await page.getByRole('button', { name: /^bob/ }).first().click();
    await icon('icon');
    assert.deepEqual(await page.evaluate(() => globalThis.told),
      ['badge 1', 'badge 2', 'badge 1', 'badge 0']);
  });

test('notifications come for who has asked for them by a click',
  async ({ open, join }) => {
    const bob = await join('bob');
    const { page, sees, joined } = await open('alice', { script: elsewhere });
    const told = () => page.evaluate(() =>
      globalThis.told.filter((text) => !text.startsWith('badge')));
    bob.send({ type: 'message', text: 'alice?' });
    await sees('alice?');
    assert.deepEqual(await told(), []);
    await page.getByRole('button', { name: 'Settings' }).click();
    await page.getByRole('checkbox', { name: 'Notify me' }).check();
    assert.deepEqual(await told(), ['asked']);
    bob.send({ type: 'message', text: 'to everyone' });
    bob.send({ type: 'message', text: 'are you there, alice?' });
    bob.send({ type: 'message', to: 'alice', text: 'psst' });
    await sees('psst');
    assert.deepEqual(await told(), ['asked', 'bob: are you there, alice?',
      'bob, privately: psst']);
    await page.evaluate(() => globalThis.last.onclick());
    await page.getByRole('heading', { name: 'bob' }).waitFor();
    await page.getByRole('checkbox', { name: 'Notify me' }).uncheck();
    bob.send({ type: 'message', text: 'alice!' });
    await bob.frame('message', { text: 'alice!' });
    await page.getByRole('button', { name: /^#?Everyone/ }).click();
    await sees('alice!');
    assert.equal((await told()).length, 3);
    await page.reload();
    await joined();
    assert.deepEqual(await told(), []);
  });

test('messages of the past are counted, and not notified', { tolerates: LOST },
  async ({ open, join, proxy }) => {
    const network = await proxy();
    const bob = await join('bob');
    const { page, sees, nudge } = await open('alice',
      { via: network, script: elsewhere });
    await page.getByRole('button', { name: 'Settings' }).click();
    await page.getByRole('checkbox', { name: 'Notify me' }).check();
    network.refuse(true);
    network.cut();
    await page.getByText('Reconnecting').waitFor();
    bob.send({ type: 'message', text: 'alice, where are you?' });
    await bob.frame('message');
    network.refuse(false);
    await nudge();
    await sees('alice, where are you?');
    bob.send({ type: 'message', text: 'there, alice!' });
    await sees('there, alice!');
    assert.deepEqual(await page.evaluate(() => globalThis.told),
      ['asked', 'badge 1', 'bob: there, alice!', 'badge 2']);
  });

// --- By keyboard ---

test('F6 walks the parts of the page', async ({ open }) => {
  const { page, composer } = await open('alice');
  const part = () => page.evaluate(() => document.activeElement
    .closest('#header, #conversations, #log, #people, #composer').id);
  const parts = ['composer', 'header', 'conversations', 'log', 'people'];
  for (const size of [[1280, 800], [390, 800]]) {
    await page.setViewportSize({ width: size[0], height: size[1] });
    await composer.focus();
    const there = size[0] > 640 ? parts : ['composer', 'header', 'log'];
    for (const name of [...there, ...there]) {
      assert.equal(await part(), name);
      await page.keyboard.press('F6');
    }
    for (const name of [...there, ...there].reverse()) {
      await page.keyboard.press('Shift+F6');
      assert.equal(await part(), name);
    }
  }
});
