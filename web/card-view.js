// The card that stands alone on the page: it asks for a name, or says why
// there is no chat.

import { BAD_NAME, nameFault, pageAddress } from './protocol.js';
import {
  copy, h, icon, quietButton, setAttribute, setInitial, setText,
} from './dom.js';
import { here } from './storage.js';
import { texts } from './texts.js';

function card(element, title, ...children) {
  element.replaceChildren(
    h('div.card', icon('mark'), h('h1', title), ...children));
}

// Asks for a name, with one to begin with; fault is why it was refused.
export function joinView(element, { name, fault = null }) {
  const t = texts.join;
  const initial = h('span', { 'aria-hidden': 'true' });
  const field = h('input', {
    id: 'name', type: 'text', value: name, autocomplete: 'nickname',
    autocapitalize: 'words', spellcheck: 'false', enterkeyhint: 'go',
    'aria-describedby': 'name-error name-hint', dir: 'auto',
  });
  const error = h('p', { id: 'name-error', class: 'error', role: 'alert' });

  function show(why) {
    setText(error, why ? t.faults[why] : '');
    setAttribute(field, 'aria-invalid', why !== null && 'true');
  }
  const paint = () => setInitial(initial, field.value.trim());
  function submit(event) {
    event.preventDefault();
    const typed = field.value.trim();
    const why = nameFault(typed);
    show(why);
    if (why === null)
      location.assign(pageAddress(typed));
    else
      field.focus();
  }

  field.addEventListener('input', () => (show(null), paint()));
  card(element, t.title,
    h('form', { onsubmit: submit },
      h('label', { for: 'name' }, t.label),
      h('div.field.line', initial, field),
      error,
      h('button', { type: 'submit', class: 'primary' }, t.button),
      h('p', { id: 'name-hint', class: 'hint' }, t.hint)));
  paint();
  show(fault);
  field.focus();
  field.select();
}

// Says why this window has stopped trying.  unsent: texts that did not go out.
export function stoppedView(element, { code, unsent }) {
  const t = texts.stopped;
  const [title, advice, action] = code === BAD_NAME
    ? [t.badName, t.badNameAdvice, otherName()]
    : [t.refused, t.refusedAdvice, again()];
  card(element, title, h('p', { role: 'alert' }, advice),
    kept(unsent), action, h('p.code', t.code(code)));
}

const again = () => h('button', {
  type: 'button', class: 'primary', onclick: () => location.reload(),
}, texts.stopped.again);

const otherName = () =>
  h('a.primary', { href: '/', onclick: here.leave }, texts.stopped.otherName);

function kept(unsent) {
  if (unsent.length === 0)
    return null;
  const text = unsent.join('\n\n');
  const shown = h('pre', { tabindex: '0', dir: 'auto' }, text);
  const button = quietButton(texts.copy, () => copy(text, button, shown));
  return h('div.kept',
    h('p', texts.stopped.unsent), shown, button);
}
