// What a word can be completed to, and the rounds that Tab makes through it.
// Pure; composer-view.js has the field.

import { fold } from './protocol.js';

// The names that begin with a word, in order, each user once.  A word may be
// an @ alone.
export function completions(word, names) {
  const [, at, start] = /^(@?)(.*)/.exec(fold(word));
  const found = new Map();
  for (const name of names)
    if (fold(name).startsWith(start) && !found.has(fold(name)))
      found.set(fold(name), at + name);
  return [...found.values()];
}

// Goes round the names that the word before the caret may stand for.  Each call
// takes the text before the caret and a function that gives the names, and
// returns { start, name }: from there on, the text is to be name and a space.
// Null if there is none.
export function completer() {
  // The text that the last one left, and its names.
  let round = {};
  return (before, namesNow) => {
    if (before !== round.before) {
      const start = before.search(/\S+$/);
      const names = start < 0 ? []
        : completions(before.slice(start), namesNow());
      round = { start, names };
    }
    const { start, names } = round;
    if (names.length === 0)
      return null;
    const [name] = names;
    names.push(names.shift());
    if (names.length > 1)
      round.before = `${before.slice(0, start)}${name} `;
    return { start, name };
  };
}
