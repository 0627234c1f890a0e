// When the views are painted: once for all that happens before a frame, five
// times a second while nobody sees the page, and when the state comes to mean
// something else although nothing happens.  What is painted is not known here.

// The time between two paints of a page that nobody sees, in ms.
const UNSEEN = 200;

// paint(now) paints, and returns the time at which onTime() is to be called.
export function painterOf(paint, onTime) {
  let isScheduled = false;
  let timer = 0;

  function now() {
    isScheduled = false;
    const time = Date.now();
    const next = paint(time);
    clearTimeout(timer);
    timer = setTimeout(onTime, next - time);
  }

  function soon() {
    if (isScheduled)
      return;
    isScheduled = true;
    if (document.hidden)
      setTimeout(now, UNSEEN);
    else
      requestAnimationFrame(now);
  }

  return { now, soon };
}
