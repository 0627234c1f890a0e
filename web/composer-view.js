// Where one writes, with and without a connection alike; what was begun in a
// conversation is kept there.

import { EVERYONE, isJoining, typists } from './store.js';
import { length, tidy } from './protocol.js';
import { completions } from './commands.js';
import { h, icon, setText } from './dom.js';
import { texts } from './texts.js';

const t = texts.composer;
const MANY = 0.9; // of the limit: from there on, what is left is counted
const STILL_TYPING = 4000; // between two announcements

// actions: onSend(text), which is false if the text is to stay;
// onDraft(text); onTyping(active); namesFor(state), the likeliest first.
export function composerView(element, { onSend, onDraft, onTyping, namesFor }) {
  const hint = h('span.typing');
  const counter = h('span.counter', { role: 'status' });
  const label = h('label.unseen', { for: 'text' });
  const field = h('textarea', {
    id: 'text', rows: 1, dir: 'auto', enterkeyhint: 'send', autocomplete: 'off',
    autocapitalize: 'sentences',
  });
  const send = h('button.send',
    { type: 'submit', 'aria-label': t.send, title: t.send }, icon('send'));
  const lock = icon('lock');
  const answer = h('output.answer');
  element.className = 'composer';
  element.append(h('div.hints', hint, counter), answer,
    h('div.box', lock, label, field, send));

  const sent = ['']; // to be recalled; behind the last is the empty line
  let recalled = 0; // the one of them in the field
  let round = {}; // of completions: what they follow, and where they start
  let state; // the last one told
  let announced = 0; // when typing was announced; 0: it was not

  // How many characters may be added.
  function count() {
    const { text: limit } = state.limits;
    const text = tidy(field.value);
    const n = length(text);
    const left = limit - n;
    setText(counter, left < 0 ? t.over(-left)
      : n >= MANY * limit ? t.left(left) : '');
    element.classList.toggle('over', left < 0);
    send.disabled = left < 0 || text === '';
  }

  // Where CSS cannot let the field grow with its text.
  function grow() {
    if (CSS.supports('field-sizing', 'content'))
      return;
    field.style.height = 'auto';
    field.style.height = `${field.scrollHeight}px`;
  }

  function announce(active) {
    const now = Date.now();
    if (active ? now - announced < STILL_TYPING : announced === 0)
      return;
    announced = active ? now : 0;
    onTyping(active);
  }

  function changed() {
    count();
    grow();
    onDraft(field.value);
  }

  function write(text) {
    field.value = text;
    changed();
  }

  function submit() {
    if (send.disabled)
      return;
    const text = field.value;
    write('');
    setText(answer, '');
    announced = 0; // the message itself ends it
    if (onSend(text) === false)
      write(text);
    else
      sent.splice(-1, 0, text);
  }

  // From the empty field back through what was sent, and forth.
  function recall(step) {
    if (field.value === '')
      recalled = sent.length - 1;
    const text = sent[recalled + step];
    if (field.value !== sent[recalled] || text === undefined)
      return false;
    recalled += step;
    write(text);
    return true;
  }

  // The name that the word before the caret may stand for; then the next one.
  function complete() {
    const caret = field.selectionStart;
    const before = field.value.slice(0, caret);
    if (before !== round.before) {
      const start = before.search(/\S+$/);
      const names = start < 0 ? []
        : completions(before.slice(start), namesFor(state));
      round = { start, names };
    }
    const { start, names } = round;
    if (names.length === 0)
      return false;
    const [name] = names;
    field.setRangeText(`${name} `, start, caret, 'end');
    changed();
    names.push(names.shift());
    if (names.length > 1)
      round.before = `${before.slice(0, start)}${name} `;
    return true;
  }

  // What is true takes the key for itself.
  const keys = {
    Enter: () => (submit(), true),
    Escape: () => setText(answer, ''),
    Tab: complete,
    ArrowUp: () => recall(-1),
    ArrowDown: () => recall(1),
  };

  field.addEventListener('input', () => {
    changed();
    announce(/^[^/]/.test(field.value)); // a command is not for the others
  });
  // A key that ends the composition of a character is not ours; 229 is how
  // some browsers say so.
  field.addEventListener('keydown', (event) => {
    const { key, keyCode, shiftKey, ctrlKey, altKey, metaKey } = event;
    const isOther = event.isComposing || keyCode === 229 ||
      shiftKey || ctrlKey || altKey || metaKey;
    if (!isOther && Object.hasOwn(keys, key) && keys[key]())
      event.preventDefault();
  });
  element.addEventListener('submit', (event) => {
    event.preventDefault();
    submit();
    field.focus();
  });

  function update(next, now) {
    const { current } = next;
    const { name, draft = '' } = next.conversations.get(current);
    const isMoved = current !== state?.current;
    state = next;
    if (isMoved) {
      announced = 0;
      field.value = draft;
      setText(answer, '');
      grow();
    }
    const isPrivate = current !== EVERYONE;
    const audience = isPrivate ? t.toOne(name) : t.toEveryone;
    setText(label, audience);
    field.placeholder = audience;
    element.classList.toggle('private', isPrivate);
    lock.toggleAttribute('hidden', !isPrivate);
    const names = typists(next, current, now);
    setText(hint, names.length ? t.typing(names)
      : next.live || isJoining(next) ? '' : t.later);
    count();
  }

  return Object.assign(update, {
    focus: () => field.focus(),
    // Says something to the writer alone, until the next Enter or Escape.
    answer: (text) => setText(answer, text),
    // Writes text at the caret.
    insert(text) {
      field.focus();
      field.setRangeText(text, field.selectionStart, field.selectionEnd, 'end');
      changed();
    },
  });
}
