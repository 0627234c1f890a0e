// What one writes is sent, or seen not to be; never lost, never doubled.

import assert from 'node:assert/strict';
import { LOST, test } from './support.mjs';

test('the own message shows at once, and is final in place',
  async ({ open, join, proxy }) => {
    const network = await proxy();
    const alice = await open('alice', { via: network });
    const bob = await join('bob');
    network.stall('up');
    await alice.say('on its way');
    const row = alice.row('on its way');
    await row.getByText('Sending').waitFor();
    const element = await row.elementHandle();
    const place = await element.boundingBox();
    network.flow();
    await bob.frame('message', { text: 'on its way' });
    await alice.sees('on its way');
    assert.equal(await row.getByText('Sending').count(), 0);
    assert(await element.evaluate((e) => e.isConnected), 'the same element');
    assert.deepEqual(await element.boundingBox(), place);
  });

test('a private message to nobody is not sent, and can be tried again',
  { limits: ['--grace', '100ms'] }, async ({ open, join }) => {
    const alice = await open('alice');
    const bob = await join('bob');
    await alice.person('bob').click();
    bob.socket.close();
    await alice.person('bob').waitFor({ state: 'detached' });
    await alice.say('are you there?', 'hello?');
    const first = alice.row('are you there?');
    const second = alice.row('hello?');
    await first.getByText('Not sent: bob is offline').waitFor();
    await second.getByRole('button', { name: 'Delete' }).click();
    await second.waitFor({ state: 'detached' });
    const again = await join('bob');
    await first.getByRole('button', { name: 'Retry' }).click();
    await alice.sees('are you there?');
    await again.frame('message', { text: 'are you there?' });
    assert.deepEqual(await alice.texts(1), ['are you there?']);
  });

test('what is written without a connection is sent in order with the next one',
  { tolerates: LOST }, async ({ open, join, proxy }) => {
    const network = await proxy();
    const alice = await open('alice', { via: network });
    const bob = await join('bob');
    network.refuse(true);
    network.cut();
    await alice.page.getByText('Reconnecting').waitFor();
    await alice.page.getByText('Will be sent when connected').waitFor();
    await alice.say('one', 'two', 'three');
    await alice.row('three').getByText('Sending').waitFor();
    network.refuse(false);
    await alice.nudge();
    await bob.frame('message', { text: 'three' });
    const said = bob.messages().map(({ text }) => text);
    assert.deepEqual(said, ['one', 'two', 'three']);
    assert.deepEqual(await alice.texts(3), said);
    await alice.page.getByText('Reconnecting').waitFor({ state: 'hidden' });
  });

for (const [way, what] of [['up', 'was not heard'], ['down', 'was heard']])
  test(`a message that ${what} before a reload is there once after it`,
    { tolerates: LOST }, async ({ open, join, proxy }) => {
      const network = await proxy();
      const alice = await open('alice', { via: network });
      const bob = await join('bob');
      network.stall(way);
      await alice.say('one', 'two', 'three');
      await alice.row('three').getByText('Sending').waitFor();
      if (way === 'down')
        await bob.frame('message', { text: 'one' });
      await alice.page.reload();
      await bob.frame('message', { text: 'three' });
      const said = bob.messages().map(({ text }) => text);
      assert.deepEqual(said, ['one', 'two', 'three']);
      assert.deepEqual(await alice.texts(3), said);
    });

test('who writes too fast only has to wait',
  { limits: ['--message-rate', '5', '--message-burst', '2'] },
  async ({ open, join }) => {
    const alice = await open('alice');
    const bob = await join('bob');
    const lines = Array.from({ length: 6 }, (_, i) => `line ${i}`);
    await alice.say(...lines);
    await bob.frame('message', { text: 'line 5' });
    assert.deepEqual(bob.messages().map(({ text }) => text), lines);
    assert.deepEqual(await alice.texts(6), lines);
  });

test('what is too long is kept, counted, and not sent',
  { limits: ['--max-text', '20'] }, async ({ open }) => {
    const alice = await open('alice');
    await alice.say('x'.repeat(25));
    await alice.page.getByText('5 over the limit').waitFor();
    assert(await alice.page.getByRole('button', { name: 'Send' }).isDisabled());
    assert.equal(await alice.composer.inputValue(), 'x'.repeat(25));
    for (let i = 0; i < 5; i++)
      await alice.composer.press('Backspace');
    await alice.page.getByText('0 left').waitFor();
    await alice.composer.press('Enter');
    await alice.sees('x'.repeat(20));
    assert.deepEqual(await alice.texts(1), ['x'.repeat(20)]);
  });

