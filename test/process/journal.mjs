// A journal, read by what its format says and nothing else: JSON, CRC-32, HMAC.
//
//   const j = readJournal(folder)
//   j.log      the name of the numbering; null: there is no segment
//   j.firsts   the numbers that segments begin with
//   j.entries  messages that count, in order, as objects: with key and users
//              as in version 1, whichever their line is of
//   j.skips    { skip, seq }: numbers that were left out
//   j.bad      { file, at, bytes, last }: lines that are none; last: at the
//              end of the journal, where a write may have been torn
//   j.refused  lines that a later segment has made void, whole or not
//   j.secret   32 bytes; null: there is none
//
// and what ties its entries to a session: hashes keyed with the secret.

import { createHmac } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const TABLE = Int32Array.from({ length: 256 }, (_, i) => {
  for (let bit = 0; bit < 8; bit++)
    i = i & 1 ? i >>> 1 ^ 0xedb88320 : i >>> 1;
  return i;
});

function crc32(bytes) {
  let crc = -1;
  for (const byte of bytes)
    crc = TABLE[(crc ^ byte) & 255] ^ crc >>> 8;
  return ((crc ^ -1) >>> 0).toString(16).padStart(8, '0');
}

const SUM = ',"sum":"12345678"}'.length;

// The object of a line; null: it is none.
export function parseLine(line) {
  try {
    const object = JSON.parse(new TextDecoder('utf-8', { fatal: true })
      .decode(line));
    const end = `,"sum":"${crc32(line.subarray(0, -SUM))}"}`;
    return line.subarray(-SUM).toString() === end ? object : null;
  } catch {
    return null;
  }
}

// The line of an object, with a newline.
export function writeLine(object) {
  const text = JSON.stringify(object).slice(0, -1);
  return `${text},"sum":"${crc32(Buffer.from(text))}"}\n`;
}

export const segmentsOf = (folder) =>
  readdirSync(folder).filter((name) => /^\d{16}\.log$/.test(name)).sort();

export const firstOf = (file) => Number(file.slice(0, 16));

function* linesOf(bytes) {
  for (let at = 0; at < bytes.length;) {
    const newline = bytes.indexOf(10, at);
    const end = newline < 0 ? bytes.length : newline + 1;
    yield { at, bytes: end - at,
      line: newline < 0 ? null : parseLine(bytes.subarray(at, newline)) };
    at = end;
  }
}

function readSecret(folder) {
  try {
    const line = readFileSync(join(folder, 'secret'));
    return Buffer.from(parseLine(line.subarray(0, -1)).secret, 'base64url');
  } catch {
    return null;
  }
}

function plain(secret, all) {
  const { masked, send, ...line } = all;
  if (send !== undefined)
    line.key = send;
  if (masked !== undefined)
    line.users = unmask(secret, all);
  return line;
}

export function readJournal(folder) {
  const names = segmentsOf(folder);
  const j = { log: null, firsts: names.map(firstOf), entries: [], skips: [],
    bad: [], refused: 0, secret: readSecret(folder) };
  names.forEach((file, i) => {
    const end = j.firsts[i + 1] ?? Infinity;
    const before = j.bad.length;
    let next = j.firsts[i];
    const all = readFileSync(join(folder, file));
    for (const { at, bytes, line } of linesOf(all)) {
      const head = [1, 2].includes(line?.journal) && line.secret === undefined;
      if (line === null || head !== (at === 0) || line.segment !== undefined)
        j.bad.push({ file, at, bytes });
      else if (head)
        j.log = line.log;
      else if ((line.skip ?? line.seq) >= end)
        j.refused++;
      else {
        (line.skip === undefined ? j.entries : j.skips)
          .push(plain(j.secret, line));
        next = line.seq + 1;
      }
    }
    if (next === end) // up to there nothing is missing
      j.refused += j.bad.splice(before).length;
    for (const bad of j.bad)
      bad.last = bad.file === file;
  });
  return j;
}

// The last number that is in a journal, be it left out.
export const lastOf = (j) =>
  Math.max(0, j.entries.at(-1)?.seq ?? 0, j.skips.at(-1)?.seq ?? 0);

const sized = (text) => {
  const bytes = Buffer.from(text);
  const size = Buffer.alloc(4);
  size.writeUInt32BE(bytes.length);
  return Buffer.concat([size, bytes]);
};

function hash(secret, ...parts) {
  const hmac = createHmac('sha256', secret);
  for (const part of parts)
    hmac.update(part);
  return hmac.digest();
}

const fold = (name) => name.replace(/[A-Z]/g, (c) => c.toLowerCase());

// How a user is called in a private line without its text.
export const userHash = (secret, name) =>
  hash(secret, 'user', sized(fold(name))).subarray(0, 8).toString('base64url');

const word = (number) => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(number));
  return bytes;
};

// The two users of a private line.
function unmask(secret, { seq, time, masked }) {
  const mask = hash(secret, 'mask', word(seq), word(time));
  return masked.map((user, i) => Buffer.from(Buffer.from(user, 'base64url')
    .map((byte, at) => byte ^ mask[8 * i + at])).toString('base64url'));
}

// What names a send: of the session whose public id is by.
export function keyOf(secret, by, { ref, to, text }) {
  const id = Buffer.from(by, 'base64url');
  const send = hash(secret, 'send', id, sized(ref));
  const content = hash(secret, 'said', id, sized(ref), 'text',
    ...to === undefined ? [] : [sized(fold(to))], sized(text));
  return Buffer.concat([send.subarray(0, 16), content.subarray(0, 8)])
    .toString('base64url');
}
