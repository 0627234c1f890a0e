// The page itself: coming in, what it allows, how it is used.

import assert from 'node:assert/strict';
import { test } from './support.mjs';

// --- Coming in ---

test('the first page asks for a name, and remembers it', async ({ visit }) => {
  const { page, joined } = await visit('/');
  await page.getByText('There is no password').waitFor();
  await page.getByRole('textbox', { name: 'Your name' }).fill('Zoë Müller');
  await page.getByRole('button', { name: 'Join' }).click();
  await joined(1);
  assert.equal(new URL(page.url()).pathname, '/');
  await page.getByRole('link', { name: 'Change name' }).click();
  const name = page.getByRole('textbox', { name: 'Your name' });
  await name.waitFor();
  assert.equal(await name.inputValue(), 'Zoë Müller');
});

test('the address is that of the room, and the name stays with the window',
  async ({ visit, open }) => {
    const mira = await open('Mira');
    assert.equal(new URL(mira.page.url()).pathname, '/');
    await mira.page.reload();
    await mira.person('Mira (you)').waitFor();
    await mira.page.goto(mira.page.url());
    await mira.person('Mira (you)').waitFor();
    // Whoever gets the address is asked for a name, in this browser as well.
    const friend = await visit(new URL(mira.page.url()).pathname,
      { beside: mira });
    await friend.page.getByRole('textbox', { name: 'Your name' }).waitFor();
  });

test('where windows can keep nothing, the address keeps the name',
  async ({ open }) => {
    const { page, person } = await open('Mira', { script: () =>
      Object.defineProperty(globalThis, 'sessionStorage', { get() {
        throw new Error('forbidden');
      } }) });
    assert.equal(new URL(page.url()).pathname, '/Mira');
    await page.reload();
    await person('Mira (you)').waitFor();
  });

test('a name that is no path is a parameter', async ({ visit, join }) => {
  const direct = await visit('/?name=a%2Eb');
  await direct.person('a.b (you)').waitFor();
  const asked = await visit('/');
  await asked.page.getByRole('textbox', { name: 'Your name' }).fill('c.d');
  await asked.page.keyboard.press('Enter');
  await asked.person('c.d (you)').waitFor();
  const bob = await join('bob');
  const { names } = await bob.frame('users');
  assert.deepEqual(names, ['a.b', 'bob', 'c.d']);
});

test('a name that cannot be one is asked for again', async ({ visit }) => {
  const { page } = await visit('/a%20%20%25');
  await page.getByText('Names can\'t contain').waitFor();
  await page.getByRole('textbox', { name: 'Your name' }).fill('x'.repeat(33));
  await page.keyboard.press('Enter');
  await page.getByText('at most 32 letters').waitFor();
});

test('a name that the server refuses shows why, and keeps what was written',
  async ({ open, proxy }) => {
    const network = await proxy();
    const { page, composer } = await open('alice', { via: network });
    await composer.fill('not yet said');
    network.rewrite = (bytes) => Buffer.from(
      bytes.toString().replace('GET /ws/alice', 'GET /ws/%2e'));
    network.cut();
    await page.getByRole('heading', { name: 'This name can\'t be used here' })
      .waitFor();
    await page.getByText('Code 4500').waitFor();
    await page.getByText('not yet said').waitFor();
    await page.getByRole('link', { name: 'Choose another name' }).click();
    await page.getByRole('textbox', { name: 'Your name' }).waitFor();
  });

// --- What it allows ---

test('what people write is never markup', async ({ open, join }) => {
  const alice = await open('alice');
  const evil = '<img src=x onerror=alert(1)>';
  const bob = await join('<b>bob<');
  const texts = [
    evil, `<script>document.title = 'owned'</script>`,
    `[click](javascript:alert(1))`, 'javascript:alert(1)',
    `"><svg onload=alert(1)>`, '&lt;b&gt;', '**<i>x</i>** `<u>y</u>`',
  ];
  for (const text of texts)
    bob.send({ type: 'message', text });
  bob.send({ type: 'message', to: 'alice', text: evil });
  await alice.conversation('bob').waitFor();
  await alice.rows.nth(texts.length).waitFor();
  assert.equal(await alice.page.locator('img, script:not([src]), b, u, i')
    .count(), 0);
  assert.equal(await alice.page.locator('a[href^="javascript" i]').count(), 0);
  await alice.row(evil).first().waitFor();
  await alice.row('&lt;b&gt;').waitFor();
  assert.equal(await alice.page.title(), '(1) Everyone');
});

test('the page runs nothing that did not come with it',
  { tolerates: /Content Security Policy/ }, async ({ complaints, open }) => {
    const { page } = await open('alice');
    await page.evaluate(() => {
      const script = document.createElement('script');
      script.textContent = 'globalThis.owned = true';
      document.body.append(script);
      document.body.setAttribute('onclick', 'globalThis.owned = true');
      document.body.click();
      document.body.setAttribute('style', 'opacity: 0');
    });
    assert.equal(await page.evaluate(() => globalThis.owned), undefined);
    assert.equal(await page.evaluate(() =>
      getComputedStyle(document.body).opacity), '1');
    assert(complaints.length >= 3, 'the policy has spoken');
  });

// --- How it is used ---

