// The messages of a conversation, and where the reader is in them.  What the
// rows are is decided in rows.js; here they become elements, and nothing that
// the reader looks at moves unless the reader moved it.
//
// Of a long conversation only a part is on the page: the last rows while the
// reader is at the end, else MOST rows from the one called top.

import { EVERYONE } from './store.js';
import { rowsOf } from './rows.js';
import { colourOf } from './names.js';
import {
  copy, h, icon, keyedList, quietButton, setAttribute, setInitial, setText,
  unseen,
} from './dom.js';
import { texts, times } from './texts.js';

const t = texts.log;
const SLACK = 100; // so close to the end, in px, is at the end
const NEAR = 600; // so close to an edge more rows are wanted
const STEP = 100; // rows by which the part moves
const MOST = 400; // rows on the page

// actions: onOlder(), onRetry(ref), onDiscard(ref), onName(name),
// onOpen(name), onEnd(isAtEnd).
export function logView(element, actions) {
  const older = quietButton(t.older, actions.onOlder);
  const begin = h('p', { class: 'note' });
  const list = h('div', { class: 'rows' });
  const scroller = h('div', { class: 'scroller', role: 'log', tabindex: '0',
    'aria-label': t.label }, h('div', { class: 'top' }, older, begin), list);
  const empty = emptyView();
  const fresh = h('span');
  const pill = h('button', { type: 'button', class: 'pill', onclick: jump },
    icon('down'), fresh);
  element.append(scroller, empty.element, pill);

  let state;
  let time;
  let rows = [];
  let top = null; // the id of a row; null at the end
  let isAtEnd = true;
  let seen; // the id of the last message of the log while its end was in view

  const show = keyedList(list, {
    // A row looks different in its own conversation.
    key: ({ id, aside }) => aside ? `${id} aside` : id,
    create: (row) => elementOf(row, actions, () => time),
  });

  const isMessage = (row) => row.kind === 'message';
  const indexOf = (id) => rows.findIndex((row) => row.id === id);
  const below = () =>
    scroller.scrollHeight - scroller.clientHeight - scroller.scrollTop;

  // The rows on the page, from and to.
  function range() {
    const at = top === null ? -1 : indexOf(top);
    const start = at < 0 ? Math.max(0, rows.length - 2 * STEP)
      : at - (rows[at - 1]?.kind === 'day');
    return [start, Math.min(start + MOST, rows.length)];
  }

  // Days are no landmarks: an older page may move them.
  function startAt(index) {
    top = rows.slice(Math.max(0, index))
      .find((row) => row.kind !== 'day')?.id ?? null;
  }

  // The first row in view, and where it stands.
  function landmark() {
    const edge = scroller.getBoundingClientRect().top;
    for (const row of list.children) {
      const box = row.getBoundingClientRect();
      if (box.bottom > edge)
        return { row, at: box.top };
    }
    return null;
  }

  function render() {
    const [start, end] = range();
    const held = isAtEnd ? null : landmark();
    show(rows.slice(start, end));
    older.hidden = start > 0 || !state.log.more;
    setText(older, state.log.asking ? t.loading : t.older);
    begin.hidden = start > 0 || state.log.more || !rows.length || !state.live;
    setText(begin, state.log.epoch === 0 && state.log.oldest <= 1
      ? t.begin : t.notKept);
    if (isAtEnd)
      scroller.scrollTop = scroller.scrollHeight;
    else if (held?.row.isConnected)
      scroller.scrollTop += held.row.getBoundingClientRect().top - held.at;
  }

  // More rows at the edge that the reader came close to.
  function extend() {
    const [start, end] = range();
    const step = scroller.scrollTop < NEAR && start > 0 ? -STEP
      : below() < NEAR && end < rows.length ? STEP : 0;
    if (isAtEnd || step === 0)
      return;
    startAt(start + step);
    render();
  }

  function moved(toEnd) {
    if (isAtEnd !== toEnd) {
      isAtEnd = toEnd;
      startAt(toEnd ? rows.length : range()[0]);
      actions.onEnd(toEnd);
    }
    if (toEnd)
      seen = rows.findLast((row) => isMessage(row) && !row.status)?.id;
    const n = rows.slice(indexOf(seen) + 1)
      .filter((row) => isMessage(row) && !row.own).length;
    setText(fresh, n ? t.fresh(n) : '');
    setAttribute(pill, 'aria-label', n ? `${t.latest} (${n})` : t.latest);
    pill.classList.toggle('shown', !toEnd);
  }

  function scrolled() {
    moved(range()[1] === rows.length && below() <= SLACK);
    extend();
    const { live, current, log: { more, asking } } = state;
    if (!isAtEnd && scroller.scrollTop < NEAR && range()[0] === 0 &&
        live && more && !asking && current === EVERYONE)
      actions.onOlder();
  }

  function jump() {
    moved(true);
    render();
  }

  scroller.addEventListener('scroll', scrolled, { passive: true });
  const followEnd = new ResizeObserver(() => {
    if (isAtEnd)
      scroller.scrollTop = scroller.scrollHeight;
  });
  followEnd.observe(scroller);
  followEnd.observe(list);

  function update(next, now) {
    const isMoved = next.current !== state?.current;
    const isPast = isMoved || !state.live || state.log.asking;
    state = next;
    time = now;
    rows = rowsOf(state, state.current);
    setAttribute(scroller, 'aria-live', isPast ? 'off' : 'polite');
    if (isMoved)
      moved(true);
    render();
    moved(isAtEnd);
    extend();
    empty.update(state, rows.length === 0);
  }
  return Object.assign(update, { jump });
}

