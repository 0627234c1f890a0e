// The messages of a conversation, and where the reader is in them.  What the
// rows are is decided in rows.js, how they look in row-view.js; here nothing
// that the reader looks at moves unless the reader moved it.
//
// Of a long conversation only a part is on the page: its last entries while
// the reader is at the end, else MOST of them from the one called top.

import { placeOf } from './log.js';
import { rowElement } from './row-view.js';
import { rowsOf } from './rows.js';
import { EVERYONE, entriesOf } from './store.js';
import {
  copy, h, icon, keyedList, quietButton, setAttribute, setText, unseen,
} from './dom.js';
import { texts } from './texts.js';

const t = texts.log;
const SLACK = 100; // so close to the end, in px, is at the end
const NEAR = 600; // so close to an edge more is wanted
const STEP = 100; // entries by which the part moves
const MOST = 400; // entries on the page
const PAGES = 20; // asked for in a row while they show nothing

// actions: onOlder(), onRetry(ref), onDiscard(ref), onName(name),
// onOpen(name), onEnd(isAtEnd).
export function logView(element, actions) {
  const older = quietButton(t.older, () => ask(PAGES));
  const begin = h('p.note');
  const list = h('div.rows');
  const scroller = h('div.scroller',
    { role: 'log', tabindex: '0', 'aria-label': t.label },
    h('div.top', older, begin), list);
  const empty = emptyView();
  const fresh = h('span');
  const pill = h('button.pill', { type: 'button', onclick: jump },
    icon('down'), unseen(t.latest), fresh);
  element.append(scroller, empty.element, pill);

  let state;
  let time;
  let entries = [];
  let top = null; // an entry; null at the end
  let isAtEnd = true;
  let endTop = 0; // where that was when we went there last
  let wanted = null; // an older page: what there was, how many to try

  actions = { ...actions, self: () => state.self };
  const show = keyedList(list, {
    // Rows of one entry that are made differently.
    key: ({ id, aside, isOne }) => `${id} ${aside ?? isOne}`,
    create: (row) => rowElement(row, actions, () => time),
  });

  const below = () =>
    scroller.scrollHeight - scroller.clientHeight - scroller.scrollTop;

  // The entries on the page, from and to.
  function range() {
    const n = entries.length;
    const start = Math.max(0, top ? placeOf(entries, top) - 1 : n - 2 * STEP);
    return [start, top ? Math.min(start + MOST, n) : n];
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

  function goToEnd() {
    scroller.scrollTop = scroller.scrollHeight;
    endTop = scroller.scrollTop;
  }

  function render() {
    const [start, end] = range();
    const held = isAtEnd ? null : landmark();
    const rows = rowsOf(state, state.current, start, end);
    const { held: isKnown, more, asking, epoch, oldest } = state.log;
    show(rows);
    older.hidden = start > 0 || !more || !isKnown;
    setText(older, asking || wanted ? t.loading : t.older);
    begin.hidden = start > 0 || more || !rows.length || !isKnown;
    setText(begin, epoch === 0 && oldest <= 1 ? t.begin : t.notKept);
    empty.update(state, !rows.some(({ kind }) => kind === 'message'));
    if (isAtEnd)
      goToEnd();
    else if (held?.row.isConnected)
      scroller.scrollTop += held.row.getBoundingClientRect().top - held.at;
  }

  // More at the edge that the reader came close to.
  function extend() {
    const [start, end] = range();
    const step = scroller.scrollTop < NEAR && start > 0 ? -STEP
      : below() < NEAR && end < entries.length ? STEP : 0;
    if (isAtEnd || step === 0)
      return;
    top = entries[Math.max(0, start + step)];
    render();
  }

  // Asks for older pages until one shows something, or so many did not.
  function ask(tries) {
    const { live, log: { more, asking, oldest } } = state;
    if (asking)
      return;
    wanted = live && more && tries > 0
      ? { tries, oldest, shown: entries.length } : null;
    if (wanted)
      actions.onOlder();
  }

  function askOn() {
    if (!wanted || state.log.asking)
      return;
    const { tries, oldest, shown } = wanted;
    const isVain = entries.length === shown && state.log.oldest < oldest;
    wanted = null;
    ask(isVain ? tries - 1 : 0);
  }

  function moved(toEnd) {
    if (isAtEnd === toEnd)
      return;
    isAtEnd = toEnd;
    top = toEnd ? null : entries[range()[0]] ?? null;
    actions.onEnd(toEnd);
  }

  // Who was at the end and has not moved up is there, though the page may have
  // become smaller since.
  function scrolled() {
    moved((isAtEnd && scroller.scrollTop >= endTop) ||
      (range()[1] === entries.length && below() <= SLACK));
    extend();
    if (!isAtEnd && !wanted && scroller.scrollTop < NEAR && range()[0] === 0)
      ask(PAGES);
  }

  function jump() {
    moved(true);
    render();
  }

  // Several rows are copied as a transcript, with what was written.
  function copied(event) {
    const selection = getSelection();
    const lines = [...list.children]
      .filter((row) => selection.containsNode(row, true))
      .map((row) => row.line?.() ?? row.innerText);
    if (lines.length < 2)
      return;
    event.preventDefault();
    event.clipboardData
      .setData('text/plain', lines.filter(Boolean).join('\n'));
  }

  list.addEventListener('copy', copied);
  scroller.addEventListener('scroll', scrolled, { passive: true });
  const followEnd = new ResizeObserver(() => {
    if (isAtEnd)
      goToEnd();
  });
  followEnd.observe(scroller);
  followEnd.observe(list);

  function update(next, now) {
    const isMoved = next.current !== state?.current;
    const isPast = isMoved || !isAtEnd ||
      [state, next].some(({ live, log }) => !live || log.asking);
    state = next;
    time = now;
    entries = entriesOf(state, state.current);
    setAttribute(scroller, 'aria-live', isPast ? 'off' : 'polite');
    if (isMoved) {
      wanted = null;
      moved(true);
    }
    render();
    extend();
    askOn();
    const { unread, mentions } = state.conversations.get(state.current);
    if (fresh.firstChild?.data !== ` ${unread}`)
      fresh.replaceChildren(` ${unread}`, h('span.word', t.fresh));
    fresh.hidden = !unread;
    pill.classList.toggle('shown', !isAtEnd);
    pill.classList.toggle('named', mentions > 0);
  }
  return Object.assign(update, { jump });
}

// --- Nothing yet ---

function emptyView() {
  const words = h('p');
  const address = h('code', location.host);
  const button = quietButton(t.copyAddress,
    () => copy(location.origin, button, address));
  const invitation = h('p', address, button);
  const element = h('div.empty', { hidden: true }, icon('mark'),
    words, invitation);
  return {
    element,
    update({ current, conversations, log }, isEmpty) {
      const isRoom = current === EVERYONE;
      element.hidden = !isEmpty || !log.held || log.more;
      setText(words, isRoom ? t.emptyRoom
        : t.emptyPrivate(conversations.get(current).name));
      invitation.hidden = !isRoom;
    },
  };
}
