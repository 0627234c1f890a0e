// Every state of the page, in light and dark, wide and narrow: axe finds
// nothing to complain about.  With SHOTS=DIRECTORY, pictures of all go there.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { LOST, test } from './support.mjs';

const axe = readFileSync(
  createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const { SHOTS } = process.env;
const WIDTHS = SHOTS ? [320, 768, 1280, 1680] : [320, 1280];

async function look({ page }, name, widths = WIDTHS) {
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    for (const width of widths) {
      await page.setViewportSize({ width, height: 720 });
      await page.evaluate(() => new Promise(requestAnimationFrame));
      if (SHOTS)
        await page.screenshot(
          { path: `${SHOTS}/${name}-${width}-${colorScheme}.png` });
      await page.evaluate(axe);
      const { violations } = await page.evaluate(() => globalThis.axe.run());
      assert.deepEqual(violations.map(({ id, nodes }) =>
        [id, ...nodes.map(({ html, failureSummary }) =>
          `${html} ${failureSummary}`)]), [], `${name}, ${width}`);
    }
  }
  if (!SHOTS)
    return;
  await page.emulateMedia({ forcedColors: 'active' });
  await page.setViewportSize({ width: 1280, height: 720 });
  await page.screenshot({ path: `${SHOTS}/${name}-forced.png` });
  await page.emulateMedia({ forcedColors: 'none' });
}

const SAID = [
  ['Bob', 'Good morning. Has **anybody** seen the *new* plan?'],
  ['Bob', 'It is at https://example.com/plans/2031?draft=1#top, I think.'],
  ['Carol Maria', 'alice knows.\n> It is at https://example.com\nNot there.'],
  ['Bob', '- bread\n- butter\n  - salted\n- `jam`'],
  ['Bob', '```js\nfor (const line of lines) {\n  write(line); // ' +
    'as long as there are lines that are longer than the column is wide, ' +
    'and somewhat longer than that\n}\n```'],
  ['Carol Maria', '/me looks out of the window'],
  ['Carol Maria', '🎉🌍'],
  ['يوسف', 'صباح الخير، هل رأى أحد الخطة الجديدة؟'],
];

// alice, and what others have said to everyone and to her.
async function talk({ open, join }, options) {
  const clients = new Map();
  for (const name of new Set(SAID.map(([from]) => from)))
    clients.set(name, await join(name));
  for (const [from, text] of SAID) {
    clients.get(from).send({ type: 'message', text });
    await clients.get('Bob').frame('message', { text });
  }
  const alice = await open('alice', options);
  await alice.rows.nth(SAID.length - 1).waitFor();
  return { alice, bob: clients.get('Bob'), clients };
}

test('joining', async ({ visit }) => {
  const window = await visit('/');
  await window.page.getByLabel('Your name').fill('Bob');
  await look(window, 'join');
  await window.page.getByLabel('Your name').fill('a/b');
  await window.page.keyboard.press('Enter');
  await window.page.getByText('Names can\'t contain').waitFor();
  await look(window, 'join-fault');
});

test('nothing said yet', async ({ open }) => {
  const alice = await open('alice');
  await look(alice, 'empty');
});

test('talking', { limits: ['--grace', '0ms'] }, async (scene) => {
  const { alice, bob, clients } = await talk(scene);
  bob.send({ type: 'message', to: 'alice', text: 'Between us: it is lost.' });
  await alice.sees('Between us: it is lost.');
  await alice.say('I do not know it either.');
  await alice.sees('I do not know it either.');
  clients.get('Carol Maria').socket.close();
  await alice.log.getByText('Carol Maria left').waitFor();
  await scene.join('Dora');
  await alice.log.getByText('Dora joined, Carol Maria left').waitFor();
  bob.send({ type: 'typing', active: true });
  await look(alice, 'talk');
});

test('what is new', async (scene) => {
  const { alice, bob } = await talk(scene);
  const other = await scene.open('zoe', { beside: alice });
  await other.page.bringToFront();
  await alice.page.evaluate(() => {
    document.hasFocus = () => false;
    dispatchEvent(new Event('blur'));
  });
  for (const text of ['And now?', 'alice?', 'Hello?'])
    bob.send({ type: 'message', text });
  await alice.page.bringToFront();
  await alice.sees('Hello?');
  await alice.log.getByText('New', { exact: true }).waitFor();
  await look(alice, 'new');
  await alice.page.setViewportSize({ width: 1280, height: 400 });
  await alice.log.evaluate((e) => e.scrollTop = 0);
  await alice.page.getByRole('button', { name: /^Jump/ }).waitFor();
  await look(alice, 'pill');
});

test('in private', async (scene) => {
  const { alice, bob } = await talk(scene);
  await alice.person('Bob').click();
  await look(alice, 'private-empty');
  await alice.say('Hello Bob');
  bob.send({ type: 'message', to: 'alice', text: 'Hello Alice' });
  await alice.sees('Hello Alice');
  await look(alice, 'private');
});

test('offline, with what was not sent',
  { limits: ['--grace', '0ms'], tolerates: LOST }, async (scene) => {
    const network = await scene.proxy();
    const { alice, bob } = await talk(scene, { via: network });
    await alice.person('Bob').click();
    bob.socket.close();
    await alice.person('Bob').waitFor({ state: 'detached' });
    await alice.say('Are you there?');
    await alice.page.getByText('Not sent: Bob is offline').waitFor();
    network.refuse(true);
    network.cut();
    await alice.page.getByText('Reconnecting').waitFor();
    await alice.say('Later, then.');
    await alice.row('Later, then.').getByText('Sending').waitFor();
    await look(alice, 'offline');
  });

test('messages are missing', { tolerates: LOST }, async (scene) => {
  const { alice } = await talk(scene);
  await scene.server.stop('SIGKILL');
  await scene.server.restart();
  await alice.nudge();
  await alice.log.getByText('Messages are missing here').waitFor();
  await alice.page.getByText('Reconnecting').waitFor({ state: 'hidden' });
  await look(alice, 'gap');
});

test('drawers and the menu', async (scene) => {
  const { alice } = await talk(scene, { size: [320, 720] });
  const press = (name) =>
    alice.page.getByRole('button', { name, exact: true }).click();
  await press('Settings');
  await look(alice, 'menu');
  await alice.page.setViewportSize({ width: 320, height: 720 });
  await alice.page.keyboard.press('Escape');
  await press('People');
  await look(alice, 'people', [320]);
});

test('from right to left', async (scene) => {
  const { alice } = await talk(scene);
  await alice.page.evaluate(() => document.documentElement.dir = 'rtl');
  await look(alice, 'rtl');
});

test('refused for good', async ({ open, proxy }) => {
  const network = await proxy();
  const alice = await open('alice', { via: network });
  await alice.composer.fill('not yet said');
  network.rewrite = (bytes) => Buffer.from(
    bytes.toString().replace('GET /ws/alice', 'GET /ws/%2e'));
  network.cut();
  await alice.page.getByText('Code 4500').waitFor();
  await look(alice, 'error');
});