test('a conversation by keyboard alone', async ({ visit, join }) => {
  const bob = await join('bob');
  const { page, joined, sees, composer } = await visit('/');
  const press = (key) => page.keyboard.press(key);
  const focused = () => page.locator(':focus');
  await page.keyboard.type('alice');
  await press('Enter');
  await joined(2);
  await page.keyboard.type('by hand');
  await press('Enter');
  await sees('by hand');

  const filter = page.getByRole('textbox', { name: 'Filter people' });
  while (!await filter.and(focused()).count())
    await press('Tab');
  await page.keyboard.type('bo');
  await press('ArrowDown');
  assert.equal(await focused().textContent(), 'Bbob');
  await press('Enter');
  await page.getByRole('textbox', { name: 'Write to bob, privately' })
    .and(focused()).waitFor();
  await page.keyboard.type('to you alone');
  await press('Enter');
  await bob.frame('message', { to: 'bob', text: 'to you alone' });

  const everyone = page.getByRole('button', { name: 'Everyone' });
  while (!await everyone.and(focused()).count())
    await press('Shift+Tab');
  await press('Enter');
  await page.keyboard.type('and back');
  await press('Enter');
  await bob.frame('message', { text: 'and back' });
  assert.equal((await bob.frame('message', { text: 'and back' })).to,
    undefined);
  assert.equal(await composer.getAttribute('placeholder'),
    'Write to everyone');
});

test('what was not sent, the settings, and the way back by keyboard alone',
  { limits: ['--grace', '0ms', '--message-rate', '0'] },
  async ({ open, join }) => {
    const bob = await join('bob');
    for (let i = 0; i < 40; i++)
      bob.send({ type: 'message', text: `line ${i}` });
    const { page, log, row, sees, say } = await open('alice');
    const press = (key) => page.keyboard.press(key);
    const reach = async (key, found) => {
      while (!await found.and(page.locator(':focus')).count())
        await press(key);
    };
    const button = (name) => page.getByRole('button', { name });
    await sees('line 39');
    bob.socket.close();
    await log.getByText('bob left').waitFor();

    await say('/msg bob hello?');
    const trouble = row('hello?').getByText('Not sent');
    await trouble.waitFor();
    await reach('Shift+Tab', button('Retry'));
    await press('Enter');
    await reach('Shift+Tab', button('Delete'));
    await press('Enter');
    await trouble.waitFor({ state: 'detached' });

    await reach('Shift+Tab', button('Settings'));
    await press('Enter');
    await reach('Tab', page.getByRole('radio', { name: 'Automatic' }));
    await press('ArrowDown');
    await page.locator('[data-theme=light]').waitFor();
    await press('Escape');
    await page.getByRole('radio').first().waitFor({ state: 'hidden' });

    await reach('Shift+Tab', button('Everyone'));
    await press('Enter');
    await reach('Shift+Tab', log);
    await press('Home');
    await reach('Tab', button(/^Jump to latest/));
    await press('Enter');
    await button(/^Jump to latest/).waitFor({ state: 'hidden' });
  });

test('a theme that was chosen stays, in all windows', async ({ open }) => {
  const alice = await open('alice', { colorScheme: 'light' });
  const other = await open('alice', { beside: alice, colorScheme: 'light' });
  await alice.page.bringToFront();
  const ground = ({ page }) =>
    page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await ground(alice);
  await alice.page.getByRole('button', { name: 'Settings' }).click();
  await alice.page.getByRole('radio', { name: 'Dark' }).check();
  const dark = await ground(alice);
  assert.notEqual(dark, light);
  await other.page.locator('[data-theme=dark]').waitFor();
  assert.equal(await ground(other), dark);
  await alice.page.reload();
  assert.equal(await ground(alice), dark);
  await alice.page.getByRole('button', { name: 'Settings' }).click();
  await alice.page.getByRole('radio', { name: 'Automatic' }).check();
  assert.equal(await ground(alice), light);
  await alice.page.emulateMedia({ colorScheme: 'dark' });
  assert.equal(await ground(alice), dark);
});

test('on a narrow page what is beside the room is in drawers',
  async ({ open, join }) => {
    await join('bob');
    const alice = await open('alice', { size: [390, 800] });
    const { page } = alice;
    const button = (name) => page.getByRole('button', { name });
    const bob = alice.person('bob');
    await bob.waitFor({ state: 'hidden' });
    await button('People').click();
    await bob.waitFor();
    assert(await alice.people.evaluate((e) =>
      e.contains(document.activeElement)), 'the focus went in');
    await page.keyboard.press('Escape');
    await bob.waitFor({ state: 'hidden' });
    assert(await button('People').evaluate((e) =>
      e === document.activeElement), 'the focus came back');
    await button('People').click();
    await bob.click();
    await bob.waitFor({ state: 'hidden' });
    await page.getByRole('heading', { name: 'bob' }).waitFor();
    await button('Conversations').click();
    await alice.conversation('Everyone').waitFor();
    await page.locator('#scrim').click({ position: { x: 380, y: 400 } });
    await alice.conversation('Everyone').waitFor({ state: 'hidden' });
    await button('Conversations').click();
    await alice.conversation('Everyone').click();
    await page.getByRole('heading', { name: 'Everyone' }).waitFor();
  });

test('nothing sticks out of a page of any width', async ({ open, join }) => {
  const bob = await join('W'.repeat(32));
  const address = `https://example.com/${'x'.repeat(300)}`;
  bob.send({ type: 'message', text: address });
  bob.send({ type: 'message', text: 'W'.repeat(200) });
  const { page, sees } = await open('alice');
  await sees('W'.repeat(200));
  for (const width of [320, 390, 768, 1280, 1680]) {
    await page.setViewportSize({ width, height: 700 });
    assert.deepEqual(await page.evaluate(() => {
      const parts = 'html, body, header, [role=log], .row, .text, form';
      return [...document.querySelectorAll(parts)]
        .filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth)
        .map((part) => part.outerHTML);
    }), [], `at ${width} px`);
  }
});
