// A little markdown: what it makes of what people write, and of what is
// written against it.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import test from 'node:test';
import { Worker } from 'node:worker_threads';
import { parse } from '../../web/markdown.js';

// A tree as one line: strong(a em(b)) for **a *b***.
function shown(node) {
  if (typeof node === 'string')
    return node;
  const { tag, children, href = '', start = '' } = node;
  return `${tag}${start}${href && `<${href}>`}(${children.map(shown).join('')})`;
}
const markdown = (text) => parse(text).map(shown).join('');

const cases = (name, pairs) => test(name, () => {
  for (const [text, expected] of Object.entries(pairs))
    assert.equal(markdown(text), expected, JSON.stringify(text));
});

cases('marks', {
  '**bold** *italic* _italic_ ~~gone~~ `code`':
    'strong(bold) em(italic) em(italic) s(gone) code(code)',
  '***both*** **a *b*** *a **b***':
    'strong(em(both)) strong(a em(b)) em(a strong(b))',
  '**a *b** c': 'strong(a *b) c',
  'in**side** a word': 'instrong(side) a word',
  '"*quoted*", (*in parentheses*)': '"em(quoted)", (em(in parentheses))',
  '**这是**重点': 'strong(这是)重点',
});

cases('what only looks like a mark', {
  'snake_case_name 2*3*4 __init__': 'snake_case_name 2*3*4 __init__',
  '¯\\_(ツ)_/¯': '¯\\_(ツ)_/¯',
  '2 * 3 * 4, a ** b ** c, ****, ~5~': '2 * 3 * 4, a ** b ** c, ****, ~5~',
  '**never closed': '**never closed',
  '*one line\nanother*': '*one line\nanother*',
  '\\*kept\\* \\`kept\\`': '*kept* `kept`',
  'a <b> & c': 'a <b> & c',
});

cases('code', {
  '`**a**` ``b`c`` ` d ` `e': 'code(**a**) code(b`c) code(d) `e',
  'x\n```js\na < b\n\n  **c**\n```\ny': 'xpre(a < b\n\n  **c**)y',
  '```\nnever closed': 'pre(never closed)',
  '````\n```\n````': 'pre(```)',
  '```in a line```': 'code(in a line)',
});

cases('quotes and lists', {
  '> a\n> **b**\nc': 'blockquote(a\nstrong(b))c',
  '>:( >_<': '>:( >_<',
  '- a\n- b\n  - c\n  d\n* e': 'ul(li(a)li(bul(li(c))d)li(e))',
  '3. a\n4. b': 'ol3(li(a)li(b))',
  '- a\n1. b': 'ul(li(a))ol1(li(b))',
  '-a\n- ': '-a\n-',
  'a\n\n\nb': 'a\n\n\nb',
  '> - a': 'blockquote(ul(li(a)))',
});

cases('links', {
  '[a *b*](https://x.y/z_(q))': 'a<https://x.y/z_(q)>(a em(b))',
  '[a](mailto:b@c.d)': 'a<mailto:b@c.d>(a)',
  'see http://a.b/c_(d). (https://x.y), HTTPS://X':
    'see a<http://a.b/c_(d)>(http://a.b/c_(d)). ' +
    '(a<https://x.y>(https://x.y)), a<HTTPS://X>(HTTPS://X)',
  '**https://a.b**, "https://c.d"':
    'strong(a<https://a.b>(https://a.b)), "a<https://c.d>(https://c.d)"',
  'http:// xhttps://a.b': 'http:// xhttps://a.b',
});

cases('what is no link', {
  '[a](javascript:alert(1))': '[a](javascript:alert(1))',
  '[a](data:text/html,x) [a](//x.y) [a](/x)':
    '[a](data:text/html,x) [a](//x.y) [a](/x)',
  'javascript:alert(1) file:///etc/passwd':
    'javascript:alert(1) file:///etc/passwd',
  '[https://bank.example](https://evil.example)':
    '[a<https://bank.example>(https://bank.example)]' +
    '(a<https://evil.example>(https://evil.example))',
});

// --- Written against it ---

function measure(nodes, depth = 1) {
  const all = { nodes: 0, depth };
  for (const { children } of nodes.filter((node) => node.tag)) {
    const inner = measure(children, depth + 1);
    all.nodes += 1 + inner.nodes;
    all.depth = Math.max(all.depth, inner.depth);
  }
  return all;
}

const BOMBS = ['*a ', '**a*b_c~~', '_a', 'a_ ', '*a* ', '[', '[a](http://',
  '[a](http://x(', '[', '[a](', '> ', '> \n', '- ', '- a\n  ', '  - ', '1. a\n',
  '`', '`a ``b ', '`a` ', '```\n', '~~~', '\\*', 'http://a ', 'http://a)',
  'http://*', 'http://', '(', ')', '!', ' ', '\n', '\u0301', '\u202e'];

// Were it not linear, a million letters would not end within the minute; the
// thread is there to be ended then.
test('the time is linear, the nodes and the depth are bounded',
  { timeout: 60000 }, async (t) => {
    const growing = Array.from({ length: 1400 }, (_, i) => '`'.repeat(i));
    const texts = [growing.join(' '),
      ...BOMBS.map((bomb) => bomb.repeat(1e6 / bomb.length))];
    const thread = new Worker(`
      const { parentPort, workerData } = require('node:worker_threads');
      import(workerData.module).then(({ parse }) =>
        parentPort.postMessage(workerData.texts.map(parse)));
    `, { eval: true, workerData: { texts,
      module: new URL('../../web/markdown.js', import.meta.url).href } });
    t.after(() => thread.terminate());
    const [trees] = await once(thread, 'message');
    for (const [i, tree] of trees.entries()) {
      const { nodes, depth } = measure(tree);
      assert.ok(nodes <= 1000, `${nodes} nodes of ${texts[i].slice(0, 9)}`);
      assert.ok(depth <= 50, `${depth} deep: ${texts[i].slice(0, 9)}`);
    }
    assert.equal(measure(trees[0]).nodes, 0);
  });

test('nothing that was written is lost but the marks', () => {
  const letters = (nodes) => nodes.map((node) =>
    node.tag ? letters(node.children) : node).join('').replace(/\W/g, '');
  for (const bomb of BOMBS) {
    const text = `x${bomb}y`.repeat(2000);
    const got = letters(parse(text));
    // A label stands for its address.
    assert.ok(bomb.includes('](') || got === text.replace(/\W|_/g, '') ||
      got === text.replace(/\W/g, ''), bomb);
  }
});
