// Of a long conversation only a part is on the page: its last entries while the
// reader is at the end, when top is null, else MOST of them from the one called
// top.  Pure; place.js knows where the reader is.

import { placeOf } from './log.js';

// The part moves by STEP entries, and never has more than MOST.
const STEP = 100;
const MOST = 400;

export function extentOf() {
  let entries = [];
  let top = null;

  // The entries on the page, from and to.
  function range() {
    const n = entries.length;
    const start = Math.max(0, top ? placeOf(entries, top) - 1 : n - 2 * STEP);
    return [start, top ? Math.min(start + MOST, n) : n];
  }

  return {
    range,
    // All entries of the conversation.
    cover: (all) => entries = all,
    size: () => entries.length,
    isFirst: () => range()[0] === 0,
    isLast: () => range()[1] === entries.length,
    follow: () => top = null,

    // Moves the part so many steps; 0 keeps it where it is.
    step(n) {
      top = entries[Math.max(0, range()[0] + n * STEP)] ?? null;
    },
  };
}
