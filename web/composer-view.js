// Where one writes.  It works the same with and without a connection; what was
// begun in a conversation is kept there.

import { EVERYONE, typists } from './store.js';
import { length, tidy } from './protocol.js';
import { completions } from './commands.js';
import { h, icon, setText } from './dom.js';
import { texts } from './texts.js';

const t = texts.composer;
const FEW = 0.1; // of the limit: so few characters left are counted
const STILL_TYPING = 4000; // between two announcements

// actions: onSend(text), which is false if the text is to stay;
// onDraft(text); onTyping(active); namesFor(state), the likeliest first.
export function composerView(element, { onSend, onDraft, onTyping, namesFor }) {
  const hint = h('span', { class: 'typing' });
  const counter = h('span', { class: 'counter', role: 'status' });
  const label = h('label', { for: 'text', class: 'unseen' });
  const field = h('textarea', {
    id: 'text', rows: 1, dir: 'auto', enterkeyhint: 'send', autocomplete: 'off',
    autocapitalize: 'sentences',
  });
  const send = h('button', {
    type: 'submit', class: 'send', 'aria-label': t.send, title: t.send,
  }, icon('send'));
  const lock = icon('lock');
  const answer = h('output', { class: 'answer' });
  element.className = 'composer';
  element.append(
    h('div', { class: 'hints' }, hint, counter), answer,
    h('div', { class: 'box' }, lock, label, field, send));

  const sent = []; // to be recalled
  let recalled = 0; // the one of them in the field, or behind the last
  let round = null; // of completions: { start, end, names, value }
  let state; // the last one told
  let announced = 0; // when typing was announced; 0: it was not

  const left = () => state.limits.text - length(tidy(field.value));

  function count() {
    const n = left();
    setText(counter, n < 0 ? t.over(-n)
      : n <= FEW * state.limits.text ? t.left(n) : '');
    element.classList.toggle('over', n < 0);
    send.disabled = n < 0 || tidy(field.value) === '';
  }

  // Where CSS cannot let the field grow with its text.
  function grow() {
    if (CSS.supports('field-sizing', 'content'))
      return;
    field.style.height = 'auto';
    field.style.height = `${field.scrollHeight}px`;
  }

  function announce(active, now) {
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
    const text = field.value;
    if (tidy(text) === '' || left() < 0)
      return;
    write('');
    setText(answer, '');
    announced = 0; // the message itself ends it
    if (onSend(text) === false)
      write(text);
    else
      recalled = sent.push(text);
  }

  // From the empty field back through what was sent, and forth.
  function recall(step) {
    if (field.value === '')
      recalled = sent.length;
    const next = recalled + step;
    const isOurs = field.value === (sent[recalled] ?? '');
    if (!isOurs || next < 0 || next > sent.length)
      return false;
    recalled = next;
    write(sent[next] ?? '');
    return true;
  }

  // The name that the word before the caret may stand for; then the next one.
  function complete() {
    const caret = field.selectionStart;
    if (round?.value !== field.value || round.end !== caret) {
      const start = field.value.slice(0, caret).search(/\S+$/);
      const word = field.value.slice(start, caret);
      const names = start < 0 ? [] : completions(word, namesFor(state));
      round = { start, names };
    }
    const { start, names } = round;
    if (names.length === 0)
      return false;
    field.setRangeText(`${names[0]} `, start, caret, 'end');
    names.push(names.shift());
    changed();
    round = names.length === 1 ? null
      : { start, names, value: field.value, end: field.selectionStart };
    return true;
  }

  const keys = {
    Enter: () => (submit(), true),
    Escape: () => (setText(answer, ''), false),
    Tab: complete,
    ArrowUp: () => recall(-1),
    ArrowDown: () => recall(1),
  };

  field.addEventListener('input', () => {
    changed();
    announce(field.value !== '', Date.now());
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
    }
    const isPrivate = current !== EVERYONE;
    const audience = isPrivate ? t.toOne(name) : t.toEveryone;
    setText(label, audience);
    field.placeholder = audience;
    element.classList.toggle('private', isPrivate);
    lock.toggleAttribute('hidden', !isPrivate);
    const names = typists(next, current, now);
    setText(hint, names.length ? t.typing(names)
      : next.live || next.by === null ? '' : t.later);
    count();
    if (isMoved)
      grow();
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
