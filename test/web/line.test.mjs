// Lines that begin with a slash.

import assert from 'node:assert/strict';
import test from 'node:test';
import { addressed, commandIn } from '../../web/line.js';

test('a word after a slash is a command, anything else is a text', () => {
  assert.deepEqual(commandIn('/who'), { name: 'who', rest: '' });
  assert.deepEqual(commandIn('/ME  waves\nand goes '),
    { name: 'me', rest: 'waves\nand goes' });
  for (const text of ['', 'who', ' /who', '/', '//who', '/usr/bin/env', '/ who',
    '/1', '/:', 'a /who'])
    assert.equal(commandIn(text), null, text);
});

test('who is addressed may have a name of several words', () => {
  const names = ['ann', 'Ann Lee', 'bob'];
  const told = [
    ['ann hi', 'ann', 'hi'],
    ['ann lee hi', 'Ann Lee', 'hi'],
    ['Ann Leeward', 'ann', 'Leeward'],
    ['@bob  hi\nthere ', 'bob', 'hi\nthere'],
    ['bob', 'bob', ''],
    ['carol hi', 'carol', 'hi'],
    ['', '', ''],
  ];
  for (const [rest, name, text] of told) {
    const found = addressed(rest, names);
    assert.equal(found.name.toLowerCase(), name.toLowerCase(), rest);
    assert.equal(found.text, text, rest);
  }
});
