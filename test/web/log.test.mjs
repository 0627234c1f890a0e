// What part of a long conversation is on the page, and older pages.

import assert from 'node:assert/strict';
import test from 'node:test';
import { extentOf } from '../../web/extent.js';
import { olderOf } from '../../web/older.js';

const entries = (n) =>
  Array.from({ length: n }, (_, i) => ({ epoch: 0, seq: i + 1 }));

test('the end is followed until one stays, then a bounded part is kept', () => {
  const extent = extentOf();
  extent.cover(entries(1000));
  assert.deepEqual(extent.range(), [800, 1000]);
  extent.cover(entries(1001));
  assert.deepEqual(extent.range(), [801, 1001]);
  extent.step(0);
  extent.cover(entries(2000));
  assert.deepEqual(extent.range(), [801, 1201]);
  extent.step(-1);
  assert.deepEqual(extent.range(), [701, 1101]);
  for (let i = 0; i < 9; i++)
    extent.step(-1);
  assert.deepEqual([extent.range(), extent.isFirst()], [[0, 400], true]);
  for (let i = 0; i < 16; i++)
    extent.step(1);
  assert.deepEqual([extent.range(), extent.isLast()], [[1600, 2000], true]);
  extent.follow();
  assert.deepEqual(extent.range(), [1800, 2000]);
});

test('a page that shows nothing leads on to the next, so many times', () => {
  let asked = 0;
  const older = olderOf(() => asked++);
  const log = { more: true, asking: false, oldest: 1e6 };
  older.ask({ live: true, log }, 5);
  for (let i = 0; i < 100; i++) {
    log.oldest -= 50;
    older.goOn({ live: true, log }, 5);
  }
  assert.equal(asked, 20);
  assert.equal(older.isWanted(), false);
  older.ask({ live: true, log }, 5);
  log.oldest -= 50;
  older.goOn({ live: true, log }, 6);
  assert.equal(asked, 21);
  assert.equal(older.isWanted(), false);
});