// --- Rows ---

// now() is the time of the update.
function elementOf(row, actions, now) {
  if (row.kind === 'message')
    return messageElement(row, actions);
  if (row.kind === 'gap') {
    const gap = h('div', { class: 'gap' }, icon('alert'), t.gap);
    return Object.assign(gap, { update() {} });
  }
  const words = h('span');
  return Object.assign(h('div', { class: 'day' }, words), {
    update: ({ time }) => setText(words, times.day(time, now())),
  });
}

// Rows read, and copy, as "Alice, 10:42: text".  All have the same elements; a
// row without a head shows its name to nobody but screen readers.
function messageElement({ message, own, aside }, actions) {
  const { from, to, text } = message;
  const name = h('bdi', { class: 'name', onclick: () => actions.onName(from) },
    from);
  const clock = h('time');
  const sign = h('span', { class: 'sign' });
  const status = h('div', { class: 'status', role: 'alert' });
  const initial = h('span', { 'aria-hidden': 'true' });
  setInitial(initial, from);
  const element = h('div', {}, initial,
    h('div', { class: 'head' }, name, unseen(', '), clock,
      aside ? audience(own ? to : from, own, actions) : null, unseen(': ')),
    h('div', { class: isEmoji(text) ? 'text emoji' : 'text', dir: 'auto' },
      text),
    sign, status);
  let shown; // what there is to see of the row

  element.update = (row) => {
    const { time } = row.message;
    const look = [time, row.head, row.status, row.code].join();
    if (look === shown)
      return;
    shown = look;
    const mark = row.status === 'flying' ? 'queued' : row.status ?? 'sent';
    element.className = `row ${colourOf(from)} ${row.head ? 'first' : 'next'}` +
      ` ${aside ? 'aside' : ''} ${mark}`;
    setAttribute(clock, 'datetime', new Date(time).toISOString());
    setAttribute(clock, 'title', times.full(time));
    setText(clock, row.head ? times.clock(time) : times.brief(time));
    sign.replaceChildren(...(mark === 'queued'
      ? [icon('clock'), unseen(texts.sending.sending)] : []));
    status.replaceChildren(...(mark === 'failed' || mark === 'maybe'
      ? trouble(row, actions) : []));
  };
  return element;
}

const isEmoji = (text) =>
  /^(\p{Emoji_Presentation}|\p{Extended_Pictographic}\ufe0f?){1,3}$/u
    .test(text);

// To whom a private row is, or was: a way into that conversation.
const audience = (other, own, { onOpen }) => h('button',
  { type: 'button', class: 'audience', onclick: () => onOpen(other) },
  icon('lock'), own ? t.privateTo(other) : t.privateFrom);

function trouble({ id, message, status, code }, actions) {
  const s = texts.sending;
  const reason = s.reasons[code]?.(message.to);
  const isFailed = status === 'failed';
  const words = !isFailed ? s.maybe
    : reason ? `${s.failed}: ${reason}` : s.failed;
  return [
    icon(isFailed ? 'failed' : 'unsure'), h('span', {}, words),
    quietButton(s.retry, () => actions.onRetry(id)),
    quietButton(isFailed ? s.remove : s.dismiss,
      () => actions.onDiscard(id)),
  ];
}

// --- Nothing yet ---

function emptyView() {
  const words = h('p');
  const address = h('code', {}, location.host);
  const button = quietButton(t.copyAddress,
    () => copy(location.origin, button, address));
  const invitation = h('p', {}, address, button);
  const element = h('div', { class: 'empty', hidden: true }, icon('mark'),
    words, invitation);
  return {
    element,
    update({ by, current, conversations, log }, isEmpty) {
      const isRoom = current === EVERYONE;
      element.hidden = !isEmpty || by === null || (isRoom && log.more);
      setText(words, isRoom ? t.emptyRoom
        : t.emptyPrivate(conversations.get(current).name));
      invitation.hidden = !isRoom;
    },
  };
}
