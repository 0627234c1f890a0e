// What rows look like and say.

import assert from 'node:assert/strict';
import { test } from './support.mjs';

const OFF = ['--message-rate', '0', '--message-rate-per-address', '0',
  '--request-rate', '0', '--grace', '0ms', '--max-text', '20000'];

// The reader looks elsewhere, or back.
const look = ({ page }, isHere) => page.evaluate((is) => {
  document.hasFocus = () => is;
  dispatchEvent(new Event(is ? 'focus' : 'blur'));
}, isHere);

test('a little markdown shows', async ({ open, join }) => {
  const alice = await open('alice');
  const bob = await join('bob');
  bob.send({ type: 'message', text: '**b** *i* ~~s~~ `c` https://example.com ' +
    '[l](mailto:a@b.c)\n> q\n- one\n1. two\n```\nblock\n```' });
  await alice.rows.first().waitFor();
  const found = await alice.log.locator('.text *').evaluateAll((all) =>
    all.map((e) => `${e.localName} ${e.textContent}`));
  assert.deepEqual(found, ['strong b', 'em i', 's s', 'code c',
    'a https://example.com', 'a l', 'blockquote q', 'ul one', 'li one',
    'ol two', 'li two', 'div blockCopy', 'pre block', 'code block',
    'button Copy']);
  const links = await alice.log.locator('a').evaluateAll((all) =>
    all.map(({ href, rel, target }) => [href, rel, target]));
  assert.deepEqual(links, [
    ['https://example.com/', 'noopener noreferrer', '_blank'],
    ['mailto:a@b.c', 'noopener noreferrer', '_blank']]);
});

test('a block of code is copied by its button', async ({ open, join }) => {
  const alice = await open('alice');
  await alice.page.context().grantPermissions(['clipboard-read',
    'clipboard-write']);
  const bob = await join('bob');
  bob.send({ type: 'message', text: '```sh\nmake\n  make check\n```' });
  await alice.log.getByRole('button', { name: 'Copy' }).click();
  await alice.log.locator('.done').waitFor();
  assert.equal(await alice.page.evaluate(() => navigator.clipboard.readText()),
    'make\n  make check');
  await alice.page.context().clearPermissions();
});

test('the own name stands out, that of others does not',
  async ({ open, join }) => {
    const alice = await open('alice');
    const bob = await join('bob');
    for (const text of ['hello Alice!', '@alice: see', 'malice', 'bob?'])
      bob.send({ type: 'message', text });
    await alice.sees('bob?');
    assert.deepEqual(await alice.log.locator('mark').allTextContents(),
      ['Alice', '@alice']);
    assert.equal(await alice.log.locator('.row.mention').count(), 2);
    await alice.say('I am alice');
    await alice.sees('I am alice');
    assert.equal(await alice.log.locator('.row.mention').count(), 2);
  });

test('up to three emoji alone are large', async ({ open, join }) => {
  const alice = await open('alice');
  const bob = await join('bob');
  const large = ['👍', '👩‍👩‍👧‍👦', '🇩🇪 ❤️', '👍🏽👍🏿🎉'];
  const others = ['👍👍👍👍', 'ok 👍', '1', '12', '©'];
  for (const text of [...large, ...others])
    bob.send({ type: 'message', text });
  await alice.sees(others.at(-1));
  assert.deepEqual(await alice.log.locator('.emoji').allTextContents(), large);
});

test('/me is a line of its own', async ({ open, join }) => {
  const alice = await open('alice');
  const bob = await join('bob');
  for (const text of ['one', '/me waves to alice', 'two'])
    bob.send({ type: 'message', text });
  await alice.sees('two');
  const me = alice.rows.nth(1);
  assert.equal(await me.locator('.text').textContent(), 'bob waves to alice');
  assert.match(await alice.rows.nth(2).getAttribute('class'), /first/);
});

