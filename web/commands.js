// The commands: what each does.  How a line is taken apart is in line.js.

import { addressed, commandIn } from './line.js';
import { nameFault } from './protocol.js';
import { texts } from './texts.js';

const t = texts.composer;

// Each takes the rest of its line, and the reader of reader.js.  A text that it
// returns is for the reader alone.
const commands = {
  me: (rest, { say }) => rest ? say(`/me ${rest}`) : t.help,

  msg(rest, { names, open, say }) {
    const { name, text } = addressed(rest, names());
    if (nameFault(name))
      return t.help;
    open(name);
    if (text)
      say(text);
  },

  who: (rest, { online }) => t.who(online()),
  help: () => t.help,
  clear: (rest, { clear }) => clear(),
};

// Says a line, or does what it commands.  Returns { answer, isDone }: what the
// reader is told, and whether the line has had its effect.
export function obey(line, reader) {
  const { name, rest } = commandIn(line) ?? {};
  if (name === undefined)
    return { answer: reader.say(line) ?? '', isDone: true };
  if (!Object.hasOwn(commands, name))
    return { answer: t.unknown(name), isDone: false };
  return { answer: commands[name](rest, reader) ?? '', isDone: true };
}
