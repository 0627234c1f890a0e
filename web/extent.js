// Of a long conversation only a part is on the page: its last entries while the
// reader is at the end, else MOST of them from the one called top.  Pure; where
// the reader is, place.js knows.

import { placeOf } from './log.js';

const STEP = 100; // entries by which the part moves
const MOST = 400; // entries on the page

export function extentOf() {
  let entries = []; // all of the conversation
  let top = null; // an entry; null at the end

  // The entries on the page, from and to.
  function range() {
    const n = entries.length;
    const start = Math.max(0, top ? placeOf(entries, top) - 1 : n - 2 * STEP);
    return [start, top ? Math.min(start + MOST, n) : n];
  }

  function step(by) {
    top = entries[Math.max(0, range()[0] + by)];
  }

  return {
    range,
    cover: (all) => entries = all,
    size: () => entries.length,
    isFirst: () => range()[0] === 0,
    isLast: () => range()[1] === entries.length,
    goUp: () => step(-STEP),
    goDown: () => step(STEP),
    follow: () => top = null,
    stay: () => top = entries[range()[0]] ?? null,
  };
}
