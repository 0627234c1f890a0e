// Making and updating elements.  User text reaches the page through here, as
// text nodes and nothing else.

import { colourOf, initialOf } from './names.js';

const SVG = 'http://www.w3.org/2000/svg';

// A file beside this one, wherever that is.
export const fileAddress = (name) => new URL(name, import.meta.url).pathname;

const ICONS = fileAddress('icons.svg');

// h('button.quiet', { onclick: f, hidden: true }, 'text', child): a tag, its
// classes, attributes if any, children.  Attributes that begin with "on" are
// listeners; those that are false or undefined, and children that are null, are
// left out.
export function h(selector, ...children) {
  const [tag, ...classes] = selector.split('.');
  const element = document.createElement(tag);
  element.className = classes.join(' ');
  const attributes =
    children[0]?.constructor === Object ? children.shift() : {};
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on'))
      element.addEventListener(name.slice(2), value);
    else
      setAttribute(element, name, value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

export function icon(name) {
  const svg = document.createElementNS(SVG, 'svg');
  const use = document.createElementNS(SVG, 'use');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  use.setAttribute('href', `${ICONS}#i-${name}`);
  svg.append(use);
  return svg;
}

// A button that shows an icon and is called label.
export const iconButton = (name, label, attributes) => h('button',
  { type: 'button', class: 'tool', 'aria-label': label, title: label,
    ...attributes }, icon(name));

export const quietButton = (label, onclick) =>
  h('button', { type: 'button', class: 'quiet', onclick }, label);

// Only screen readers and the clipboard notice.
export const unseen = (text) => h('span.unseen', text);

export function setText(element, text) {
  if (element.textContent !== text)
    element.textContent = text;
}

export function setAttribute(element, name, value) {
  if (value === undefined || value === false)
    element.removeAttribute(name);
  else if (element.getAttribute(name) !== String(value))
    element.setAttribute(name, value === true ? '' : value);
}

// The initial of a name, in its colour.
export function setInitial(element, name) {
  const look = `initial ${name ? colourOf(name) : 'none'}`;
  if (element.className !== look)
    element.className = look;
  setText(element, initialOf(name));
}

// A list of elements that follows a list of items: create(item) makes one, and
// its update(item) brings it up to date.  Elements that stay are neither made
// anew nor moved without need, so focus and selection survive.
export function keyedList(parent, { key, create }) {
  let elements = new Map();
  return (items) => {
    const next = new Map();
    for (const item of items)
      next.set(key(item), elements.get(key(item)) ?? create(item));
    for (const [id, element] of elements)
      if (!next.has(id))
        element.remove();
    let place = parent.firstElementChild;
    for (const item of items) {
      const element = next.get(key(item));
      element.update(item);
      if (element === place)
        place = place.nextElementSibling;
      else
        parent.insertBefore(element, place);
    }
    elements = next;
  };
}

// Copies text; where the page may not, selects it in shown for the reader to
// copy.  The button shows that it is done.
export async function copy(text, button, shown) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    getSelection().selectAllChildren(shown);
    return;
  }
  button.classList.add('done');
  setTimeout(() => button.classList.remove('done'), 1500);
}