test('those who come and go are folded into one line', { limits: OFF },
  async ({ open, join }) => {
    const alice = await open('alice');
    const bob = await join('bob');
    const line = alice.log.locator('.crowd');
    await line.getByText('bob joined').waitFor();
    const carol = await join('carol');
    await line.getByText('2 joined').waitFor();
    carol.socket.close();
    await line.getByText('bob joined').waitFor();
    await join('dave');
    await line.getByText('2 joined').click();
    await alice.log.getByText('Joined: bob, dave').waitFor();
    assert.equal(await line.count(), 1);
    bob.send({ type: 'message', text: 'hello' });
    await alice.sees('hello');
    await join('eve');
    await alice.log.getByText('eve joined').waitFor();
    assert.equal(await line.count(), 2);
  });

test('a line says where reading stopped, and moves nothing',
  { limits: OFF }, async ({ open, join }) => {
    const alice = await open('alice');
    const bob = await join('bob');
    await alice.log.getByText('bob joined').waitFor();
    bob.send({ type: 'message', text: 'seen' });
    await alice.sees('seen');
    assert.equal(await alice.log.locator('.new').count(), 0);
    await look(alice, false);
    await join('carol');
    await alice.log.getByText('carol joined').waitFor();
    bob.send({ type: 'message', text: 'unseen' });
    bob.send({ type: 'message', text: 'neither' });
    await alice.sees('neither');
    await join('dave');
    await alice.log.getByText('dave joined').waitFor();
    const kinds = await alice.log.locator('.rows > *').evaluateAll((all) =>
      all.map((e) => e.className.split(' ')[0]));
    assert.deepEqual(kinds,
      ['day', 'crowd', 'row', 'crowd', 'new', 'row', 'row', 'crowd']);
    const flag = alice.log.getByText('New', { exact: true });
    assert.equal(await alice.log.locator('.new:not(.read)').count(), 1);
    assert.equal((await alice.log.locator('.new').boundingBox()).height, 0);
    const place = () => alice.row('unseen').boundingBox();
    const before = await place();
    await look(alice, true);
    await alice.log.locator('.new.read').waitFor({ state: 'attached' });
    assert.deepEqual(await place(), before);
    await alice.person('bob').click();
    await alice.conversation('Everyone').click();
    await alice.sees('unseen');
    assert.equal(await flag.count(), 0);
  });

test('at midnight today becomes yesterday', async ({ open }) => {
  const alice = await open('alice', { clock: true });
  await alice.say('late');
  await alice.sees('late');
  await alice.log.getByText('Today').waitFor();
  await alice.page.clock.fastForward('24:00:00');
  await alice.page.clock.runFor(5000);
  await alice.log.getByText('Yesterday').waitFor();
  assert.equal(await alice.log.getByText('Today').count(), 0);
});

test('a click on a name writes it at the caret', async ({ open, join }) => {
  const alice = await open('alice');
  const bob = await join('bob');
  bob.send({ type: 'message', text: 'hello' });
  const row = await alice.sees('hello');
  await alice.composer.fill('hi, how are you?');
  await alice.composer.evaluate((e) => e.setSelectionRange(4, 4));
  await row.locator('.name').click();
  await alice.page.keyboard.type('and ');
  assert.equal(await alice.composer.inputValue(),
    'hi, @bob and how are you?');
});

test('rows that are copied read as a transcript', async ({ open, join }) => {
  const alice = await open('alice');
  const bob = await join('bob');
  for (const text of ['one **two**', 'three\n- four', 'five'])
    bob.send({ type: 'message', text });
  await alice.say('six');
  await alice.sees('six');
  const copied = await alice.log.evaluate((log) => {
    getSelection().selectAllChildren(log.querySelector('.rows'));
    const clipboardData = new DataTransfer();
    log.querySelector('.text').dispatchEvent(new ClipboardEvent('copy',
      { clipboardData, bubbles: true, cancelable: true }));
    return clipboardData.getData('text/plain');
  });
  const said = copied.split('\n').filter((line) => !line.includes('joined'));
  const time = '.*\\d:\\d\\d:\\d\\d.*';
  assert.match(said.join('\n'), new RegExp('^Today\n' +
    `bob, ${time}: one \\*\\*two\\*\\*\nbob, ${time}: three\n- four\n` +
    `bob, ${time}: five\nalice, ${time}: six$`));
});

