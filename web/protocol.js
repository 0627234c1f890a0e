// The wire, chat.v1: frames as text on one side and plain objects on the
// other, the addresses they travel to, and the rules for names and texts that
// the server keeps.  socket.js moves frames, store.js gives them meaning.

export const SUBPROTOCOL = 'chat.v1';

// Close codes: a frame, a name; and whether trying again does not help.
export const TOO_BIG = 1009;
export const BAD_NAME = 4500;
export const isFinal = (code) => code >= 4500 && code < 5000;

// The frame in one text, or null if it is none.  What a type brings along is
// the server's word; a type that is not known here is a frame, too.
export function decode(text) {
  try {
    const frame = JSON.parse(text);
    return typeof frame?.type === 'string' ? frame : null;
  } catch {
    return null;
  }
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
export const fold = (name) =>
  name.replace(/[A-Z]/g, (letter) => letter.toLowerCase());

// Length as the server counts it: code points.
export const length = (text) => [...text].length;

// Controls, format characters, surrogates, private use, separators other than
// a plain space, noncharacters, and what would be read as part of an address.
const NOT_IN_NAMES = new RegExp('[\\p{Cc}\\p{Cf}\\p{Cs}\\p{Co}\\p{Zl}\\p{Zp}' +
  '\\p{Noncharacter_Code_Point}/?#%]|(?! )\\p{Zs}', 'u');

// Why a name is none: 'none', 'long' or 'character'; null if it is one.
export function nameFault(name) {
  if (!name)
    return 'none';
  if (length(name) > 32 || new TextEncoder().encode(name).length > 64)
    return 'long';
  if (NOT_IN_NAMES.test(name) || /^ | $/.test(name) || /^\.\.?$/.test(name))
    return 'character';
  return null;
}

// A text as it may travel: half characters replaced, U+0000 dropped, no empty
// lines before it, no white space after it.  '' if nothing is left to say.
export const tidy = (text) =>
  text.replace(/\p{Cs}/gu, '\ufffd').replace(/\0/g, '')
    .replace(/^\s*\n/, '').trimEnd();
