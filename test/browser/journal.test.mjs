// A journal, as its readers notice it: nothing is missing after a crash, and
// the past has no end.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import { after } from 'node:test';
import { LOST, test } from './support.mjs';

const folders = [];
after(() => folders.forEach((folder) => rmSync(folder, { recursive: true })));

// The arguments for a journal of its own.
function journal(...more) {
  const folder = mkdtempSync(joinPath(tmpdir(), 'chatd-'));
  folders.push(folder);
  return ['--journal', folder, ...more];
}

const MISSING = 'Messages are missing here';

async function crash(server, ...windows) {
  await server.stop('SIGKILL');
  for (const window of windows)
    await window.page.getByText('Reconnecting').waitFor();
}

async function comeBack(...windows) {
  for (const window of windows) {
    await window.nudge();
    await window.page.getByText('Reconnecting').waitFor({ state: 'hidden' });
  }
}

test('after a crash all goes on where it was',
  { limits: journal(), tolerates: LOST }, async ({ server, open, join }) => {
    const alice = await open('alice');
    const bob = await open('bob');
    await alice.say('one', 'two');
    await bob.say('three');
    await alice.sees('three');
    await bob.sees('two');
    await crash(server, alice, bob);
    await alice.say('said to nobody', 'in order');
    await server.restart();
    await comeBack(alice, bob);
    await alice.sees('in order');
    await bob.sees('in order');
    const all = await bob.texts(5);
    assert.deepEqual([...all].sort(),
      ['in order', 'one', 'said to nobody', 'three', 'two']);
    assert(all.indexOf('said to nobody') < all.indexOf('in order'));
    assert.deepEqual(await alice.texts(5), all);
    const carol = await join('carol');
    assert.deepEqual(carol.messages().map(({ text }) => text), all);
    for (const { log } of [alice, bob])
      assert.equal(await log.getByText(MISSING).count(), 0);
  });

const fragile = journal();

test('what the disk did not take is not said to be sent, and can be',
  { limits: fragile, tolerates: LOST }, async ({ server, open, join }) => {
    const alice = await open('alice');
    const bob = await join('bob');
    await alice.say('taken');
    await alice.sees('taken');
    rmSync(fragile[1], { recursive: true });
    await alice.say('lost?');
    await alice.row('lost?').getByText('Maybe sent').waitFor();
    assert.deepEqual(bob.messages().map(({ text }) => text), ['taken']);
    await server.stop('SIGTERM');
    await server.restart();
    await alice.nudge();
    await alice.log.getByText(MISSING).waitFor();
    await alice.row('lost?').getByRole('button', { name: 'Retry' }).click();
    await alice.sees('lost?');
    const carol = await join('carol');
    assert.deepEqual(carol.messages().map(({ text }) => text), ['lost?']);
  });

test('a private text that was not kept is missed by who was to get it',
  { limits: journal(), tolerates: LOST },
  async ({ server, open, proxy }) => {
    const network = await proxy();
    const alice = await open('alice');
    const bob = await open('bob', { via: network });
    const carol = await open('carol', { via: network });
    await alice.say('to all');
    for (const window of [bob, carol])
      await window.sees('to all');
    network.refuse(true);
    network.cut();
    for (const window of [bob, carol])
      await window.page.getByText('Reconnecting').waitFor();
    await alice.person('bob').click();
    await alice.say('to bob');
    await alice.sees('to bob');
    await crash(server, alice);
    await server.restart();
    network.refuse(false);
    await comeBack(alice, bob, carol);
    await bob.page.getByText(MISSING).waitFor({ state: 'attached' });
    for (const window of [alice, carol])
      assert.equal(await window.page.getByText(MISSING).count(), 0);
  });

test('one can scroll back to the first message ever',
  { limits: journal('--past-size', '16K', '--max-text', '200',
    '--max-message', '2K', '--message-rate', '0',
    '--message-rate-per-address', '0', '--request-rate', '0') },
  async ({ open, join }) => {
    const COUNT = 700;
    const bob = await join('bob');
    for (let i = 0; i < COUNT; i++)
      bob.send({ type: 'message', text: `line ${i}` });
    await bob.frame('message', { text: `line ${COUNT - 1}` });
    const { page, log, sees } = await open('alice');
    await sees(`line ${COUNT - 1}`);
    const seen = new Set();
    const look = async () => {
      const texts = await log.locator('.row .text').allTextContents();
      const numbers = texts.map((text) => Number(text.slice(5)));
      assert.deepEqual(numbers, [...numbers].sort((a, b) => a - b));
      assert.equal(new Set(numbers).size, numbers.length);
      numbers.forEach((number) => seen.add(number));
      return numbers[0];
    };
    for (let first = await look(); first > 0; first = await look()) {
      await log.evaluate((e) => e.scrollTop = 0);
      await page.waitForFunction((was) =>
        document.querySelector('[role=log] .row .text').textContent !== was,
      `line ${first}`);
    }
    assert.equal(seen.size, COUNT);
    await log.getByText('This is the beginning of the chat')
      .waitFor({ state: 'attached' });
  });
