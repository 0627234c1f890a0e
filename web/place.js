// Where in the log the reader is, in pixels: whoever is at the end stays there,
// and for everybody else nothing moves, whatever is added above or below.  What
// the rows are is not known here.

// In px: SLACK from the end is at the end, NEAR an edge more rows are wanted.
const SLACK = 100;
const NEAR = 600;

// Of the rows in list, which is in scroller.  isAtEnd() is asked when sizes
// change.
export function placeIn(scroller, list, isAtEnd) {
  // Where the end was when we went there last.
  let endTop = 0;

  const below = () =>
    scroller.scrollHeight - scroller.clientHeight - scroller.scrollTop;

  function goToEnd() {
    scroller.scrollTop = scroller.scrollHeight;
    endTop = scroller.scrollTop;
  }

  // The first message in view, and where it stands.
  function landmark() {
    const edge = scroller.getBoundingClientRect().top;
    for (const row of list.querySelectorAll(':scope > .row')) {
      const box = row.getBoundingClientRect();
      if (box.bottom > edge)
        return { row, at: box.top };
    }
    return null;
  }

  const followEnd = new ResizeObserver(() => isAtEnd() && goToEnd());
  followEnd.observe(scroller);
  followEnd.observe(list);

  return {
    isNearTop: () => scroller.scrollTop < NEAR,
    isNearEnd: () => below() < NEAR,
    isAtEnd: () => below() <= SLACK,
    // A page that became smaller moves its end away from a reader who is there
    // and has not moved up.
    isBelowEnd: () => scroller.scrollTop >= endTop,

    // Changes the rows under the eyes of the reader.
    keep(change) {
      const held = isAtEnd() ? null : landmark();
      change();
      if (isAtEnd())
        goToEnd();
      else if (held?.row.isConnected)
        scroller.scrollTop += held.row.getBoundingClientRect().top - held.at;
    },
  };
}
