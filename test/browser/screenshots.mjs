// Makes the pictures of the README anew, in man/, if the page looks different:
//
//     node test/browser/screenshots.mjs
//
// Three friends talk, one of them on a small dark screen.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chromium } from 'playwright-core';

if (process.argv.length > 2) {
  console.error('usage: node test/browser/screenshots.mjs');
  process.exit(2);
}

const server = spawn(process.env.CHATD ?? './chatd',
  ['-l', '127.0.0.1:0', '--message-rate', '0']);
const [line] = await once(server.stdout, 'data');
const base = String(line).match(/http:\S+/)[0];
const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
});

const open = async (name, width, height, colorScheme) => {
  const context = await browser.newContext({
    viewport: { width, height }, colorScheme, locale: 'en-GB',
  });
  const page = await context.newPage();
  await page.goto(base + name);
  await page.getByText('online').first().waitFor();
  return page;
};
const field = (page) => page.getByRole('textbox', { name: /^Write to/ });
const says = async (page, text) => {
  await field(page).fill(text);
  await field(page).press('Enter');
  await page.getByRole('log').getByText(text).waitFor();
};

const mira = await open('Mira', 1280, 800, 'light');
const jonas = await open('Jonas', 390, 844, 'dark');
const aiko = await open('Aiko', 1280, 800, 'light');

await says(aiko, 'Hello! Is anybody up for the lake on Saturday?');
await says(jonas, 'Always. The forecast says sun until five.');
await says(mira, 'I can bring the big tent and a grill.');
await says(mira, 'Who has the boat key?');
await says(jonas, 'Still on my kitchen table. I will not forget it this time. ' +
  'Really. I have put it into the bag already, next to the towels.');
await says(aiko, 'Then it is settled: Saturday at nine, at the station.');
await mira.getByRole('complementary').getByRole('button', { name: /Jonas/ })
  .click();
await says(mira, 'Psst: it is her birthday. Cake?');
await mira.getByRole('navigation').getByRole('button', { name: /Everyone/ })
  .click();
await says(jonas, 'Nine is early, but fine.');
await field(aiko).pressSequentially('I', { delay: 20 });
await mira.getByText('Aiko is typing').waitFor();
await mira.screenshot({ path: 'man/page.png' });
await jonas.screenshot({ path: 'man/page-dark.png' });

await browser.close();
server.kill('SIGTERM');
await once(server, 'exit');
