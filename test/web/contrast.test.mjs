// The colours of style.css, in both schemes: whoever reads can read them.
// Ratios are those of WCAG 2.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';

const css = readFileSync(new URL('../../web/style.css', import.meta.url),
  'utf8');

// Tokens and names: { bg: ['#ffffff', '#161a1e'], ..., n0: [...], ... }
const colours = {};
const token = /--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);/g;
for (const [, name, light, dark] of css.matchAll(token))
  if (name !== 'n')
    colours[name] = [light, dark];
const named =
  /\.(n\d+) \{ --n: light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\); \}/g;
for (const [, name, light, dark] of css.matchAll(named))
  colours[name] = [light, dark];

const SCHEMES = ['light', 'dark'];
const SURFACES = ['bg', 'side', 'raised', 'hover', 'row', 'selected',
  'mention-bg', 'private-bg'];
const TEXTS = ['text', 'muted', 'accent', 'danger', 'mention-text', 'private'];
const NAMES = Array.from({ length: 12 }, (_, i) => `n${i}`);

const channels = (hex) =>
  [1, 3, 5].map((i) => Number.parseInt(hex.slice(i, i + 2), 16));

function luminance(rgb) {
  const [r, g, b] = rgb.map((c) => c / 255)
    .map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function ratio(a, b) {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
}

const colourOf = (name, scheme) => {
  assert.ok(colours[name], `${name} is defined`);
  return channels(colours[name][SCHEMES.indexOf(scheme)]);
};

function holds(name, ground, least, scheme) {
  const got = ratio(colourOf(name, scheme), colourOf(ground, scheme));
  assert.ok(got >= least,
    `${name} on ${ground}, ${scheme}: ${got.toFixed(2)} < ${least}`);
}

test('the ratio is the one of WCAG', () => {
  assert.equal(ratio([0, 0, 0], [255, 255, 255]), 21);
  assert.equal(ratio([9, 9, 9], [9, 9, 9]), 1);
  const grey = channels('#767676'); // the lightest that may stand on white
  assert.equal(ratio(grey, [255, 255, 255]).toFixed(2), '4.54');
});

for (const scheme of SCHEMES) {
  test(`${scheme}: text can be read on every surface`, () => {
    for (const name of TEXTS)
      for (const ground of SURFACES)
        holds(name, ground, 4.5, scheme);
    holds('on-accent', 'accent', 4.5, scheme);
    holds('on-accent', 'danger', 4.5, scheme);
    holds('text', 'line', 4.5, scheme);
  });

  test(`${scheme}: names can be read on every surface`, () => {
    for (const name of NAMES)
      for (const ground of SURFACES)
        holds(name, ground, 4.5, scheme);
  });

  test(`${scheme}: an initial can be read on its tint`, () => {
    const share = scheme === 'light' ? 0.12 : 0.18;
    assert.ok(css.includes(`var(--n) ${share * 100}%, var(--bg)`));
    for (const name of [...NAMES, 'muted']) {
      const colour = colourOf(name, scheme);
      const tint = colourOf('bg', scheme)
        .map((c, i) => c * (1 - share) + colour[i] * share);
      assert.ok(ratio(colour, tint) >= 4.5, name);
    }
  });

  test(`${scheme}: bars, dots and borders can be seen`, () => {
    for (const ground of SURFACES) {
      holds('mention', ground, 3, scheme);
      holds('ok', ground, 3, scheme);
    }
    // Fields and buttons have this border, and stand on these.
    for (const ground of ['bg', 'side', 'raised', 'private-bg'])
      holds('edge', ground, 3, scheme);
  });
}

test('there is no colour but the tokens and two shadows', () => {
  const rest = css.replace(token, '').replace(named, '');
  const others = new Set(rest.match(/#[0-9a-f]{3,8}\b|\b(rgb|hsl)a?\(/g));
  assert.deepEqual([...others].sort(), ['#0002', '#0004']);
});
