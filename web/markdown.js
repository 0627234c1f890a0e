// A little markdown, as a tree; pure.  Nodes are texts and { tag, children },
// where tag is one of strong em s code pre blockquote ul ol li a; an ol has a
// start, an a has a href.
//
// Whatever the text, the time is linear in its length, the depth is bounded,
// and so is the number of nodes; what is beyond stays as it was written.

// Of blocks within blocks, of marks that are open, of nodes in a text.
const DEEPEST = 4;
const OPEN = 8;
const MOST = 500;

export const parse = (text) => blocks(text.split('\n'), { nodes: MOST }, 0);

// --- Blocks: of lines ---

const FENCE = /^ {0,3}(`{3,})[^`]*$/;
const QUOTE = /^>(?: |$)/;
const ITEM = /^ {0,3}(?:[-*+]|(\d{1,9})[.)]) (?=\S)/;
const listOf = (line) => {
  const item = ITEM.exec(line);
  return item && (item[1] ? 'ol' : 'ul');
};

// left.nodes: how many more there may be.
function blocks(lines, left, depth) {
  const nodes = [];
  // The lines between from and i are in no block.
  let from = 0;
  let i = 0;

  function flush() {
    const text = lines.slice(from, i).join('\n').replace(/^\n+/, '').trimEnd();
    for (const [n, line] of text.split('\n').entries())
      append(nodes, ...(n ? ['\n'] : []), ...marked(line, left));
  }

  while (i < lines.length) {
    const isBlock = depth < DEEPEST && left.nodes > 0 &&
      [FENCE, QUOTE, ITEM].some((start) => start.test(lines[i]));
    if (!isBlock) {
      i++;
      continue;
    }
    flush();
    left.nodes--;
    const { node, end } = block(lines, i, left, depth);
    nodes.push(node);
    from = i = end;
  }
  flush();
  return nodes;
}

// The block that begins at a line, and where it ends.
function block(lines, start, left, depth) {
  let i = start;

  // The lines after i that belong together; i goes to the one after them.
  function take(belongs) {
    const first = ++i;
    while (i < lines.length && belongs(lines[i]))
      i++;
    return lines.slice(first, i);
  }

  function within(tag, inner) {
    left.nodes--;
    return { tag, children: blocks(inner, left, depth + 1) };
  }

  function list(tag) {
    const node = { tag, children: [] };
    if (tag === 'ol')
      node.start = parseInt(lines[i].trim(), 10);
    while (listOf(lines[i]) === tag && left.nodes > 0) {
      const first = lines[i].replace(ITEM, '');
      const rest = take((next) => next.startsWith('  '));
      node.children.push(
        within('li', [first, ...rest.map((next) => next.slice(2))]));
    }
    return node;
  }

  const line = lines[start];
  const fence = FENCE.exec(line)?.[1];
  if (fence) {
    const inner = take((next) => next.trim() !== fence);
    return { node: { tag: 'pre', children: [inner.join('\n')] }, end: i + 1 };
  }
  if (QUOTE.test(line)) {
    const inner = [line, ...take((next) => QUOTE.test(next))];
    const node = within('blockquote', inner.map((quoted) => quoted.slice(2)));
    return { node, end: i };
  }
  const node = list(listOf(line));
  return { node, end: i };
}

// Adds nodes; texts grow together.
function append(nodes, ...more) {
  for (const node of more) {
    if (typeof node === 'string' && typeof nodes.at(-1) === 'string')
      nodes.push(nodes.pop() + node);
    else if (node)
      nodes.push(node);
  }
}

// --- Marks: within a line ---

const TOKEN = new RegExp('\\\\[*~`[]|`+|\\*+|_+|~+|\\[|' +
  '(?<![\\p{L}\\p{N}])(?:https?://|mailto:)', 'giu');
