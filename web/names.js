// How a name looks where there is no picture, and where a text has it.  Pure.

import { fold } from './protocol.js';

const COLOURS = 12;

// A class, n0 to n11, to which style.css gives a colour: the same for all
// spellings of one user.
export function colourOf(name) {
  let hash = 0x811c9dc5; // FNV-1a, 32 bit
  for (const byte of new TextEncoder().encode(fold(name)))
    hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return `n${hash % COLOURS}`;
}

const graphemes = new Intl.Segmenter();

// The first letter, whatever a reader takes for one.
export function initialOf(name) {
  const [first] = graphemes.segment(name);
  return first ? first.segment.toUpperCase() : '';
}

// Finds a name in texts, as a word of its own, with or without an @.
export const mentionOf = (name) => new RegExp('(?<![\\p{L}\\p{N}_])@?' +
  name.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&') + '(?![\\p{L}\\p{N}_])', 'giu');

export const isMentioned = (name, text) => mentionOf(name).test(text);