test('Enter sends, Shift+Enter breaks the line, nothing sends nothing',
  async ({ open }) => {
    const alice = await open('alice');
    await alice.composer.press('Enter');
    await alice.composer.fill('   ');
    await alice.composer.press('Enter');
    await alice.composer.fill('');
    await alice.composer.pressSequentially('roses');
    await alice.composer.press('Shift+Enter');
    await alice.composer.pressSequentially('violets');
    await alice.composer.press('Enter');
    assert.deepEqual(await alice.texts(1), ['roses\nviolets']);
    assert.equal(await alice.composer.inputValue(), '');
  });

// What Chromium does while a character is being composed.
test('an Enter that ends the composition of a character sends nothing',
  async ({ open }) => {
    const alice = await open('alice');
    const devtools = await alice.page.context().newCDPSession(alice.page);
    await alice.composer.focus();
    await devtools.send('Input.imeSetComposition',
      { text: 'に', selectionStart: 1, selectionEnd: 1 });
    for (const type of ['rawKeyDown', 'keyUp'])
      await devtools.send('Input.dispatchKeyEvent',
        { type, key: 'Enter', code: 'Enter', windowsVirtualKeyCode: 229 });
    assert.equal(await alice.composer.inputValue(), 'に');
    await devtools.send('Input.insertText', { text: '日' });
    assert.equal(await alice.composer.inputValue(), '日');
    await alice.composer.press('Enter');
    assert.deepEqual(await alice.texts(1), ['日']);
  });

test('the rest is counted from nine tenths on',
  { limits: ['--max-text', '20'] }, async ({ open }) => {
    const alice = await open('alice');
    const counter = alice.page.locator('.counter');
    await alice.composer.fill('x'.repeat(17));
    assert.equal(await counter.textContent(), '');
    await alice.composer.press('x');
    assert.equal(await counter.textContent(), '2 left');
    await alice.composer.fill('\u{1f600}'.repeat(19));
    assert.equal(await counter.textContent(), '1 left');
  });

test('the composer grows up to a cap', async ({ open }) => {
  const { page, composer } = await open('alice');
  const height = async (lines) => {
    await composer.fill('line\n'.repeat(lines - 1));
    return (await composer.boundingBox()).height;
  };
  const [one, three, fifty] =
    [await height(1), await height(3), await height(50)];
  assert(one < three && three < fifty, `${one} ${three} ${fifty}`);
  assert.equal(fifty, await height(100));
  assert(fifty <= 0.4 * page.viewportSize().height);
});

test('the first letter does not change the height of the composer',
  async ({ open, join }) => {
    const name = 'Alexander-Maximilian the Second';
    await join(name);
    const { composer, page, person } = await open('alice');
    await person(name).click();
    await page.setViewportSize({ width: 320, height: 640 });
    const height = async () => (await composer.boundingBox()).height;
    const before = await height();
    await composer.press('x');
    assert.equal(await height(), before);
  });

test('any printable key goes to the composer', async ({ open }) => {
  const alice = await open('alice');
  await alice.log.focus();
  await alice.page.keyboard.type('h');
  await alice.conversation('Everyone').focus();
  await alice.page.keyboard.type('é');
  await alice.page.evaluate(() => document.activeElement.blur());
  await alice.page.keyboard.type('! ');
  assert.equal(await alice.composer.inputValue(), 'hé! ');
  await alice.people.getByRole('textbox').focus();
  await alice.page.keyboard.type('x');
  assert.equal(await alice.composer.inputValue(), 'hé! ');
});

test('Up in the empty composer brings back what was sent',
  async ({ open }) => {
    const { say, composer, conversation } = await open('alice');
    const up = () => composer.press('ArrowUp');
    const down = () => composer.press('ArrowDown');
    const holds = async (text) => assert.equal(await composer.inputValue(),
      text);
    await up();
    await holds('');
    await say('one', 'two\nlines', '/help');
    await up();
    await holds('/help');
    await up();
    await holds('two\nlines');
    await up();
    await up();
    await holds('one');
    await down();
    await holds('two\nlines');
    await composer.press('End');
    await composer.press('!');
    await up();
    await holds('two\nlines!');
    await composer.fill('');
    await up();
    await holds('/help');
    await down();
    await holds('');
  });

