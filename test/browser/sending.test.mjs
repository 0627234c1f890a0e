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
    await alice.page.getByText('5 too many').waitFor();
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
