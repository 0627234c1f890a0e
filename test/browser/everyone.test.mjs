// The page is for everyone: whatever they see, hear, press, prefer.

import assert from 'node:assert/strict';
import { test } from './support.mjs';

const isInView = (element) => element.evaluate((e) => {
  const { left, top, right, bottom, width } = e.getBoundingClientRect();
  return width > 0 && left >= 0 && top >= 0 && right <= innerWidth &&
    bottom <= innerHeight;
});

test('rows of one sender are grouped, and days are told apart',
  async ({ open, join }) => {
    const bob = await join('bob');
    const carol = await join('carol');
    for (const text of ['one', 'two'])
      bob.send({ type: 'message', text });
    await bob.frame('message', { text: 'two' });
    carol.send({ type: 'message', text: 'three' });
    const alice = await open('alice');
    const row = await alice.sees('three');
    const isNamed = await alice.rows.evaluateAll((rows) => rows.map((e) =>
      e.querySelector('.name').getBoundingClientRect().width > 1));
    assert.deepEqual(isNamed, [true, false, true]);
    await alice.log.getByText('Today').waitFor();
    const time = row.locator('time');
    const { time: told } = await carol.frame('message', { text: 'three' });
    assert.equal(await time.getAttribute('datetime'),
      new Date(told).toISOString());
    const title = await time.getAttribute('title');
    assert(title.includes(new Date(told).getFullYear()), title);
    assert.notEqual(await time.textContent(), title);
  });

test('a name has one colour in all its spellings and places',
  async ({ open, join }) => {
    const bob = await join('Bob');
    const alice = await open('alice');
    bob.send({ type: 'message', text: 'hello' });
    const row = await alice.sees('hello');
    const colour = (found) =>
      found.evaluate((e) => getComputedStyle(e).color);
    const shown = await colour(row.locator('.name'));
    assert.equal(await colour(alice.person('Bob').locator('.initial')), shown);
    await alice.page.emulateMedia({ colorScheme: 'dark' });
    const dark = await colour(row.locator('.name'));
    assert.equal(await colour(alice.person('Bob').locator('.initial')), dark);
  });

test('what is said aloud has its role', async ({ open, visit }) => {
  const alice = await open('alice', { size: [1280, 720] });
  assert.equal(await alice.page.getByRole('log').count(), 1);
  assert.equal(await alice.log.getAttribute('aria-label'), 'Messages');
  assert(await alice.page.locator('[role=status]').count() > 0);
  const { page } = await visit('/a%20%20%25');
  await page.getByRole('alert').getByText('A name cannot hold that').waitFor();
});

test('the focus is seen wherever it goes', async ({ open, join }) => {
  await join('bob');
  const alice = await open('alice');
  const seen = new Set();
  for (let i = 0; i < 20; i++) {
    await alice.page.keyboard.press('Tab');
    const [name, isSeen] = await alice.page.evaluate(() => {
      const e = document.activeElement;
      const box = e.closest('.box') ?? e;
      const { outlineStyle, outlineWidth } = getComputedStyle(
        e.matches('textarea') ? box : e);
      return [e.id || e.ariaLabel || e.textContent || e.localName,
        e === document.body ||
        (outlineStyle !== 'none' && parseFloat(outlineWidth) >= 1)];
    });
    assert(isSeen, name);
    seen.add(name);
  }
  assert(seen.size >= 8, [...seen].join());
});

for (const [what, width, height] of [
  ['a small phone', 320, 568], ['a phone with its keyboard', 390, 300],
  ['a screen at 200 %', 640, 360], ['a phone on its side', 740, 300]])
  test(`one can read and write on ${what}`, async ({ open, join }) => {
    const bob = await join('bob');
    const alice = await open('alice', { size: [width, height] });
    bob.send({ type: 'message', text: 'can you read me?' });
    assert(await isInView(await alice.sees('can you read me?')));
    assert(await isInView(alice.composer));
    await alice.composer.fill('yes\n'.repeat(30));
    assert(await isInView(alice.composer));
    assert(await isInView(alice.page.getByRole('button', { name: 'Send' })));
    assert(await isInView(alice.page.getByRole('heading',
      { name: 'Everyone' })));
    await alice.composer.press('Enter');
    assert.equal(await alice.page.evaluate(() =>
      document.documentElement.scrollWidth), width);
  });

test('who wants no motion gets none', async ({ open }) => {
  const alice = await open('alice', { size: [390, 800] });
  await alice.page.emulateMedia({ reducedMotion: 'reduce' });
  const moving = await alice.page.locator('*').evaluateAll((all) =>
    all.filter((e) => parseFloat(getComputedStyle(e).transitionDuration) > 0)
      .map((e) => e.outerHTML));
  assert.deepEqual(moving, []);
  assert.equal(await alice.log.evaluate((e) =>
    getComputedStyle(e).scrollBehavior), 'auto');
});

test('forced colours leave nothing invisible', async ({ open, join }) => {
  const bob = await join('bob');
  const alice = await open('alice');
  await alice.page.emulateMedia({ forcedColors: 'active' });
  bob.send({ type: 'message', text: 'hello alice, look at `this`' });
  await alice.rows.first().waitFor();
  const [ground, ...colours] = await alice.page.evaluate(() => [
    getComputedStyle(document.body).backgroundColor,
    ...['.text', 'mark', 'code', '.name', 'time', '.initial']
      .map((one) => getComputedStyle(document.querySelector(`.row ${one}`)))
      .map(({ color }) => color)]);
  assert(!colours.includes(ground), colours.join());
  assert.notEqual(await alice.page.locator('.row .initial').evaluate((e) =>
    getComputedStyle(e).borderStyle), 'none');
});

test('each text has its own direction', async ({ open, join }) => {
  const bob = await join('bob');
  const alice = await open('alice');
  for (const text of ['hello', 'שלום', '\u202eabc'])
    bob.send({ type: 'message', text });
  await alice.sees('שלום');
  await alice.rows.nth(2).waitFor();
  assert.deepEqual(await alice.log.locator('.text').evaluateAll((all) =>
    all.map((e) => getComputedStyle(e).direction)), ['ltr', 'rtl', 'ltr']);
  await alice.page.evaluate(() => document.documentElement.dir = 'rtl');
  const [row, initial] = await Promise.all(
    [alice.rows.first(), alice.rows.first().locator('.initial')]
      .map((e) => e.boundingBox()));
  assert(initial.x > row.x + row.width / 2, 'the row is mirrored');
});

test('the page can be installed', async ({ visit }) => {
  const { page } = await visit('/');
  const href = await page.locator('link[rel=manifest]').getAttribute('href');
  const found = await page.evaluate(async (address) => {
    const manifest = await (await fetch(address)).json();
    const icons = await Promise.all(manifest.icons.map(async ({ src }) =>
      (await fetch(new URL(src, new URL(address, location)))).ok));
    return { ...manifest, icons };
  }, href);
  assert(found.name && found.start_url && found.display === 'standalone');
  assert(found.icons.length > 0 && found.icons.every(Boolean));
});
