// The wire, chat.v1: frames as text and as objects, the addresses they travel
// to, and what the server takes for a name and a text.  Pure.

export const SUBPROTOCOL = 'chat.v1';

// Close codes: of a frame, of a name; and whether it is no use to try again.
export const TOO_BIG = 1009;
export const BAD_NAME = 4500;
export const isFinal = (code) => code >= 4500 && code < 5000;

// The frame in a text, of a type that may be unknown here; null if it is none.
export function decode(text) {
  try {
    const frame = JSON.parse(text);
    return typeof frame?.type === 'string' ? frame : null;
  } catch {
    return null;
  }
}

// Takes the members named, and leaves out those that are undefined.
const encoder = (type, ...members) => (frame) =>
  JSON.stringify({ ...frame, type }, ['type', ...members]);

export const encode = {
  message: encoder('message', 'ref', 'text', 'to'),
  typing: encoder('typing', 'to', 'active'),
  history: encoder('history', 'before', 'limit'),
  ping: encoder('ping', 'ref'),
};

// Where a window of the page at origin joins; parameters that are undefined are
// left out.
export function socketAddress(origin, { name, ...parameters }) {
  const url = new URL(
    `/ws/${encodeURIComponent(name)}`, origin.replace('http', 'ws'));
  for (const [key, value] of Object.entries(parameters))
    if (value !== undefined)
      url.searchParams.set(key, value);
  return url.href;
}

// Paths that the server keeps for itself, though they could be names.
const TAKEN = ['ws', 'healthz', 'readyz', 'metrics'];

// The page that joins under a name: /NAME, or /?name=NAME where that path is a
// file, or the server's own.
export const pageAddress = (name) =>
  (name.includes('.') || TAKEN.includes(name) ? '/?name=' : '/') +
  encodeURIComponent(name);

// The name that the address of a page asks for; null where it asks for none.
export function nameInAddress({ pathname, search }) {
  if (pathname === '/' || pathname === '/index.html')
    return new URLSearchParams(search).get('name') || null;
  try {
    return decodeURIComponent(pathname.slice(1));
  } catch {
    return pathname.slice(1);
  }
}

// Two spellings that differ in ASCII case alone are one user.
export const fold = (name) =>
  name.replace(/[A-Z]/g, (letter) => letter.toLowerCase());

// Length as the server counts it: code points.
export const length = (text) => [...text].length;

// What cannot be seen, or would be read as a part of the address; white space
// other than single spaces inside; one dot or two alone.
const NOT_IN_NAMES = new RegExp([
  /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{NChar}\u2800\u{1d159}/?#%]|(?! )\p{Z}/u,
  /^ | $| {2}|^\.\.?$/u,
  // Selectors of a look, where there is nothing that has several.
  /(?!\p{VS})\p{DI}|(?<![^\0-\x7f\p{VS}])\p{VS}/u,
].map(({ source }) => source).join('|'), 'u');

// Why a name is none: 'none', 'long' or 'character'; null if it is one.
export function nameFault(name) {
  if (!name)
    return 'none';
  if (length(name) > 32 || new TextEncoder().encode(name).length > 64)
    return 'long';
  return NOT_IN_NAMES.test(name) ? 'character' : null;
}

// A text as it may travel: half characters replaced, control characters dropped
// or, if they end a line or a page, replaced by line feeds, no empty lines before
// it, no white space after it.  '' if nothing is left to see.
export function tidy(text) {
  const tidied = text.toWellFormed()
    .replace(/[\0-\x08\x0e-\x1f]/g, '').replace(/[\v\f]/g, '\n')
    .replace(/^\s*\n/, '').trimEnd();
  return SEEN.test(tidied) ? tidied : '';
}

// Something to see, as the server tells it.
const SEEN = /[^\s\p{DI}\p{Cc}\u2800\u{1d159}\ufff9-\ufffb]/u;
