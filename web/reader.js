// What the reader does, from whichever view it comes.  What a command does
// besides is in commands.js; where a click or a key leads is in main.js.

import { encode } from './protocol.js';
import { entriesOf, isOwn } from './store.js';
import { browser } from './storage.js';

// Messages that are asked for at a time.
const OLDER = 100;

// 96 random bits.
const newRef = () =>
  Array.from(crypto.getRandomValues(new Uint32Array(3)),
    (n) => n.toString(36)).join('-');

// session is that of session.js.  onOpen() is called when a conversation was
// opened, onSaid() when something was said.
export function readerOf({ now, dispatch, link }, { onOpen, onSaid }) {
  // The end of the log is in view.
  let isAtEnd = true;

  const attend = () => dispatch({
    type: 'attend', atEnd: isAtEnd,
    attentive: isAtEnd && document.hasFocus() && !document.hidden,
  });

  return {
    attend,

    reach(is) {
      isAtEnd = is;
      attend();
    },

    open(name) {
      dispatch({ type: 'open', name });
      onOpen();
    },

    say(text) {
      dispatch({ type: 'send', text, ref: newRef() });
      onSaid();
    },

    older() {
      const { live, limits, log: { more, asking, oldest } } = now();
      if (!live || !more || asking)
        return;
      dispatch({ type: 'older' });
      const limit = Math.min(OLDER, limits.history);
      link.send(encode.history({ before: oldest, limit }));
    },

    typing(active) {
      const { live, features, current, conversations } = now();
      const to = conversations.get(current).name || undefined;
      const isTold = browser.get('typing') !== 'off';
      if (live && features.includes('typing') && isTold)
        link.send(encode.typing({ to, active }));
    },

    retry: (ref) => dispatch({ type: 'retry', ref }),
    discard: (ref) => dispatch({ type: 'discard', ref }),
    draft: (text) => dispatch({ type: 'draft', text }),
    clear: () => dispatch({ type: 'clear' }),

    // The names that may be meant in this conversation, the latest speaker
    // first.
    names: () => [...speakers(now()), ...now().people.names.values()],
    online: () => [...now().people.names.values()],
  };
}

const speakers = (state) => entriesOf(state, state.current)
  .filter((e) => e.from !== undefined && !isOwn(state, e))
  .map((e) => e.from).reverse();
