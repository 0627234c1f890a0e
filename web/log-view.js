// The messages of a conversation.  Which rows they are is decided in rows.js,
// how a row looks in row-view.js, what follows from where the reader is in
// reading.js.

import { emptyView } from './empty-view.js';
import { readingOf } from './reading.js';
import { rowElement } from './row-view.js';
import { rowsOf } from './rows.js';
import { entriesOf } from './store.js';
import {
  h, icon, keyedList, quietButton, setAttribute, setText, unseen,
} from './dom.js';
import { texts } from './texts.js';

const t = texts.log;

// actions: onOlder(), onRetry(ref), onDiscard(ref), onName(name),
// onOpen(name), onEnd(isAtEnd).
export function logView(element, actions) {
  const parts = build(element, { onOlder: () => reading.ask(), onEnd: jump });
  const { scroller, list, empty } = parts;
  const reading = readingOf(scroller, list, actions, render);
  let state;
  let time;

  const own = { ...actions, self: () => state.self };
  const show = keyedList(list, {
    // Rows of one entry that are made differently.
    key: ({ id, aside, isOne }) => `${id} ${aside ?? isOne}`,
    create: (row) => rowElement(row, own, () => time),
  });
  list.addEventListener('copy', (event) => copied(event, list));

  function render() {
    reading.keep(() => {
      const rows = rowsOf(state, state.current, ...reading.extent.range());
      show(rows);
      showTop(parts, state, reading, rows.length);
      empty.update(state, !rows.some(({ kind }) => kind === 'message'));
    });
  }

  function jump() {
    reading.move(true);
    render();
  }

  function update(next, now) {
    const isPast = next.current !== state?.current || !reading.isAtEnd() ||
      [state, next].some(({ live, log }) => !live || log.asking);
    state = next;
    time = now;
    reading.take(state, entriesOf(state, state.current));
    setAttribute(scroller, 'aria-live', isPast ? 'off' : 'polite');
    render();
    reading.goOn();
    showPill(parts, state.conversations.get(state.current), reading.isAtEnd());
  }
  return Object.assign(update, { jump });
}

function build(element, { onOlder, onEnd }) {
  const parts = {
    older: quietButton(t.older, onOlder),
    begin: h('p.note'),
    list: h('div.rows'),
    fresh: h('span'),
    empty: emptyView(),
  };
  parts.scroller = h('div.scroller',
    { role: 'log', tabindex: '0', 'aria-label': t.label },
    h('div.top', parts.older, parts.begin), parts.list);
  parts.pill = h('button.pill.line', { type: 'button', onclick: onEnd },
    icon('down'), unseen(t.latest), parts.fresh);
  element.append(parts.scroller, parts.empty.element, parts.pill);
  return parts;
}

// Above the first entry: a way to the older ones, or where it begins.
function showTop({ older, begin }, { log }, { extent, isAsking }, rows) {
  const isTop = extent.isFirst() && log.held;
  older.hidden = !isTop || !log.more;
  setText(older, isAsking() ? t.loading : t.older);
  begin.hidden = !isTop || log.more || rows === 0;
  setText(begin, log.epoch === 0 && log.oldest <= 1 ? t.begin : t.notKept);
}

// The way to the end, and what is new there.
function showPill({ pill, fresh }, { unread, mentions }, isAtEnd) {
  if (fresh.firstChild?.data !== ` ${unread}`)
    fresh.replaceChildren(` ${unread}`, h('span.word', t.fresh));
  fresh.hidden = !unread;
  pill.classList.toggle('shown', !isAtEnd);
  pill.classList.toggle('named', mentions > 0);
}

// Several rows are copied as a transcript, with what was written.
function copied(event, list) {
  const selection = getSelection();
  const lines = [...list.children]
    .filter((row) => selection.containsNode(row, true))
    .map((row) => row.line?.() ?? row.innerText);
  if (lines.length < 2)
    return;
  event.preventDefault();
  event.clipboardData.setData('text/plain', lines.filter(Boolean).join('\n'));
}