test('a draft stays in its conversation, over a reload',
  async ({ open, join }) => {
    await join('bob');
    const { page, composer, conversation, person, joined } =
      await open('alice');
    await composer.fill('to all');
    await person('bob').click();
    assert.equal(await composer.inputValue(), '');
    await composer.fill('to bob');
    await conversation('Everyone').getByText('draft').waitFor();
    await conversation('Everyone').click();
    assert.equal(await composer.inputValue(), 'to all');
    await page.reload();
    await joined();
    assert.equal(await composer.inputValue(), 'to all');
    await conversation('bob').getByText('draft').waitFor();
    await conversation('bob').click();
    assert.equal(await composer.inputValue(), 'to bob');
    await composer.press('Enter');
    await conversation('Everyone').click();
    await composer.fill('');
    await conversation('bob').click();
    assert.equal(await page.getByText('draft').filter({ visible: true })
      .count(), 0);
  });

test('Tab completes names, who spoke last first', async ({ open, join }) => {
  const clients = {};
  for (const name of ['bab', 'beb', 'bob', 'carol'])
    clients[name] = await join(name);
  const { page, composer, sees } = await open('alice');
  for (const name of ['bob', 'beb']) {
    clients[name].send({ type: 'message', text: `I am ${name}` });
    await sees(`I am ${name}`);
  }
  await composer.pressSequentially('hello B');
  for (const name of ['beb', 'bob', 'bab', 'beb']) {
    await composer.press('Tab');
    assert.equal(await composer.inputValue(), `hello ${name} `);
  }
  await composer.pressSequentially('and @ca');
  await composer.press('Tab');
  assert.equal(await composer.inputValue(), 'hello beb and @carol ');
  // Where there is nothing to complete, it goes on as everywhere.
  await composer.press('Tab');
  assert(await composer.evaluate((e) => e !== document.activeElement));
});

test('commands do what they say, and are no texts',
  async ({ open, join }) => {
    const bob = await join('bob two');
    const alice = await open('alice');
    const { page, say, composer, log } = alice;
    const answer = page.locator('.answer');
    await say('/me waves');
    await bob.frame('message', { text: '/me waves' });
    await say('/who');
    await answer.getByText('Online: alice, bob two').waitFor();
    await say('/help');
    await answer.getByText('/msg name text').waitFor();
    await composer.press('Escape');
    await answer.waitFor({ state: 'hidden' });
    await say('/nonsense at all');
    await answer.getByText('/nonsense is not a command').waitFor();
    assert.equal(await composer.inputValue(), '/nonsense at all');
    await say('/msg Bob Two just you');
    await bob.frame('message', { to: 'bob two', text: 'just you' });
    await alice.sees('just you');
    await say('/clear');
    await alice.rows.first().waitFor({ state: 'detached' });
    await say('/usr/bin is a text');
    await bob.frame('message', { text: '/usr/bin is a text' });
    assert.deepEqual(bob.messages().map(({ text }) => text),
      ['/me waves', 'just you', '/usr/bin is a text']);
  });

test('what a server may have forgotten is asked about, not sent again',
  { tolerates: LOST }, async ({ server, open, join, proxy }) => {
    const network = await proxy();
    const alice = await open('alice', { via: network });
    const bob = await join('bob');
    network.stall('down');
    await alice.say('heard?', 'later');
    const { ref } = await bob.frame('message', { text: 'heard?' });
    await server.stop('SIGKILL');
    await server.restart();
    const again = await join('bob');
    network.cut();
    await alice.row('heard?').getByText('Maybe sent').waitFor();
    await again.frame('message', { text: 'later' });
    assert.equal(again.messages().length, 1);
    await alice.row('heard?').getByRole('button', { name: 'Retry' }).click();
    await again.frame('message', { text: 'heard?', ref });
    await alice.sees('heard?');
    assert.deepEqual(await alice.texts(2), ['later', 'heard?']);
  });
