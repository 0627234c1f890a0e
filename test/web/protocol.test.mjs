// Frames, addresses and names as the page sees them.

import assert from 'node:assert/strict';
import test from 'node:test';
import {
  decode, encode, fold, isFinal, length, nameFault, nameInAddress, pageAddress,
  socketAddress, tidy,
} from '../../web/protocol.js';
import { colourOf, initialOf } from '../../web/names.js';

const message = {
  type: 'message', seq: 7, time: 1764000000000, from: 'alice', text: 'hi',
};

test('a frame comes out as the server put it in', () => {
  assert.deepEqual(decode(JSON.stringify(message)), message);
  const more = { ...message, to: 'bob', by: 'k3', ref: 'r', novel: [1] };
  assert.deepEqual(decode(JSON.stringify(more)), more);
});

test('what is no frame is null, not an exception', () => {
  const texts = ['', '{', 'null', '1', '"x"', '[]', '{}', '{"type":1}'];
  for (const text of texts)
    assert.equal(decode(text), null, text);
});

test('a frame of an unknown type passes, whatever its name', () => {
  for (const type of ['novel', 'constructor', '__proto__'])
    assert.equal(decode(`{"type":"${type}","seq":9}`).seq, 9);
});

test('a public message has no recipient, a private one has', () => {
  assert.deepEqual(
    JSON.parse(encode.message({ ref: 'r', text: 'hi', to: undefined })),
    { type: 'message', ref: 'r', text: 'hi' });
  assert.equal(
    JSON.parse(encode.message({ ref: 'r', text: 'x', to: 'bob' })).to, 'bob');
});

test('only what the frame is made of travels', () => {
  const entry = { ref: 'r', text: 'x', state: 'queued', by: 'k', since: 3 };
  assert.deepEqual(Object.keys(JSON.parse(encode.message(entry))),
    ['type', 'ref', 'text']);
});

test('the address to join at carries what is known', () => {
  const name = 'Zoë & co';
  assert.equal(socketAddress('http://h:1', { name }),
    'ws://h:1/ws/Zo%C3%AB%20%26%20co');
  assert.equal(
    socketAddress('https://h', { name: 'a', session: 't', after: 0 }),
    'wss://h/ws/a?session=t&after=0');
});

test('a page address and its name lead to each other', () => {
  const names = ['alice', 'a b', 'Zoë', '🙂', 'v1.0', 'healthz', 'a+b&c'];
  for (const name of names) {
    const url = new URL(pageAddress(name), 'http://h');
    assert.equal(nameInAddress(url), name);
  }
});

test('a name that would mean another page is a parameter', () => {
  assert.equal(pageAddress('alice'), '/alice');
  assert.equal(pageAddress('main.js'), '/?name=main.js');
  assert.equal(pageAddress('metrics'), '/?name=metrics');
});

test('an address without a name asks for none', () => {
  for (const path of ['/', '/index.html', '/?name='])
    assert.equal(nameInAddress(new URL(path, 'http://h')), null);
  assert.equal(nameInAddress({ pathname: '/%ff', search: '' }), '%ff');
});

test('names fold in ASCII alone', () => {
  assert.equal(fold('AliceZ'), 'alicez');
  assert.equal(fold('Ä\u212aK'), 'Ä\u212ak'); // the Kelvin sign stays
});

test('names are as long as the server allows', () => {
  assert.equal(nameFault(''), 'none');
  assert.equal(nameFault('a'), null);
  assert.equal(nameFault('a'.repeat(32)), null);
  assert.equal(nameFault('a'.repeat(33)), 'long');
  assert.equal(nameFault('🙂'.repeat(16)), null);
  assert.equal(nameFault('🙂'.repeat(17)), 'long'); // 68 bytes
});

test('names hold only what one can see and say', () => {
  const bad = ['a/b', 'a?', 'a#', 'a%', '.', '..', ' a', 'a ', ' ', 'a  b',
    'a\tb', 'a\u200db', '\ufeff', 'a\u00a0b', 'a\u3000b', 'a\u2028b', '\ue000',
    '\ud800', '\ufdd0', '\u{1ffff}', '\u3164', 'a\u034fb', '\u2800', 'a\ufe0f',
    '\ufe0f', '☀\ufe0f\ufe0f', 'a\u{e0100}', '\u{e0002}'];
  for (const name of bad)
    assert.equal(nameFault(name), 'character', JSON.stringify(name));
  for (const name of ['a b', 'a b c', '...', '.a', 'Zoë', '李', '🙂', '"<&>',
    '☀\ufe0f', '葛\u{e0100}城'])
    assert.equal(nameFault(name), null, name);
});

test('a text is counted in code points', () => {
  assert.equal(length('aé🙂'), 3);
});

test('a text is freed of what the server would refuse', () => {
  assert.equal(tidy('a\0b'), 'ab');
  assert.equal(tidy('\x1b[1mbold\x1b[0m\x7f\t\r\n!'), '[1mbold[0m\x7f\t\r\n!');
  assert.equal(tidy('page\fline\vline'), 'page\nline\nline');
  assert.equal(tidy('a\ud800b🙂'), 'a\ufffdb🙂');
  assert.equal(tidy('\n \n  code\n\n'), '  code');
  for (const blank of ['', ' ', '\n\n', '\u3000\t', '\0', '\u200b', '\u3164',
    '\u2800 \u2800', '\u200d\ufe0f\u034f', '\u{e0041}'])
    assert.equal(tidy(blank), '');
});

test('close codes say whether trying again helps', () => {
  for (const code of [1000, 1001, 1006, 1012, 4001, 4499, 5000, undefined])
    assert.equal(isFinal(code), false, String(code));
  for (const code of [4500, 4501, 4999])
    assert.equal(isFinal(code), true, String(code));
});

test('a name has one colour, however it is spelt', () => {
  assert.equal(colourOf('alice'), colourOf('ALICE'));
  // FNV-1a of the empty string, "a" and "foobar": 811c9dc5 e40c292c bf9cf968
  assert.equal(colourOf(''), `n${0x811c9dc5 % 12}`);
  assert.equal(colourOf('a'), `n${0xe40c292c % 12}`);
  assert.equal(colourOf('foobar'), `n${0xbf9cf968 % 12}`);
});

test('an initial is what a reader takes for the first letter', () => {
  assert.equal(initialOf('alice'), 'A');
  assert.equal(initialOf('e\u0301va'), 'E\u0301');
  assert.equal(initialOf('🇩🇪 team'), '🇩🇪');
  assert.equal(initialOf(''), '');
});
