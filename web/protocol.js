// The wire, chat.v1: frames as text on one side and plain objects on the
// other, the addresses they travel to, and the rules that the server keeps for
// names and texts, so that the page can say no before the server does.  No
// state, no clock, no socket: socket.js moves frames, store.js gives them
// meaning.

export const SUBPROTOCOL = 'chat.v1';

// Close codes from here on mean that trying again does not help.
const FINAL = 4500;

export const closes = {
  isFinal: (code) => code >= FINAL && code < 5000,
  tooBig: 1009,
};

// What a frame must have to be of use here.  Frames of other types pass as
// they are: their seq, if they have one, still counts.
const shapes = {
  welcome: { name: 'string', session: 'string', by: 'string' },
  sync: { log: 'string', from: 'number', to: 'number', resumed: 'boolean' },
  users: { online: 'number', names: 'array' },
  message: { seq: 'number', time: 'number', from: 'string', text: 'string' },
  presence: { online: 'number', joined: 'array', left: 'array' },
  ack: { ref: 'string', seq: 'number', time: 'number' },
  error: { code: 'string' },
  typing: { from: 'string', active: 'boolean' },
  history: { before: 'number', more: 'boolean', entries: 'array' },
  pong: {},
  bye: {},
};

const is = {
  string: (value) => typeof value === 'string',
  boolean: (value) => typeof value === 'boolean',
  number: Number.isSafeInteger,
  array: Array.isArray,
};

function wellFormed(frame) {
  if (frame === null || typeof frame !== 'object')
    return false;
  if (typeof frame.type !== 'string')
    return false;
  const shape = Object.hasOwn(shapes, frame.type) ? shapes[frame.type] : {};
  return Object.keys(shape).every((member) => is[shape[member]](frame[member]));
}

// The frame in one text, or null if it is none.
export function decode(text) {
  let frame;
  try {
    frame = JSON.parse(text);
  } catch {
    return null;
  }
  if (!wellFormed(frame))
    return null;
  if (frame.type === 'history') {
    const isEntry = (e) => wellFormed(e) && e.type === 'message';
    return { ...frame, entries: frame.entries.filter(isEntry) };
  }
  return frame;
}

// Members that are undefined are left out.
export const encode = {
  message: ({ ref, text, to }) =>
    JSON.stringify({ type: 'message', ref, text, to }),
  typing: ({ to, active }) => JSON.stringify({ type: 'typing', to, active }),
  history: ({ before, limit }) =>
    JSON.stringify({ type: 'history', before, limit }),
  ping: ({ ref }) => JSON.stringify({ type: 'ping', ref }),
};

// Where a window joins.  origin is that of the page; session, after and
// history are left out when undefined.
export function socketAddress(origin, { name, session, after, history }) {
  const url = new URL(`/ws/${encodeURIComponent(name)}`, origin);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  for (const [key, value] of Object.entries({ session, after, history }))
    if (value !== undefined)
      url.searchParams.set(key, value);
  return url.href;
}

// Paths that the server keeps for itself, though they could be names.
const TAKEN = ['ws', 'healthz', 'readyz', 'metrics'];

// The page that joins under a name: /NAME, or /?name=NAME where a path of one
// segment would mean something else (a file, or a page of the server's own).
export function pageAddress(name) {
  const encoded = encodeURIComponent(name);
  return name.includes('.') || TAKEN.includes(name)
    ? `/?name=${encoded}` : `/${encoded}`;
}

// The name that a page's address asks for; null where it asks for none.
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
export function fold(name) {
  return name.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

// Length as the server counts it: code points.
export function length(text) {
  let n = 0;
  for (const _ of text)
    n++;
  return n;
}

const bytes = (text) => new TextEncoder().encode(text).length;

const NAME_POINTS = 32;
const NAME_BYTES = 64;

// Controls, format characters, surrogates, private use, separators other than
// a plain space, noncharacters, and what would be read as part of an address.
const NOT_IN_NAMES = new RegExp('[\\p{Cc}\\p{Cf}\\p{Cs}\\p{Co}\\p{Zl}\\p{Zp}' +
  '\\p{Noncharacter_Code_Point}/?#%]|(?! )\\p{Zs}', 'u');

// Why a name is none: 'none', 'long' or 'character'; null if it is one.
export function nameFault(name) {
  if (name === '')
    return 'none';
  if (length(name) > NAME_POINTS || bytes(name) > NAME_BYTES)
    return 'long';
  if (NOT_IN_NAMES.test(name) || /^ | $/.test(name) || /^\.\.?$/.test(name))
    return 'character';
  return null;
}

// A text as it may travel: half characters replaced, U+0000 dropped, no empty
// lines around it.  '' if nothing is left to say.
export function tidy(text) {
  return text.replace(/\p{Cs}/gu, '\ufffd').replace(/\0/g, '')
    .replace(/^\s*\n/, '').trimEnd();
}

// How much too long a text is, in code points; 0 if it fits.  limits is what
// welcome says: of the text itself, and of the whole frame in bytes.
export function excess(text, limits) {
  const over = length(text) - limits.text;
  if (over > 0)
    return over;
  const frame = encode.message({ ref: 'x'.repeat(64), text, to: '' });
  const room = limits.message - NAME_BYTES;
  return Math.max(0, bytes(frame) - room);
}
