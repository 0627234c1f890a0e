// One WebSocket, kept up: it notices when the link is dead, waits a little
// longer each time, and connects again.  It knows nothing of the page; clock,
// randomness and WebSocket are arguments.
//
//   connecting --opened--> open --closed, or silent--> waiting --> connecting
//        |                                                ^
//        +------------- not opened, or in vain -----------+
//        any of them --close code 4500 to 4999--> stopped
//
// Each state has one deadline, so there is one timer.

import { SUBPROTOCOL, decode, encode, isFinal } from './protocol.js';

// Times in ms:
//   OPENING  for a connection to open
//   QUIET    without a frame, before we ask whether the other side is there
//   SOON     the same after we have said something
//   ANSWER   for the answer
//   PROBE    for the answer when there is reason for doubt
//   FIRST    the first wait; it doubles
//   LONGEST  the longest wait
//   STEADY   a link that lived this long begins with the first wait again
const OPENING = 15000;
const QUIET = 25000;
const SOON = 5000;
const ANSWER = 10000;
const PROBE = 4000;
const FIRST = 500;
const LONGEST = 30000;
const STEADY = 10000;

const systemClock = {
  now: () => Date.now(),
  later: (call, ms) => setTimeout(call, ms),
  cancel: (timer) => clearTimeout(timer),
};

// address() gives the URL of each try; emit(event) takes
//   { type: 'link', phase, now, code, until, refused }   and
//   { type: 'frame', frame, now };
// refused counts the tries in a row that brought no frame.
export function keepLink({
  address, emit, clock = systemClock, random = Math.random,
  WebSocket = globalThis.WebSocket,
}) {
  let phase;
  let socket = null;
  let timer;
  let wait = FIRST;
  let refused = 0;
  // A ping has not been answered yet.
  let isAsked = false;
  // The wait that the server wishes.
  let hint;
  // The time of the first frame; 0 before.
  let since = 0;

  function enter(next, more) {
    phase = next;
    emit({ type: 'link', phase, refused, now: clock.now(), ...more });
  }

  function arm(ms, call) {
    clock.cancel(timer);
    timer = clock.later(call, ms);
  }

  function connect() {
    since = 0;
    hint = undefined;
    arm(OPENING, lose);
    enter('connecting');
    try {
      listen(new WebSocket(address(), SUBPROTOCOL));
    } catch {
      lose();
    }
  }

  // A socket that was given up may go on talking; nobody listens.
  function listen(created) {
    socket = created;
    const mine = (call) => (event) => created === socket && call(event);
    created.onopen = mine(() => {
      arm(ANSWER, ask);
      enter('open');
    });
    created.onmessage = mine(({ data: text }) => hear(text));
    created.onclose = mine(({ code }) => lose(code));
  }

  function hear(text) {
    const now = clock.now();
    since ||= now;
    refused = 0;
    isAsked = false;
    arm(QUIET, ask);
    const frame = decode(text);
    if (frame === null)
      return;
    if (frame.type === 'bye' || frame.code === 'full')
      hint = frame.retry_after;
    emit({ type: 'frame', frame, now });
  }

  function ask(patience = ANSWER) {
    isAsked = true;
    socket.send(encode.ping({ ref: 'p' }));
    arm(patience, lose);
  }

  // The link is gone, or as good as gone.
  function lose(code) {
    const now = clock.now();
    const gone = socket;
    socket = null;
    gone?.close();
    isAsked = false;
    if (isFinal(code)) {
      clock.cancel(timer);
      return enter('stopped', { code });
    }
    if (since === 0)
      refused++;
    else if (now - since >= STEADY)
      wait = FIRST;
    const ms = Math.round((hint ?? wait / 2) + random() * wait / 2);
    wait = Math.min(2 * wait, LONGEST);
    arm(ms, connect);
    enter('waiting', { code, until: now + ms });
  }

  return {
    start: connect,

    // Whether the frame was handed over; nothing is kept for later.
    send(text) {
      if (phase !== 'open')
        return false;
      socket.send(text);
      if (!isAsked)
        arm(SOON, ask);
      return true;
    },

    // Something has changed outside: try at once, or see whether the link is
    // still there.
    nudge() {
      if (phase === 'waiting')
        connect();
      else if (phase === 'open' && !isAsked)
        ask(PROBE);
    },
  };
}
