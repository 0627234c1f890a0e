// People talk.

import assert from 'node:assert/strict';
import { test } from './support.mjs';

test('two people talk in public', async ({ open }) => {
  const alice = await open('alice');
  const bob = await open('bob');
  await alice.say('is anybody here?');
  await bob.sees('is anybody here?');
  await bob.say('I am');
  await alice.sees('I am');
  const said = ['is anybody here?', 'I am'];
  assert.deepEqual(await alice.texts(2), said);
  assert.deepEqual(await bob.texts(2), said);
});

test('a row reads as name, time and text', async ({ open, join }) => {
  const alice = await open('alice');
  const bob = await join('Bob');
  bob.send({ type: 'message', text: 'good morning' });
  const row = await alice.sees('good morning');
  assert.match(await row.textContent(),
    /Bob, \d+:\d\d(\s[AP]M)?: good morning$/);
  const time = await row.locator('time').getAttribute('datetime');
  const { time: told } = await bob.frame('message');
  assert.equal(Date.parse(time), told);
});

test('a private message is seen by the windows of two, and by nobody else',
  async ({ open, join }) => {
    const alice = await open('alice');
    const alice2 = await open('alice');
    const bob = await open('bob');
    const bob2 = await join('bob');
    const carol = await open('carol');
    const dave = await join('dave');
    await alice.person('bob').click();
    await alice.say('only for you');
    for (const window of [alice, alice2, bob])
      await window.sees('only for you');
    await bob2.frame('message', { text: 'only for you' });
    await bob.say('and now for all');
    await dave.frame('message', { text: 'and now for all' });
    await carol.sees('and now for all');
    assert.deepEqual(await carol.texts(1), ['and now for all']);
    assert.equal(dave.messages().length, 1);
  });

test('the same name in two windows is one user', async ({ open }) => {
  const first = await open('alice');
  const bob = await open('bob');
  const second = await open('Alice');
  await first.say('from the first');
  await second.sees('from the first');
  await second.say('from the second');
  await first.sees('from the second');
  assert.deepEqual(await bob.texts(2), ['from the first', 'from the second']);
  await second.person('alice (you)').waitFor();
  assert.equal(await bob.people.getByRole('listitem').count(), 2);
  await bob.joined(2);
});

test('people who come and go are listed', { limits: ['--grace', '100ms'] },
  async ({ open, join }) => {
    const alice = await open('alice');
    const bob = await join('bob');
    await alice.person('bob').waitFor();
    await alice.joined(2);
    await alice.people.getByRole('heading', { name: 'Online, 2' }).waitFor();
    bob.socket.close();
    await alice.person('bob').waitFor({ state: 'detached' });
    await alice.joined(1);
  });

test('a reload is no leave', async ({ open, join }) => {
  const alice = await open('alice');
  const bob = await join('bob');
  await alice.page.reload();
  await alice.joined(2);
  await alice.say('back again');
  await bob.frame('message', { text: 'back again' });
  const isAlices = ({ joined, left }) =>
    joined?.includes('alice') || left?.includes('alice');
  assert.deepEqual(bob.frames.filter(isAlices), []);
});

test('typing shows while it lasts', async ({ open, join }) => {
  const alice = await open('alice');
  const bob = await join('bob');
  const typing = alice.page.getByText('bob is typing');
  bob.send({ type: 'typing', active: true });
  await typing.waitFor();
  bob.send({ type: 'message', text: 'there' });
  await alice.sees('there');
  await typing.waitFor({ state: 'detached' });
  await alice.composer.pressSequentially('h');
  await bob.frame('typing', { from: 'alice', active: true });
});

test('what is private is counted until it is read', async ({ open, join }) => {
  const alice = await open('alice');
  const bob = await join('bob');
  await alice.person('alice (you)').click();
  bob.send({ type: 'message', to: 'alice', text: 'psst' });
  await alice.conversation('bob').getByText('1 unread').waitFor();
  assert.match(await alice.page.title(), /^\(1\) /);
  await alice.conversation('bob').click();
  await alice.sees('psst');
  await alice.conversation('bob').getByText('1 unread')
    .waitFor({ state: 'hidden' });
  bob.send({ type: 'message', to: 'alice', text: 'psst again' });
  await alice.sees('psst again');
  assert.equal(await alice.page.title(), 'bob');
});

test('a client of another make talks with the page', async ({ open, join }) => {
  const alice = await open('alice');
  const bob = await join('bob');
  bob.send({ type: 'message', text: 'hello, page' });
  await alice.sees('hello, page');
  await alice.say('hello, client');
  await bob.frame('message', { from: 'alice', text: 'hello, client' });
  bob.send({ type: 'message', to: 'alice', text: 'a secret' });
  await (await alice.sees('a secret')).getByText('private, to you').click();
  await alice.say('kept');
  await bob.frame('message', { to: 'bob', text: 'kept' });
});
