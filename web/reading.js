// What the reader does in the log: to be at the end or to leave it, and to come
// close to an edge, where there may be more.  Which entries are on the page,
// extent.js knows, how far it is to an edge, place.js.

import { extentOf } from './extent.js';
import { olderOf } from './older.js';
import { placeIn } from './place.js';

// actions: onOlder(), onEnd(isAtEnd).  render() is called when other entries
// are to be on the page.
export function readingOf(scroller, list, { onOlder, onEnd }, render) {
  const extent = extentOf();
  const older = olderOf(onOlder);
  const place = placeIn(scroller, list, () => isAtEnd);
  let isAtEnd = true;
  let state;

  function move(toEnd) {
    if (isAtEnd === toEnd)
      return;
    isAtEnd = toEnd;
    if (toEnd)
      extent.follow();
    else
      extent.step(0);
    onEnd(toEnd);
  }

  // More at the edge that the reader came close to.
  function extend() {
    const isUp = place.isNearTop() && !extent.isFirst();
    const isDown = place.isNearEnd() && !extent.isLast();
    if (isAtEnd || !(isUp || isDown))
      return;
    extent.step(isUp ? -1 : 1);
    render();
  }

  const ask = () => older.ask(state, extent.size());

  scroller.addEventListener('scroll', () => {
    move((isAtEnd && place.isBelowEnd()) ||
      (extent.isLast() && place.isAtEnd()));
    extend();
    if (!isAtEnd && !older.isWanted() && place.isNearTop() && extent.isFirst())
      ask();
  }, { passive: true });

  return {
    extent, keep: place.keep, ask, move, extend,
    isAtEnd: () => isAtEnd,
    isAsking: () => state.log.asking || older.isWanted(),

    // Another state, with all entries of its conversation; before it is shown,
    take(next, entries) {
      if (next.current !== state?.current) {
        older.forget();
        move(true);
      }
      state = next;
      extent.cover(entries);
    },

    // and after it.
    goOn() {
      extend();
      older.goOn(state, extent.size());
    },
  };
}
