// How the page gets into the browser.

import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { test } from './support.mjs';

const WEB = fileURLToPath(new URL('../../web', import.meta.url));

const isPage = (path) => !path.startsWith('/ws/');

test('a reload asks for the page alone, and is told that it is the same',
  async ({ open, proxy }) => {
    const network = await proxy();
    const { page, joined } = await open('alice', { via: network });
    assert(network.requests.filter(isPage).length > 10);
    // The address is another one by now, under which the page is not known yet.
    await page.reload();
    await joined();
    const devtools = await page.context().newCDPSession(page);
    const answers = [];
    devtools.on('Network.responseReceivedExtraInfo', ({ statusCode }) =>
      answers.push(statusCode));
    await devtools.send('Network.enable');
    network.requests.length = 0;
    await page.reload();
    await joined();
    await page.locator('#people-button .icon').waitFor();
    assert.deepEqual(network.requests.filter(isPage), ['/']);
    assert(answers.includes(304));
  });

test('the page comes compressed', async ({ open }) => {
  const { page } = await open('alice');
  const sizes = await page.evaluate(() => performance
    .getEntriesByType('resource').filter(({ name }) => name.endsWith('.js'))
    .map(({ encodedBodySize, decodedBodySize }) =>
      [encodedBodySize, decodedBodySize]));
  assert(sizes.length > 10);
  for (const [encoded, decoded] of sizes)
    assert(encoded < decoded, `${encoded} of ${decoded} bytes`);
});

test('all of the page is less than 100 KB', async ({ server, open }) => {
  const { page } = await open('alice');
  const folder = await page.locator('script').first()
    .evaluate(({ src }) => new URL('.', src).pathname);
  const sizes = await Promise.all(readdirSync(WEB).map(async (name) => {
    const path = name === 'index.html' ? '/' : `${folder}${name}`;
    const answer = await fetch(`http://127.0.0.1:${server.port}${path}`);
    assert(answer.ok, path);
    return (await answer.arrayBuffer()).byteLength;
  }));
  const sum = sizes.reduce((a, b) => a + b);
  assert(sum > 50000 && sum < 100000, `${sum} bytes`);
});

test('the page works from a folder, too', { limits: ['--web', WEB] },
  async ({ open, join }) => {
    const bob = await join('bob');
    const alice = await open('alice');
    await alice.say('from a folder');
    await bob.frame('message', { text: 'from a folder' });
    const { id } = await alice.page.evaluate(async () =>
      (await fetch(document.querySelector('link[rel=manifest]').href)).json());
    assert.equal(id, '/');
  });
