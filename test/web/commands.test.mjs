// What the commands do.

import assert from 'node:assert/strict';
import test from 'node:test';
import { obey } from '../../web/commands.js';

// A reader who writes down what is to be done.
function readerOf() {
  const done = [];
  return {
    done,
    names: () => ['Bob Two', 'bob'],
    online: () => ['alice', 'bob'],
    say: (text) => void done.push(['say', text]),
    open: (name) => void done.push(['open', name]),
    clear: () => void done.push(['clear']),
  };
}

function does(line) {
  const reader = readerOf();
  const { answer, isDone } = obey(line, reader);
  return { answer, isDone, done: reader.done };
}

test('a text is said, a command is done, and neither is answered', () => {
  for (const [line, ...done] of [
    ['hello', ['say', 'hello']],
    ['/usr/bin', ['say', '/usr/bin']],
    ['/me waves', ['say', '/me waves']],
    ['/msg Bob Two hi', ['open', 'Bob Two'], ['say', 'hi']],
    ['/msg carol', ['open', 'carol']],
    ['/clear', ['clear']],
  ])
    assert.deepEqual(does(line), { answer: '', isDone: true, done }, line);
});

test('what a command cannot do it explains, and says nothing', () => {
  for (const line of ['/me', '/msg', '/msg a/b hi', '/help', '/who']) {
    const { answer, isDone, done } = does(line);
    assert.ok(answer, line);
    assert.ok(isDone, line);
    assert.deepEqual(done, [], line);
  }
});

test('an unknown command is named, and has not been done', () => {
  for (const line of ['/constructor', '/whoo']) {
    const { answer, isDone, done } = does(line);
    assert.ok(answer.includes(line), line);
    assert.equal(isDone, false);
    assert.deepEqual(done, []);
  }
});
