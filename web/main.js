// The page, wired: what the socket hears goes into the store, what the store
// knows goes to the views, what the reader does goes back.  Nothing is decided
// here.

import {
  encode, fold, nameFault, nameInAddress, socketAddress,
} from './protocol.js';
import {
  due, initial, isUnread, joining, nextChange, reduce, save, unreadPrivate,
} from './store.js';
import { keepLink } from './socket.js';
import { browser, here } from './storage.js';
import { texts } from './texts.js';
import { bannerView } from './banner-view.js';
import { joinView, stoppedView } from './card-view.js';
import { composerView } from './composer-view.js';
import { conversationsView } from './conversations-view.js';
import { drawersOf } from './drawers.js';
import { headerView } from './header-view.js';
import { logView } from './log-view.js';
import { peopleView } from './people-view.js';

const REFUSED = 3; // tries without a frame before we look for the reason
const OLDER = 50; // messages to a page

const part = (id) => document.getElementById(id);
const [header, conversations, room, people, card] =
  ['header', 'conversations', 'room', 'people', 'card'].map(part);

function ask(fault = null) {
  card.hidden = false;
  joinView(card, { name: browser.get('name') ?? '', fault });
}

const newRef = () => {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-').replaceAll('/', '_');
};

function chat(name) {
  const window = fold(name);
  let state = initial(name, here.load(window));
  let isAtEnd = true;

  const link = keepLink({
    address: () => socketAddress(location.origin, joining(state)),
    emit: dispatch,
  });

  function dispatch(event) {
    const before = state;
    state = reduce(state, { now: Date.now(), ...event });
    flush();
    if (state.outbox !== before.outbox)
      here.save(window, save(state));
    if (event.type === 'link')
      linked(event);
    schedule();
  }

  // What is recorded as transmitted is saved before it is, so that a reload in
  // between takes it for sent rather than for new.
  function flush() {
    const entry = due(state, Date.now());
    if (!entry)
      return;
    const { ref } = entry;
    state = reduce(state, { type: 'transmit', ref });
    here.save(window, save(state));
    link.send(encode.message(entry));
  }

  async function linked({ phase, refused, code }) {
    if (phase === 'stopped')
      return stop(code);
    if (phase !== 'waiting' || refused < REFUSED)
      return;
    const answer = await fetch('/healthz', { cache: 'no-store' })
      .catch(() => null);
    if (answer?.ok && state.link.refused >= REFUSED)
      dispatch({ type: 'refused' });
  }

  function stop(code) {
    for (const shown of [header, conversations, room, people])
      shown.hidden = true;
    card.hidden = false;
    stoppedView(card, { code, unsent: state.outbox.map((o) => o.text) });
  }

  // --- What the reader does ---

  const drawers = drawersOf({
    conversations, people, scrim: part('scrim'), others: [header, room],
  });
  const attend = () => dispatch({
    type: 'attend',
    attentive: isAtEnd && document.hasFocus() && !document.hidden,
  });
  const recipient = () =>
    state.conversations.get(state.current).name || undefined;

  function open(other) {
    dispatch({ type: 'open', name: other });
    render();
    drawers.close();
    if (matchMedia('(pointer: fine)').matches)
      composer.focus();
  }

  function older() {
    const { more, asking, oldest } = state.log;
    if (!state.live || !more || asking)
      return;
    dispatch({ type: 'older' });
    link.send(encode.history({ before: oldest, limit: OLDER }));
  }

  const views = [
    headerView(header, drawers),
    conversationsView(conversations, { onOpen: open, onClose: drawers.close }),
    peopleView(people, { onOpen: open, onClose: drawers.close }),
    bannerView(part('banner'), { onNow: link.nudge }),
  ];
  const composer = composerView(part('composer'), {
    onSend(text) {
      dispatch({ type: 'send', text, ref: newRef() });
      render();
      log.jump();
    },
    onTyping(active) {
      if (state.live && state.features.includes('typing'))
        link.send(encode.typing({ to: recipient(), active }));
    },
  });
  const log = logView(part('log'), {
    onOlder: older,
    onOpen: open,
    onRetry: (ref) => dispatch({ type: 'retry', ref }),
    onDiscard: (ref) => dispatch({ type: 'discard', ref }),
    onName: (other) => composer.insert(`@${other} `),
    onEnd(now) {
      isAtEnd = now;
      attend();
    },
  });
  views.push(composer, log, titleView);

  // --- What is shown ---

  let isScheduled = false;
  let timer = 0;
  function schedule() {
    if (isScheduled)
      return;
    isScheduled = true;
    if (document.hidden)
      setTimeout(render, 200);
    else
      requestAnimationFrame(render);
  }
  function render() {
    isScheduled = false;
    const now = Date.now();
    for (const update of views)
      update(state, now);
    here.save(window, save(state));
    clearTimeout(timer);
    timer = setTimeout(() => (flush(), schedule()), wake(now));
  }
  // In how many milliseconds something changes by itself, midnight at last.
  const wake = (now) =>
    Math.min(nextChange(state, now), new Date(now).setHours(24, 0, 0, 0)) - now;

  for (const type of ['focus', 'blur'])
    globalThis.addEventListener(type, attend);
  for (const type of ['online', 'pageshow'])
    globalThis.addEventListener(type, link.nudge);
  document.addEventListener('visibilitychange', () => {
    attend();
    if (document.hidden)
      render(); // no frame may come any more that one waits for
    else
      link.nudge();
  });

  for (const shown of [header, conversations, room, people])
    shown.hidden = false;
  browser.set('name', name);
  attend();
  render();
  link.start();
  composer.focus();
}

const favicon = document.querySelector('link[rel=icon]');

function titleView(state) {
  const n = unreadPrivate(state);
  const name = state.conversations.get(state.current).name || texts.everyone;
  const title = n ? `(${n}) ${name}` : name;
  if (document.title !== title)
    document.title = title;
  const href = n ? '/icon-mention.svg'
    : isUnread(state) ? '/icon-unread.svg' : '/icon.svg';
  if (favicon.getAttribute('href') !== href)
    favicon.setAttribute('href', href);
  if (n)
    navigator.setAppBadge?.(n);
  else
    navigator.clearAppBadge?.();
}

// Any printable key goes to where one writes.
document.addEventListener('keydown', (event) => {
  const isPrintable = event.key.length === 1 && event.key !== ' ' &&
    !event.ctrlKey && !event.metaKey && !event.altKey;
  if (isPrintable && !event.target.closest('input, textarea, button, a'))
    part('text')?.focus();
});

const name = nameInAddress(location);
const fault = name === null ? null : nameFault(name);
if (name === null || fault !== null)
  ask(fault);
else if (!('WebSocket' in globalThis))
  stoppedView(card, {});
else
  chat(name);
