// The text of a message as elements: what markdown.js found in it, with the
// reader's own name marked.

import { copy, h, quietButton } from './dom.js';
import { parse } from './markdown.js';
import { mentionOf } from './names.js';
import { texts } from './texts.js';

// A text of more lines scrolls in its row.
const TALL = 100;
const EMOJI = /^(?:\p{RGI_Emoji}\s*){1,3}$/v;

// name is whose mentions stand out.
export function textElement(text, name) {
  const element = h('div.text', { dir: 'auto' });
  element.classList.toggle('emoji', EMOJI.test(text));
  element.append(...elements(parse(text), mentionOf(name)));
  if (text.split('\n').length > TALL) {
    element.classList.add('tall');
    element.tabIndex = 0;
  }
  return element;
}

const elements = (nodes, mention) => nodes.flatMap((node) =>
  typeof node === 'string' ? marked(node, mention) : elementOf(node, mention));

function marked(text, mention) {
  const parts = [];
  let from = 0;
  for (const { 0: found, index } of text.matchAll(mention)) {
    parts.push(text.slice(from, index), h('mark', found));
    from = index + found.length;
  }
  return [...parts, text.slice(from)];
}

function elementOf({ tag, children, href, start }, mention) {
  if (tag === 'pre')
    return block(children);
  if (tag === 'code')
    return h(tag, ...children);
  return h(tag, { start, href, target: href && '_blank',
    rel: href && 'noopener noreferrer' }, ...elements(children, mention));
}

function block(lines) {
  const shown = h('pre', { tabindex: '0', dir: 'ltr' }, h('code', ...lines));
  const button =
    quietButton(texts.copy, () => copy(shown.textContent, button, shown));
  return h('div.block', shown, button);
}
