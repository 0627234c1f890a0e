// What this window knows, and how it goes on: the state of store.js takes in
// what the socket hears and what the reader does; what is due is sent, and what
// has to survive a reload is saved.  What shows it is not here: main.js is told
// of every event.

import { encode, fold, socketAddress } from './protocol.js';
import { due, initial, joining, reduce, save } from './store.js';
import { keepLink } from './socket.js';
import { here } from './storage.js';

// After so many tries without a frame we look for the reason.
const REFUSED = 3;

// onEvent(event, before) is called after each event; before is the state that
// it met.
export function sessionOf(name, onEvent) {
  const owner = fold(name);
  let state = initial(name, here.load(owner));
  const keep = () => here.save(owner, save(state));
  const link = keepLink({
    address: () => socketAddress(location.origin, joining(state)),
    emit: dispatch,
  });

  function dispatch(event) {
    const before = state;
    state = reduce(state, { now: Date.now(), ...event });
    if (state.outbox !== before.outbox)
      keep();
    flush();
    if (event.type === 'link')
      doubt(event);
    onEvent(event, before);
  }

  // A message is recorded as sent before it is, so that a reload in between
  // does not take it for a new one.
  function flush() {
    const entry = due(state, Date.now());
    if (!entry)
      return;
    state = reduce(state, { type: 'transmit', ref: entry.ref });
    keep();
    link.send(encode.message(entry));
  }

  // A server that answers, but lets no connection through, refuses this page.
  async function doubt({ phase, refused }) {
    if (phase !== 'waiting' || refused < REFUSED)
      return;
    const answer = await fetch('/healthz', { cache: 'no-store' })
      .catch(() => null);
    if (answer?.ok && state.link.refused >= REFUSED)
      dispatch({ type: 'refused' });
  }

  return { link, dispatch, flush, keep, now: () => state };
}
