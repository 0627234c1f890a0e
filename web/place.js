// Where in the log the reader is, in pixels: whoever is at the end stays there,
// and for everybody else nothing moves, whatever is added above or below.  What
// the rows are is not known here.

const SLACK = 100; // so close to the end, in px, is at the end
const NEAR = 600; // so close to an edge more is wanted

// Of the rows in list, which is in scroller.  isAtEnd() is asked when sizes
// change.
export function placeIn(scroller, list, isAtEnd) {
  let endTop = 0; // where the end was when we went there last

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