// --- Hostile text ---

const MARKS = 'Z' + '\u0301\u0316'.repeat(5000);
const HOSTILE = {
  'bidi overrides': `\u202e\u2067${'gnorw '.repeat(20)}`,
  'ten thousand marks': MARKS,
  'one long word': 'W'.repeat(4000),
  'one long address': `https://example.com/${'x'.repeat(4000)}`,
  'scripts': '<script>document.title = "owned"</script><img src=x>',
  'links that are none': '[a](javascript:alert(1)) javascript:alert(1)',
  'emoji sequences': '👩‍👩‍👧‍👦'.repeat(500),
  'joiners and selectors': '\u200d\ufe0f'.repeat(2000) + 'x',
  'deep quotes': '> '.repeat(5000),
  'many marks': '**a*b_c~~'.repeat(2000),
  'a wide block': '```\n' + 'x'.repeat(9000) + '\n```',
  'many lists': '1. a\n- b\n'.repeat(1000),
  'many lines': `a${'\n'.repeat(3000)}b`,
};

test('a text of many lines scrolls in its row, by keyboard, too',
  async ({ open, join }) => {
    const alice = await open('alice');
    const bob = await join('bob');
    const lines = Array.from({ length: 101 }, (_, i) => `line ${i}`);
    bob.send({ type: 'message', text: lines.slice(1).join('\n') });
    bob.send({ type: 'message', text: lines.join('\n') });
    await alice.rows.nth(1).waitFor();
    const [all, part] = await alice.rows.locator('.text').all();
    const isCut = (text) =>
      text.evaluate((e) => e.scrollHeight > e.clientHeight);
    assert.deepEqual([await isCut(all), await isCut(part)], [false, true]);
    await part.focus();
    await alice.page.keyboard.press('End');
    await alice.page.waitForFunction((e) =>
      e.scrollTop + e.clientHeight >= e.scrollHeight - 1,
    await part.elementHandle());
  });

test('hostile text stays in its row', { limits: OFF },
  async ({ open, join }) => {
    const alice = await open('alice', { size: [390, 800] });
    const bob = await join('bob');
    for (const text of Object.values(HOSTILE)) {
      bob.send({ type: 'message', text });
      bob.send({ type: 'message', text: 'then' });
    }
    await alice.rows.nth(2 * Object.keys(HOSTILE).length - 1).waitFor();
    for (const [i, name] of Object.keys(HOSTILE).entries()) {
      const isWithin = await alice.rows.nth(2 * i).evaluate((row) => {
        const log = document.querySelector('[role=log]');
        const text = row.querySelector('.text');
        const [a, b] = [row, text].map((e) => e.getBoundingClientRect());
        return log.scrollWidth <= log.clientWidth &&
          row.scrollWidth <= row.clientWidth && b.right <= a.right &&
          b.left >= a.left && b.bottom <= a.bottom + 1 &&
          getComputedStyle(text).overflowY !== 'visible' &&
          document.documentElement.scrollWidth <= innerWidth;
      });
      assert(isWithin, name);
      const next = alice.rows.nth(2 * i + 1).locator('.text');
      assert.equal(await next.textContent(), 'then');
      assert.equal(await next.evaluate((e) => getComputedStyle(e).direction),
        'ltr');
    }
    assert.equal(await alice.log.locator('script, img, [href^=java]').count(),
      0);
    assert(await alice.log.locator('*').count() < 8000, 'bounded nodes');
  });
