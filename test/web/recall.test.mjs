// Sent lines, brought back.

import assert from 'node:assert/strict';
import test from 'node:test';
import { recallOf } from '../../web/recall.js';

test('lines come back from the last to the first, and forth', () => {
  const recall = recallOf();
  assert.equal(recall.go('', -1), undefined);
  recall.add('one');
  recall.add('two');
  assert.equal(recall.go('', -1), 'two');
  assert.equal(recall.go('two', -1), 'one');
  assert.equal(recall.go('one', -1), undefined);
  assert.equal(recall.go('one', 1), 'two');
  assert.equal(recall.go('two', 1), '');
  assert.equal(recall.go('', 1), undefined);
});

test('a line that was changed is not replaced', () => {
  const recall = recallOf();
  recall.add('one');
  assert.equal(recall.go('', -1), 'one');
  assert.equal(recall.go('one!', -1), undefined);
  assert.equal(recall.go('', -1), 'one');
});
