// Where one writes.  It works the same with and without a connection; each
// conversation keeps what was begun in it.

import { EVERYONE, typists } from './store.js';
import { length, tidy } from './protocol.js';
import { h, icon, setText } from './dom.js';
import { texts } from './texts.js';

const t = texts.composer;
const FEW = 0.1; // of the limit: so few characters left are counted
const STILL_TYPING = 4000; // between two announcements

// actions: onSend(text), onTyping(active).
export function composerView(element, { onSend, onTyping }) {
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
  element.className = 'composer';
  element.append(
    h('div', { class: 'hints' }, hint, counter),
    h('div', { class: 'box' }, lock, label, field, send));

  const drafts = new Map();
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
  }

  function submit() {
    const text = field.value;
    if (tidy(text) === '' || left() < 0)
      return;
    field.value = '';
    announced = 0; // the message itself ends it
    changed();
    onSend(text);
  }

  field.addEventListener('input', () => {
    changed();
    announce(field.value !== '', Date.now());
  });
  // An Enter that ends the composition of a character is not ours; 229 is how
  // some browsers say so.
  field.addEventListener('keydown', (event) => {
    const isComposing = event.isComposing || event.keyCode === 229;
    if (event.key !== 'Enter' || event.shiftKey || isComposing)
      return;
    event.preventDefault();
    submit();
  });
  element.addEventListener('submit', (event) => {
    event.preventDefault();
    submit();
    field.focus();
  });

  function open(key) {
    if (state) {
      drafts.set(state.current, field.value);
      announced = 0;
    }
    field.value = drafts.get(key) ?? '';
  }

  function update(next, now) {
    const { current } = next;
    const isMoved = current !== state?.current;
    if (isMoved)
      open(current);
    state = next;
    const isPrivate = current !== EVERYONE;
    const audience = isPrivate
      ? t.toOne(next.conversations.get(current).name) : t.toEveryone;
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
    text: () => tidy(field.value),
    // Writes text at the caret.
    insert(text) {
      field.focus();
      field.setRangeText(text, field.selectionStart, field.selectionEnd, 'end');
      changed();
    },
  });
}
