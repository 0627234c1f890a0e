// The page is for everyone: whatever they see, hear, press, prefer.

import assert from 'node:assert/strict';
import { LOST, test } from './support.mjs';

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

test('times are those of the place where one reads', async ({ open, join }) => {
  const bob = await join('bob');
  bob.send({ type: 'message', text: 'what time is it?' });
  const { time } = await bob.frame('message');
  const { page, sees } = await open('alice');
  const devtools = await page.context().newCDPSession(page);
  for (const timeZone of ['Asia/Kathmandu', 'America/St_Johns']) {
    await devtools.send('Emulation.setTimezoneOverride',
      { timezoneId: timeZone });
    await page.reload();
    const row = await sees('what time is it?');
    const [told] = /\d+:\d\d/.exec(new Intl.DateTimeFormat('en-US',
      { timeStyle: 'short', timeZone }).format(time));
    assert(await row.locator('time').getByText(told).count(), told);
  }
  await devtools.detach();
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

test('what is said aloud has its role',
  { limits: ['--grace', '0ms', '--max-text', '20'], tolerates: LOST },
  async ({ open, join, proxy, visit }) => {
    const network = await proxy();
    const bob = await join('bob');
    const { page, log, composer, person, people, say } =
      await open('alice', { via: network });
    const tells = (role, text, where = page) =>
      where.getByRole(role).getByText(text).waitFor();
    assert.equal(await page.getByRole('log').count(), 1);
    assert.equal(await log.getAttribute('aria-label'), 'Messages');
    await say('/help');
    await tells('status', '/msg name text');
    await composer.fill('x'.repeat(25));
    await tells('status', '5 over the limit');
    await person('bob').click();
    bob.socket.close();
    await person('bob').waitFor({ state: 'detached' });
    await say('hello?');
    await tells('alert', 'Not sent: bob is offline', log);
    await people.getByRole('textbox').fill('zoe');
    await tells('status', 'No one matches “zoe”');
    network.refuse(true);
    network.cut();
    await tells('status', 'Reconnecting');
    const nobody = await visit('/a%20%20%25');
    await tells('alert', 'Names can\'t contain', nobody.page);
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

test('the keyboard of a phone covers nothing, and one may zoom',
  async ({ visit }) => {
    const { page } = await visit('/');
    const viewport = await page.locator('meta[name=viewport]')
      .getAttribute('content');
    assert.match(viewport, /\binteractive-widget=resizes-content\b/);
    assert.doesNotMatch(viewport, /user-scalable|maximum-scale/);
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

test('names and what one writes have their own direction',
  async ({ open, join }) => {
    const name = 'שלום';
    const bob = await join(name);
    const { page, composer, person, sees } = await open('alice');
    bob.send({ type: 'message', text: 'hello' });
    await sees('hello');
    await person(name).click();
    await page.getByRole('heading', { name }).waitFor();
    await composer.fill(name);
    assert.equal(await composer.evaluate((e) => getComputedStyle(e).direction),
      'rtl');
    bob.send({ type: 'message', to: 'alice', text: 'hello, alice' });
    await sees('hello, alice');
    const kinds = await page.locator('body *').evaluateAll((all, text) =>
      all.filter((e) => e.textContent === text && !e.firstElementChild)
        .map((e) => getComputedStyle(e).unicodeBidi), name);
    // In the header, both lists, and the log.
    assert.deepEqual(kinds, Array(4).fill('isolate'));
  });

// Whatever comes from the catalogue has a sign behind it then.
const SIGN = `
  const sign = (said) => {
    for (const [key, value] of Object.entries(said))
      if (typeof value === 'object')
        sign(value);
      else
        said[key] = typeof value === 'string' ? value + '§'
          : (...rest) => value(...rest) + '§';
  };
  sign(texts);
  sign(times);`;

test('all words of the page are in one catalogue',
  { limits: ['--grace', '0ms'] }, async ({ visit, join }) => {
    const bob = await join('bob');
    bob.send({ type: 'message', text: 'hello' });
    const { page, log, composer, person, conversation, say } =
      await visit('/');
    await page.route('**/texts.js', async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, body: await response.text() + SIGN });
    });
    const unsigned = () => page.locator('body :not(noscript, noscript *)')
      .evaluateAll((all) => [...new Set(all
        .flatMap((e) => [e.ariaLabel, e.title, e.placeholder,
          ...[...e.childNodes].filter((node) => node instanceof Text)
            .map(({ data }) => data)])
        .filter((text) => /\p{L}[^§]*$/u.test(text ?? '')))].sort());
    await page.reload();
    await page.getByText('Join§').waitFor();
    assert.deepEqual(await unsigned(), []);

    await page.getByRole('textbox').fill('alice');
    await page.keyboard.press('Enter');
    await log.getByText('Today§').waitFor();
    bob.send({ type: 'message', to: 'alice', text: 'psst' });
    await log.getByText('private, to you§').waitFor();
    await person('bob').click();
    bob.send({ type: 'typing', to: 'alice', active: true });
    await page.getByText('bob is typing§').waitFor();
    bob.socket.close();
    await person('bob').waitFor({ state: 'detached' });
    await say('hello?');
    await log.getByText('Not sent').waitFor();
    await conversation('Everyone').click();
    await log.getByText('bob left§').waitFor();
    await say('/help');
    await composer.fill('x'.repeat(4001));
    await page.getByText('1 over the limit§').waitFor();
    assert.deepEqual(await unsigned(),
      ['A', 'B', 'alice', 'bob', 'hello', 'hello?', 'psst']);
    assert.equal(await page.title(), 'Everyone§');
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
  const devtools = await page.context().newCDPSession(page);
  const { errors } = await devtools.send('Page.getAppManifest');
  const { installabilityErrors } =
    await devtools.send('Page.getInstallabilityErrors');
  assert.deepEqual(errors, []);
  assert.deepEqual(installabilityErrors.map(({ errorId }) => errorId)
    .filter((id) => id !== 'in-incognito'), []);
});
