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

const OPENING = 15000; // for a connection to open
const QUIET = 25000; // without a frame before we ask whether one is there
const SOON = 5000; // the same after we have said something
const ANSWER = 10000; // for the answer
const PROBE = 4000; // for the answer when there is reason for doubt
const FIRST = 500; // the first wait; it doubles
const LONGEST = 30000; // the longest wait
const STEADY = 10000; // a link that lived this long starts waiting afresh

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
  let isAsked = false; // a ping is not answered yet
  let wait = FIRST;
  let hint; // the wait that the server wishes
  let refused = 0;
  let since = 0; // of the first frame; 0 before

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