const ADDRESS = /(?:https?:\/\/|mailto:)[^\s<>"`[\]]+/iy;
const LINK = new RegExp('\\[([^[\\]]+)\\]\\(((?:https?://|mailto:)' +
  '[^\\s()<>[\\]]*(?:\\([^\\s()<>[\\]]*\\)[^\\s()<>[\\]]*)*)\\)', 'iy');
const MARKS = { '*': 'em', _: 'em', '**': 'strong', '~~': 's' };

const matchAt = (pattern, text, at) => {
  pattern.lastIndex = at;
  return pattern.exec(text);
};

// Where the next run of as many backticks is, by where one is.
function pairs(text) {
  const found = new Map();
  // By the number of backticks.
  const next = new Map();
  for (const { 0: { length }, index } of [...text.matchAll(/`+/g)].reverse()) {
    found.set(index, next.get(length));
    next.set(length, index);
  }
  return found;
}

// An address without what belongs to the sentence around it.
function trimmed(address) {
  const count = (c) => address.split(c).length - 1;
  let unopened = count(')') - count('(');
  let end = address.length;
  for (; end > 0; end--) {
    const last = address[end - 1];
    if (!'.,;:!?\'*_~]}'.includes(last) && (last !== ')' || unopened-- <= 0))
      break;
  }
  return address.slice(0, end);
}

// The nodes of a line as it is read, with the marks that are open.
function growing(left) {
  const open = [{ mark: '', children: [] }];
  const add = (...nodes) => append(open.at(-1).children, ...nodes);
  const hold = (tag, children, more) => {
    left.nodes--;
    add({ tag, children, ...more });
  };

  // Gives up what was opened last.
  function drop() {
    const { mark, children } = open.pop();
    add(mark, ...children);
  }

  function close(opened) {
    while (open.at(-1) !== opened)
      drop();
    open.pop();
    hold(MARKS[opened.mark], opened.children);
  }

  return {
    add, hold,

    // A run of * or ~ or _, between two letters: it closes what it can, and
    // opens the rest.  Alone, they mean nothing in the middle of a word.
    emphasis(run, before = ' ', after = ' ') {
      const isAlone = run.length !== 2;
      const canClose = before !== ' ' && !(isAlone && /\w/.test(after));
      const canOpen = after !== ' ' && !(isAlone && /[\w\\]/.test(before));
      for (let rest = run; rest;) {
        const fits =
          open.filter(({ mark }) => mark && rest.startsWith(mark));
        const closed = canClose &&
          (fits.findLast(({ mark }) => mark === rest) ?? fits.at(-1));
        const mark = closed ? closed.mark
          : [rest.slice(0, 2), rest[0]].find((m) => MARKS[m]);
        if (closed)
          close(closed);
        else if (canOpen && open.length <= OPEN)
          open.push({ mark, children: [] });
        else
          add(mark);
        rest = rest.slice(mark.length);
      }
    },

    end() {
      while (open.length > 1)
        drop();
      return open[0].children;
    },
  };
}

// The nodes of a line; a label is in a link, and holds none.
function marked(text, left, isLabel = false) {
  const { add, hold, emphasis, end } = growing(left);
  const ticks = pairs(text);

  // What a token at a place makes; returns how much of the text that takes.
  function take(token, at) {
    const closing = ticks.get(at);
    let size = token.length;
    const [link, label, target] = matchAt(LINK, text, at) ?? [];
    const href = trimmed(matchAt(ADDRESS, text, at)?.[0] ?? '');
    if (token[0] === '\\') {
      add(token[1]);
    } else if (left.nodes <= 0) {
      add(token);
    } else if (closing) {
      const inner = text.slice(at + size, closing);
      hold('code', [inner.replace(/^ (.*\S.*) $/, '$1')]);
      size = closing + size - at;
    } else if (/^(\*{1,3}|_|~~)$/.test(token)) {
      emphasis(token, text[at - 1], text[at + size]);
    } else if (target && !isLabel && !label.includes('://')) {
      // A label that looks like an address may be there to deceive.
      hold('a', marked(label, left, true), { href: target });
      size = link.length;
    } else if (href.length > size && !isLabel) {
      hold('a', [href], { href });
      size = href.length;
    } else {
      add(token);
    }
    return size;
  }

  for (let at = 0; at < text.length;) {
    const found = matchAt(TOKEN, text, at);
    add(text.slice(at, found?.index));
    at = found ? found.index + take(found[0], found.index) : text.length;
  }
  return end();
}
