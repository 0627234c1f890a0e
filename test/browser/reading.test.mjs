// What one reads stays where it is.

import assert from 'node:assert/strict';
import { test } from './support.mjs';

const FAST = { limits: ['--message-rate', '0', '--message-burst', '0',
  '--message-rate-per-address', '0'] };

// bob has said n lines, of which some are long.
async function lines(join, n, from = 0) {
  const bob = await join('bob');
  const text = (i) => `line ${i}${' and so on'.repeat(i % 20)}`;
  for (let i = from; i < from + n; i++)
    bob.send({ type: 'message', text: text(i) });
  await bob.frame('message', { text: text(from + n - 1) });
  return { bob, text };
}

const scroll = (window, to) =>
  window.log.evaluate((e, top) => e.scrollTop = top, to);

// The first row that is wholly in view, and where it stands.
const inView = (window) => window.log.evaluate((scroller) => {
  const edge = scroller.getBoundingClientRect().top;
  const row = [...scroller.querySelectorAll('.row')]
    .find((e) => e.getBoundingClientRect().top >= edge);
  return {
    text: row.querySelector('.text').textContent,
    top: row.getBoundingClientRect().top,
  };
});

const isAtEnd = (window) => window.log.evaluate((e) =>
  e.scrollHeight - e.clientHeight - e.scrollTop < 1);

const pill = (window) =>
  window.page.getByRole('button', { name: /^Jump to latest/ });

test('older messages come on scrolling up, and nothing moves', FAST,
  async ({ open, join }) => {
    const { text } = await lines(join, 180);
    const alice = await open('alice');
    await alice.sees(text(179));
    assert.equal(await alice.rows.count(), 50);
    for (const oldest of [30, 0]) {
      await scroll(alice, 400);
      const before = await inView(alice);
      await alice.row(text(oldest)).waitFor({ state: 'attached' });
      assert.deepEqual(await inView(alice), before);
    }
    await alice.page.getByText('This is where it begins').waitFor();
    assert.deepEqual(await alice.texts(180),
      Array.from({ length: 180 }, (_, i) => text(i)));
  });

test('older messages come by button, too', FAST, async ({ open, join }) => {
  const { text } = await lines(join, 60);
  const alice = await open('alice', { size: [1280, 2400] });
  await alice.sees(text(59));
  await alice.page.getByRole('button', { name: 'Load older messages' })
    .press('Enter');
  await alice.row(text(0)).waitFor({ state: 'attached' });
  assert.equal((await alice.texts(60)).length, 60);
});

test('new messages stick to the end, or are counted and move nothing', FAST,
  async ({ open, join }) => {
    const { bob, text } = await lines(join, 40);
    const alice = await open('alice');
    await alice.sees(text(39));
    assert(await isAtEnd(alice));
    bob.send({ type: 'message', text: 'at the end' });
    await alice.sees('at the end');
    assert(await isAtEnd(alice));
    await scroll(alice, 700);
    await pill(alice).waitFor();
    const before = await inView(alice);
    for (const one of ['one', 'two', 'three'])
      bob.send({ type: 'message', text: one });
    await alice.page.getByRole('button', { name: 'Jump to latest 3 new' })
      .waitFor();
    assert.deepEqual(await inView(alice), before);
    await pill(alice).click();
    await pill(alice).waitFor({ state: 'hidden' });
    assert(await isAtEnd(alice));
    await alice.sees('three');
  });

test('the own message jumps to the end', FAST, async ({ open, join }) => {
  const { text } = await lines(join, 40);
  const alice = await open('alice');
  await alice.sees(text(39));
  await scroll(alice, 700);
  await pill(alice).waitFor();
  await alice.say('down there');
  await alice.sees('down there');
  await pill(alice).waitFor({ state: 'hidden' });
  assert(await isAtEnd(alice));
});

test('the page holds a bounded part of a long log', FAST,
  async ({ open, join }) => {
    const { text } = await lines(join, 100);
    const alice = await open('alice');
    await alice.sees(text(99));
    const more = await lines(join, 900, 100);
    await alice.sees(more.text(999));
    assert(await alice.rows.count() <= 401);
    assert(await isAtEnd(alice));
  });
