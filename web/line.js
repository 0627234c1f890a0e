// What a line that begins with a slash means.  Pure; commands.js does it.

import { fold } from './protocol.js';

// A command as { name, rest }: one word after a slash.  Null for a text, which
// a path is, too.
export function commandIn(text) {
  const found = /^\/([a-z]+)(?:\s+([^]*))?$/i.exec(text);
  return found &&
    { name: found[1].toLowerCase(), rest: found[2]?.trimEnd() ?? '' };
}

// Of "NAME TEXT", both: the longest of names that it begins with, spaces
// included; else the first word is the name.
export function addressed(rest, names) {
  const said = rest.replace(/^@/, '');
  const begins = (name) => fold(`${said} `).startsWith(`${fold(name)} `);
  const [name = said.split(/\s/, 1)[0]] =
    names.filter(begins).sort((a, b) => b.length - a.length);
  return { name, text: said.slice(name.length).trim() };
}
