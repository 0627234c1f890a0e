// Asking for older messages: pages, until one shows something in this
// conversation.  Pure.

// So many are asked for in a row while they show nothing.
const PAGES = 20;

// onOlder() asks for a page.  The functions take the state, and how many
// entries the conversation has.
export function olderOf(onOlder) {
  // What there was, and how many pages to try.
  let wanted = null;

  function ask(state, shown, tries) {
    const { live, log: { more, asking, oldest } } = state;
    if (asking)
      return;
    wanted = live && more && tries > 0 ? { tries, oldest, shown } : null;
    if (wanted)
      onOlder();
  }

  return {
    isWanted: () => wanted !== null,
    ask: (state, shown) => ask(state, shown, PAGES),
    forget: () => wanted = null,

    // A page may have come.
    goOn(state, shown) {
      if (!wanted || state.log.asking)
        return;
      const isVain = shown === wanted.shown && state.log.oldest < wanted.oldest;
      const { tries } = wanted;
      wanted = null;
      ask(state, shown, isVain ? tries - 1 : 0);
    },
  };
}
