// The page, wired: frames from the socket go into the store, its state goes to
// the views, and what the reader does there goes back.  Here are only wires.

import { nameFault, nameInAddress } from './protocol.js';
import { notices, titleView } from './attention.js';
import { obey } from './commands.js';
import { nextChange, unread } from './store.js';
import { sessionOf } from './session.js';
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
import { painterOf } from './painter.js';
import { peopleView } from './people-view.js';
import { readerOf } from './reader.js';

const part = (id) => document.getElementById(id);
const card = part('card');
// What makes a chat.
const [header, conversations, room, people] =
  ['header', 'conversations', 'room', 'people'].map(part);

function showChat(isShown) {
  card.hidden = isShown;
  for (const shown of [header, conversations, room, people])
    shown.hidden = !isShown;
}

function chat(name) {
  const session = sessionOf(name, onEvent);
  const reader = readerOf(session, {
    onOpen() {
      painter.now();
      drawers.close();
      if (matchMedia('(pointer: fine)').matches)
        composer.focus();
    },
    onSaid() {
      painter.now();
      log.jump();
    },
  });

  function onEvent(event, before) {
    notify(event, before, session.now(), reader.open);
    if (event.phase === 'stopped')
      stop(event, session.now());
    painter.soon();
  }

  const drawers = drawersOf({
    conversations, people, scrim: part('scrim'), others: [header, room],
  });
  const { composer, log, views } = viewsOf(session, reader, drawers);
  const painter = painterOf((now) => {
    const state = session.now();
    for (const update of views)
      update(state, now);
    session.keep();
    const midnight = new Date(now).setHours(24, 0, 0, 0);
    return Math.min(nextChange(state, now), midnight);
  }, () => (session.flush(), painter.soon()));

  listenToWindow(reader, session.link, painter);
  listenToKeys(
    [header, conversations, part('log'), people, part('composer')], composer);

  drawers.settle();
  showChat(true);
  browser.set('name', name);
  reader.attend();
  painter.now();
  session.link.start();
  composer.focus();
}

function viewsOf(session, reader, drawers) {
  const composer = composerView(part('composer'), {
    names: reader.names,
    onSend(line) {
      const { answer, isDone } = obey(line, reader);
      composer.answer(answer);
      return isDone;
    },
    onDraft: reader.draft,
    onTyping: reader.typing,
  });
  const log = logView(part('log'), {
    onOlder: reader.older,
    onOpen: reader.open,
    onRetry: reader.retry,
    onDiscard: reader.discard,
    onName: (name) => composer.insert(`@${name} `),
    onEnd: reader.reach,
  });
  const lists = { onOpen: reader.open, onClose: drawers.close };
  const views = [
    headerView(header, { ...drawers, options: options() }),
    conversationsView(conversations, lists), peopleView(people, lists),
    composer, log, titleView,
    bannerView(part('banner'), { onNow: session.link.nudge }),
  ];
  return { composer, log, views };
}

// What the reader may turn on and off, for the menu of the header.
const options = () => [{
  label: texts.header.typing,
  isOn: browser.get('typing') !== 'off',
  turn: (on) => (browser.set('typing', on ? 'on' : 'off'), on),
}, notices.isPossible && {
  label: texts.header.notices, isOn: notices.isOn(), turn: notices.turn,
}].filter(Boolean);

function listenToWindow({ attend }, { nudge }, painter) {
  for (const type of ['focus', 'blur'])
    addEventListener(type, attend);
  for (const type of ['online', 'pageshow'])
    addEventListener(type, nudge);
  document.addEventListener('visibilitychange', () => {
    attend();
    if (document.hidden)
      // The next frame may be long in coming.
      painter.now();
    else
      nudge();
  });
}

// A notification for a live message that is to the reader alone, or by name.
function notify({ frame }, before, state, open) {
  if (!before.live || unread(state).personal <= unread(before).personal)
    return;
  const { from, to, text, seq } = frame;
  const title = to === undefined ? from : texts.privately(from);
  notices.show(title, text, `${state.log.id} ${seq}`,
    () => open(to === undefined ? '' : from));
}

// No further try is made: the card says why, and what was not sent.
function stop({ code }, { conversations: all, outbox }) {
  showChat(false);
  const drafts = [...all.values()].map(({ draft }) => draft);
  const unsent = [...outbox.map(({ text }) => text), ...drafts];
  stoppedView(card, { code, unsent: unsent.filter(Boolean) });
}

// A name in the address is a way in.  Once inside, the address is that of the
// room, and fit to be given to a friend; the name stays with the window.
const name = nameInAddress(location) ?? here.name();
const fault = name === null ? null : nameFault(name);
if (name !== null && fault === null) {
  if (here.enter(name))
    history.replaceState(null, '', '/');
  chat(name);
} else {
  showChat(false);
  joinView(card, { name: browser.get('name') ?? '', fault });
}
