// The input box, which works with and without a connection alike.  What was
// begun in a conversation stays there.  What a line does is not known here, nor
// who may be meant.

import { EVERYONE, isJoining, typists } from './store.js';
import { length, tidy } from './protocol.js';
import { completer } from './completer.js';
import { h, icon, setText } from './dom.js';
import { recallOf } from './recall.js';
import { texts } from './texts.js';

const t = texts.composer;

// From this share of the limit on, the characters that are left are counted.
const MANY = 0.9;
// The time between two announcements of typing, in ms.
const STILL_TYPING = 4000;

// actions: onSend(text), which is false if the text is to stay;
// onDraft(text); onTyping(active); names(), the likeliest first.
export function composerView(element, { onSend, onDraft, onTyping, names }) {
  const parts = build(element);
  const { field, send, answer } = parts;
  const announcer = announcerOf(onTyping);
  const recall = recallOf();
  const editor = editorOf(field, () => {
    count(element, parts, state.limits.text);
    onDraft(field.value);
  });
  let state;

  function submit() {
    if (send.disabled)
      return;
    const text = field.value;
    editor.write('');
    dismiss();
    // The message itself ends it.
    announcer.forget();
    if (onSend(text) === false)
      editor.write(text);
    else
      recall.add(text);
  }

  // Says something to the writer alone, until the next Enter or Escape.
  const tell = (text) => setText(answer, text);
  const dismiss = () => tell('');

  listen(element, field, {
    submit,
    onInput() {
      editor.changed();
      // A command is not for the others.
      announcer.announce(/^[^/]/.test(field.value));
    },
    keys: keysOf(field, editor, { submit, dismiss, recall, names }),
  });

  function update(next, now) {
    if (next.current !== state?.current) {
      announcer.forget();
      editor.load(next.conversations.get(next.current).draft ?? '');
      dismiss();
    }
    state = next;
    show(element, parts, state, now);
    count(element, parts, state.limits.text);
  }

  return Object.assign(update, {
    focus: () => field.focus(),
    insert: editor.insert,
    answer: tell,
  });
}

function build(element) {
  const parts = {
    hint: h('span.typing'),
    counter: h('span.counter', { role: 'status' }),
    label: h('label.unseen', { for: 'text' }),
    field: h('textarea', {
      id: 'text', rows: 1, dir: 'auto', enterkeyhint: 'send',
      autocomplete: 'off', autocapitalize: 'sentences',
    }),
    send: h('button.tool.send',
      { type: 'submit', 'aria-label': t.send, title: t.send }, icon('send')),
    lock: icon('lock'),
    answer: h('output.answer'),
  };
  element.className = 'composer';
  element.append(h('div.hints.line', parts.hint, parts.counter), parts.answer,
    h('div.box', parts.lock, parts.label, parts.field, parts.send));
  return parts;
}

// The ways to change the field; onChange() is called after each.
function editorOf(field, onChange) {
  function changed() {
    grow(field);
    onChange();
  }

  // Replaces what is between two places, and leaves the caret after it.
  function put(text, start, end) {
    field.setRangeText(text, start, end, 'end');
    changed();
  }

  return {
    changed, put,

    write(text) {
      field.value = text;
      changed();
    },

    // Writes text at the caret.
    insert(text) {
      field.focus();
      put(text, field.selectionStart, field.selectionEnd);
    },

    // Shows what is known already.
    load(text) {
      field.value = text;
      grow(field);
    },
  };
}

// What keys do besides writing.  One that returns true has done all that there
// is to do.
function keysOf(field, editor, { submit, dismiss, recall, names }) {
  const complete = completer();

  function goBack(steps) {
    const line = recall.go(field.value, steps);
    if (line !== undefined)
      editor.write(line);
    return line !== undefined;
  }

  function completeName() {
    const caret = field.selectionStart;
    const found = complete(field.value.slice(0, caret), names);
    if (found)
      editor.put(`${found.name} `, found.start, caret);
    return found !== null;
  }

  return {
    Enter: () => (submit(), true),
    Escape: dismiss,
    Tab: completeName,
    ArrowUp: () => goBack(-1),
    ArrowDown: () => goBack(1),
  };
}

function listen(element, field, { keys, onInput, submit }) {
  field.addEventListener('input', onInput);
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
}

// Where the text goes, and who else is writing.
function show(element, { label, field, lock, hint }, state, now) {
  const { current } = state;
  const isPrivate = current !== EVERYONE;
  const audience = isPrivate
    ? t.toOne(state.conversations.get(current).name) : t.toEveryone;
  setText(label, audience);
  field.placeholder = audience;
  element.classList.toggle('private', isPrivate);
  lock.toggleAttribute('hidden', !isPrivate);
  const names = typists(state, current, now);
  setText(hint, names.length ? t.typing(names)
    : state.live || isJoining(state) ? '' : t.later);
}

// How many characters may be added.
function count(element, { field, counter, send }, limit) {
  const text = tidy(field.value);
  const n = length(text);
  const left = limit - n;
  setText(counter, left < 0 ? t.over(-left)
    : n >= MANY * limit ? t.left(left) : '');
  element.classList.toggle('over', left < 0);
  send.disabled = left < 0 || text === '';
}

// Where CSS cannot let the field grow with its text.
function grow(field) {
  if (CSS.supports('field-sizing', 'content'))
    return;
  field.style.height = 'auto';
  field.style.height = `${field.scrollHeight}px`;
}

// Tells that somebody types, but not with every letter, and that it is over.
function announcerOf(tell) {
  // When it was told; 0 if it was not.
  let told = 0;
  return {
    forget: () => told = 0,
    announce(active) {
      const now = Date.now();
      if (active ? now - told < STILL_TYPING : told === 0)
        return;
      told = active ? now : 0;
      tell(active);
    },
  };
}
