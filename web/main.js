// The page, wired: what the socket hears goes into the store, what the store
// knows goes to the views, what the reader does goes back.

import {
  encode, fold, nameFault, nameInAddress, socketAddress,
} from './protocol.js';
import { notices, titleView } from './attention.js';
import { addressed, commandIn } from './commands.js';
import {
  due, entriesOf, initial, isOwn, joining, nextChange, reduce, save, unread,
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
import { listenToKeys } from './keys.js';
import { logView } from './log-view.js';
import { peopleView } from './people-view.js';

const REFUSED = 3; // tries without a frame before we look for the reason
const OLDER = 100; // messages to a page

const t = texts.composer;
const part = (id) => document.getElementById(id);
const card = part('card');
const [header, conversations, room, people] = // what makes a chat
  ['header', 'conversations', 'room', 'people'].map(part);

function showChat(isShown) {
  card.hidden = isShown;
  for (const shown of [header, conversations, room, people])
    shown.hidden = !isShown;
}

// 96 random bits.
const newRef = () =>
  Array.from(crypto.getRandomValues(new Uint32Array(3)),
    (n) => n.toString(36)).join('-');

function chat(name) {
  const owner = fold(name);
  let state = initial(name, here.load(owner));
  let isAtEnd = true;

  const keep = () => here.save(owner, save(state));
  const link = keepLink({
    address: () => socketAddress(location.origin, joining(state)),
    emit: dispatch,
  });

  function dispatch(event) {
    const { live, outbox } = state;
    const { personal } = unread(state);
    state = reduce(state, { now: Date.now(), ...event });
    if (live && unread(state).personal > personal)
      notify(event.frame);
    if (state.outbox !== outbox)
      keep();
    flush();
    if (event.type === 'link')
      linked(event);
    schedule();
  }

  // What goes out is recorded as gone before it is, so that a reload in between
  // takes it for sent rather than for new.
  function flush() {
    const entry = due(state, Date.now());
    if (!entry)
      return;
    state = reduce(state, { type: 'transmit', ref: entry.ref });
    keep();
    link.send(encode.message(entry));
  }

  function notify({ from, to, text, seq }) {
    const title = to === undefined ? from : texts.privately(from);
    notices.show(title, text, `${state.log.id} ${seq}`,
      () => open(to === undefined ? '' : from));
  }

  async function linked({ phase, refused, code }) {
    if (phase === 'stopped') {
      showChat(false);
      const drafts = [...state.conversations.values()].map((c) => c.draft);
      const unsent = [...state.outbox.map((o) => o.text), ...drafts];
      stoppedView(card, { code, unsent: unsent.filter(Boolean) });
    }
    if (phase !== 'waiting' || refused < REFUSED)
      return;
    const answer = await fetch('/healthz', { cache: 'no-store' })
      .catch(() => null);
    if (answer?.ok && state.link.refused >= REFUSED)
      dispatch({ type: 'refused' });
  }

  // --- What the reader does ---

  const drawers = drawersOf({
    conversations, people, scrim: part('scrim'), others: [header, room],
  });

  const attend = () => dispatch({
    type: 'attend', atEnd: isAtEnd,
    attentive: isAtEnd && document.hasFocus() && !document.hidden,
  });

  function open(other) {
    dispatch({ type: 'open', name: other });
    render();
    drawers.close();
    if (matchMedia('(pointer: fine)').matches)
      composer.focus();
  }

  function older() {
    const { live, limits, log: { more, asking, oldest } } = state;
    if (!live || !more || asking)
      return;
    dispatch({ type: 'older' });
    const limit = Math.min(OLDER, limits.history);
    link.send(encode.history({ before: oldest, limit }));
  }

  function typing(active) {
    const to = state.conversations.get(state.current).name || undefined;
    const isTold = browser.get('typing') !== 'off';
    if (state.live && state.features.includes('typing') && isTold)
      link.send(encode.typing({ to, active }));
  }

  function say(text) {
    dispatch({ type: 'send', text, ref: newRef() });
    render();
    log.jump();
  }

  // What follows a slash; what a command returns is for the reader alone.
  const commands = {
    me: (rest) => rest ? say(`/me ${rest}`) : t.help,
    msg(rest) {
      const { name: other, text } = addressed(rest, namesFor(state));
      if (nameFault(other))
        return t.help;
      open(other);
      if (text)
        say(text);
    },
    who: () => t.who([...state.people.names.values()]),
    help: () => t.help,
    clear: () => dispatch({ type: 'clear' }),
  };

  function submit(text) {
    const command = commandIn(text);
    if (!command)
      return say(text);
    const isKnown = Object.hasOwn(commands, command.name);
    composer.answer(isKnown
      ? commands[command.name](command.rest) ?? '' : t.unknown(command.name));
    return isKnown;
  }

  const composer = composerView(part('composer'), {
    namesFor,
    onSend: submit,
    onDraft: (text) => dispatch({ type: 'draft', text }),
    onTyping: typing,
  });
  const log = logView(part('log'), {
    onOlder: older,
    onOpen: open,
    onRetry: (ref) => dispatch({ type: 'retry', ref }),
    onDiscard: (ref) => dispatch({ type: 'discard', ref }),
    onName: (other) => composer.insert(`@${other} `),
    onEnd(is) {
      isAtEnd = is;
      attend();
    },
  });
  const options = [{
    label: texts.header.typing,
    isOn: browser.get('typing') !== 'off',
    turn: (on) => (browser.set('typing', on ? 'on' : 'off'), on),
  }, notices.isPossible && {
    label: texts.header.notices, isOn: notices.isOn(), turn: notices.turn,
  }].filter(Boolean);
  const lists = { onOpen: open, onClose: drawers.close };
  const views = [
    headerView(header, { ...drawers, options }),
    conversationsView(conversations, lists), peopleView(people, lists),
    composer, log, titleView,
    bannerView(part('banner'), { onNow: link.nudge }),
  ];

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
    keep();
    const midnight = new Date(now).setHours(24, 0, 0, 0);
    clearTimeout(timer);
    timer = setTimeout(() => (flush(), schedule()),
      Math.min(nextChange(state, now), midnight) - now);
  }

  for (const type of ['focus', 'blur'])
    addEventListener(type, attend);
  for (const type of ['online', 'pageshow'])
    addEventListener(type, link.nudge);
  document.addEventListener('visibilitychange', () => {
    attend();
    if (document.hidden)
      render(); // what was scheduled may have to wait
    else
      link.nudge();
  });
  listenToKeys(
    [header, conversations, part('log'), people, part('composer')], composer);

  drawers.settle();
  showChat(true);
  browser.set('name', name);
  attend();
  render();
  link.start();
  composer.focus();
}

// Who may be meant in a conversation: who spoke last comes first.
function namesFor(state) {
  const spoke = entriesOf(state, state.current)
    .filter((e) => e.from !== undefined && !isOwn(state, e))
    .map((e) => e.from).reverse();
  return [...spoke, ...state.people.names.values()];
}

const name = nameInAddress(location);
const fault = name === null ? null : nameFault(name);
if (name !== null && fault === null) {
  chat(name);
} else {
  showChat(false);
  joinView(card, { name: browser.get('name') ?? '', fault });
}
