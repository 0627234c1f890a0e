// Names that were begun, and completed.

import assert from 'node:assert/strict';
import test from 'node:test';
import { completer, completions } from '../../web/completer.js';

test('names are completed in the order given, each user once', () => {
  const names = ['bob', 'Bert', 'BOB', 'carol', 'Bob Two'];
  assert.deepEqual(completions('b', names), ['bob', 'Bert', 'Bob Two']);
  assert.deepEqual(completions('BO', names), ['bob', 'Bob Two']);
  assert.deepEqual(completions('@be', names), ['@Bert']);
  assert.deepEqual(completions('@', ['a', 'b']), ['@a', '@b']);
  assert.deepEqual(completions('x', names), []);
});

test('Tab goes round the names, and starts anew after another word', () => {
  const complete = completer();
  const names = () => ['beb', 'bob'];
  assert.deepEqual(complete('hello b', names), { start: 6, name: 'beb' });
  assert.deepEqual(complete('hello beb ', names), { start: 6, name: 'bob' });
  assert.deepEqual(complete('hello bob ', names), { start: 6, name: 'beb' });
  assert.deepEqual(complete('@bo', names), { start: 0, name: '@bob' });
  // Where there is one, Tab after it is a Tab.
  assert.equal(complete('@bob ', names), null);
  assert.equal(complete('', names), null);
});
