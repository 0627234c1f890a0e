// What one reads stays where it is.

import assert from 'node:assert/strict';
import { test } from './support.mjs';

const FAST = { limits: ['--message-rate', '0', '--message-burst', '0',
  '--message-rate-per-address', '0'] };

// bob has said n lines, of which some are long.
async function lines(join, n, from = 0) {
  const bob = await join('bob');
  const text = (i) => `line ${i}${' and so on'.repeat(i % 20)}`;
  for (let i = from; i < from + n; i++) {
    bob.send({ type: 'message', text: text(i) });
    if (i % 1000 === 999) // a reader must not lag
      await bob.frame('message', { text: text(i) });
  }
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
    await alice.page.getByText('This is the beginning of the chat').waitFor();
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

test('what one reads stays when the composer grows and the page shrinks', FAST,
  async ({ open, join }) => {
    const { text } = await lines(join, 40);
    const alice = await open('alice');
    await alice.sees(text(39));
    // Of a scroll before it one may hear after it.
    const shrink = (height) => alice.log.evaluate((e, px) => {
      document.body.style.height = px;
      e.dispatchEvent(new Event('scroll'));
    }, `${height}px`);
    await alice.composer.fill('\n'.repeat(5));
    await shrink(400);
    await alice.page.waitForFunction((e) =>
      e.scrollHeight - e.clientHeight - e.scrollTop < 1,
    await alice.log.elementHandle());
    await alice.composer.fill('');
    await scroll(alice, 300);
    await pill(alice).waitFor();
    const before = await inView(alice);
    await alice.composer.fill('\n'.repeat(5));
    await shrink(300);
    await alice.page.evaluate(() => new Promise(requestAnimationFrame));
    assert.deepEqual(await inView(alice), before);
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

// Counts what the page makes and measures, and the most rows that it held.
const counting = () => {
  const work = globalThis.work = { made: 0, measured: 0, most: 0 };
  const { createElement } = document;
  document.createElement = (name) => {
    work.made++;
    return createElement.call(document, name);
  };
  const { getBoundingClientRect } = Element.prototype;
  Element.prototype.getBoundingClientRect = function measure() {
    work.measured++;
    return getBoundingClientRect.call(this);
  };
  new MutationObserver(() => work.most = Math.max(work.most,
    document.querySelectorAll('.rows > *').length))
    .observe(document, { childList: true, subtree: true });
};

test('ten thousand rows are no more work than a hundred', FAST,
  async ({ open, join }) => {
    const { bob, text } = await lines(join, 10000);
    const alice = await open('alice', { script: counting });
    await alice.sees(text(9999));
    const work = async (call) => {
      await alice.page.evaluate(() =>
        Object.assign(globalThis.work, { made: 0, measured: 0 }));
      await call();
      return alice.page.evaluate(() => ({ ...globalThis.work }));
    };
    let said = 0;
    const say = async () => {
      const one = `more ${said++}`;
      bob.send({ type: 'message', text: one });
      await alice.sees(one);
    };
    const few = await work(say);
    await alice.log.evaluate(async (log) => {
      while (log.querySelector('.top .note').hidden) {
        log.scrollTop = 0;
        await new Promise(requestAnimationFrame);
      }
    });
    assert.equal(await alice.rows.first().locator('.text').textContent(),
      text(0));
    await pill(alice).click();
    await pill(alice).waitFor({ state: 'hidden' });
    const many = await work(say);
    assert.equal(many.made, few.made);
    assert(many.measured <= few.measured, 'nothing is measured at the end');
    assert(many.most <= 420, `${many.most} rows at once`);
  });

test('older messages of a private conversation come, however far they are',
  FAST, async ({ open, join }) => {
    const bob = await join('bob');
    const alice = await open('alice');
    await alice.joined(2);
    bob.send({ type: 'message', to: 'alice', text: 'long ago' });
    const { bob: other, text } = await lines(join, 1500);
    bob.send({ type: 'message', to: 'alice', text: 'just now' });
    await bob.frame('message', { text: 'just now' });
    await alice.sees('just now');
    await alice.page.reload();
    await alice.sees(text(1499));
    await alice.conversation('bob').click();
    await alice.sees('just now');
    assert.deepEqual(await alice.texts(1), ['just now']);
    await alice.page.getByRole('button', { name: 'Load older messages' })
      .click();
    await alice.row('long ago').waitFor();
    await alice.page.getByText('This is the beginning of the chat').waitFor();
    other.socket.close();
  });

test('what lives is announced, what is past is not', FAST,
  async ({ open, join }) => {
    const { bob, text } = await lines(join, 200);
    // What a screen reader is told: what comes while the log is polite.
    const alice = await open('alice', { script: () => {
      globalThis.told = [];
      new MutationObserver((changes) => {
        for (const { addedNodes } of changes)
          for (const node of addedNodes)
            if (node.closest?.('[role=log][aria-live=polite] .rows'))
              globalThis.told.push([...node.querySelectorAll(
                ':scope > :not([aria-hidden])')].map((e) => e.textContent)
                .join(''));
      }).observe(document, { childList: true, subtree: true });
    } });
    const told = () => alice.page.evaluate(() => globalThis.told);
    await alice.sees(text(199));
    assert.deepEqual(await told(), []);
    bob.send({ type: 'message', text: 'live' });
    await alice.sees('live');
    assert.match((await told()).join(), /^bob, \d+:\d\d(\s[AP]M)?: live$/);
    await scroll(alice, 0);
    await alice.row(text(60)).waitFor({ state: 'attached' });
    await scroll(alice, 0);
    await alice.row(text(0)).waitFor({ state: 'attached' });
    await pill(alice).click();
    await pill(alice).waitFor({ state: 'hidden' });
    assert.equal((await told()).length, 1);
    await alice.person('bob').click();
    await alice.conversation('Everyone').click();
    await alice.sees('live');
    assert.equal((await told()).length, 1);
  });
