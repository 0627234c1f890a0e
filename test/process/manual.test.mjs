// The manuals say what the program does: chatproto(5) has the names and codes
// of the protocol, chatjournal(5) has those of a journal and what is logged
// about it, the programs in all manuals work as they are printed, and the README
// leads through every folder of the library.
//
//     CHATD=./chatd node --test test/process/manual.test.mjs    after make

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { appendFileSync, mkdtempSync, readFileSync, readdirSync, rmSync,
  symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { after, test } from 'node:test';

const top = resolve(import.meta.dirname, '../..');
const chatd = resolve(process.env.CHATD ?? join(top, 'chatd'));
const read = (file) => readFileSync(join(top, file), 'utf8');
const proto = read('man/chatproto.5');
const core = read('man/chatcore.3');
const journal = read('man/chatjournal.5');

// Node.js looks for packages, and the compiler for headers, beside the source.
const scratch = mkdtempSync(join(tmpdir(), 'manual-'));
symlinkSync(join(top, 'test/node_modules'), join(scratch, 'node_modules'));
symlinkSync(join(top, 'lib'), join(scratch, 'chatcore'));
after(() => rmSync(scratch, { recursive: true }));

// The program between two comments of a manual, without what mdoc needs.
function program(page, name) {
  const [, text] = page.split(new RegExp(`^\\.\\\\" ${name} .*\n`, 'm'));
  assert.ok(text, `${name} is in the page`);
  return text.replace(/^\.(Bd|Ed).*\n/gm, '')
    .replaceAll('\\(aq', "'").replaceAll('\\-', '-').replaceAll('\\e', '\\');
}

function write(name, text) {
  const file = join(scratch, name);
  writeFileSync(file, text);
  return file;
}

function compile(name, ...more) {
  const file = write(name, program(core, name));
  execFileSync('cc', ['-Wall', `-I${scratch}`, file, ...more]);
}

// The lines of a process, of which the one that matters is waited for.
function start(command, ...args) {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    child,
    async until(wanted) {
      const seen = [];
      for (;;) {
        const { value, done } = await lines.next();
        assert.ok(!done, `${wanted} comes, and not only:\n${seen.join('\n')}`);
        const found = value.match(wanted);
        if (found)
          return found;
        seen.push(value);
      }
    },
  };
}

test('chatproto names all types, members and error codes', () => {
  const words = read('lib/wire/msg.c').match(/"[a-z_]+"/g)
    .map((word) => word.slice(1, -1));
  assert.ok(words.includes('rate_limited') && words.includes('refs_from'));
  for (const word of words)
    assert.match(proto, new RegExp(`\\b${word}\\b`), word);
});

test('chatproto names all close codes', () => {
  const files = readdirSync(join(top, 'lib'), { recursive: true })
    .filter((f) => f.endsWith('.c'));
  const closings = files.flatMap((f) =>
    read(`lib/${f}`).match(/chat_conn_close\([^;]*;/g) ?? []);
  const errors = read('lib/base/err.c').match(/^\t\{ CHAT_ERR.*$/gm);
  const codes = new Set([...closings, ...errors].join('\n')
    .match(/\b(1\d|4\d)\d\d\b/g));
  assert.ok(codes.has('4001') && codes.has('1009') && codes.size >= 8);
  for (const code of [...codes, '1001', '1012'])
    assert.match(proto, new RegExp(`^\\.It ${code}$`, 'm'), code);
});

test('the README names every folder of the library, and no other', () => {
  const [, table] = read('README.md').split(/^\| folder .*\n\|[-|]+\n/m);
  const rows = table.slice(0, table.indexOf('\n\n')).split('\n');
  const named = rows.map((row) => row.match(/^\| `(\w+)` \|/)?.[1]);
  const folders = readdirSync(join(top, 'lib'), { withFileTypes: true })
    .filter((f) => f.isDirectory()).map((f) => f.name);
  assert.ok(folders.length > 5);
  assert.deepEqual(named.sort(), folders.sort());
});

test('the headers that the README names are there', () => {
  const names = read('README.md').match(/`\w+\.h`/g)
    .map((name) => name.slice(1, -1));
  const headers = readdirSync(join(top, 'lib'));
  assert.ok(names.includes('chatcore.h'));
  for (const name of names)
    assert.ok(headers.includes(name), name);
});

test('chatcore shows the program that is tested', () => {
  const shown = program(core, 'embed.c')
    .replace('<chatcore/chatcore.h>', '"chatcore.h"');
  assert.ok(read('test/embed.c').endsWith(`*/\n${shown}`));
});

test('the room without a socket answers', () => {
  const out = join(scratch, 'memory');
  compile('memory.c', join(top, 'libchatcore.a'), '-o', out);
  assert.match(execFileSync(out).toString(), /^HTTP\/1.1 200 OK\r\n.*\nok\n$/s);
});

test('the page for every path compiles', () => {
  const file = write('page.c', '#include <chatcore/chatcore.h>\n' +
    program(core, 'page.c') + '\nchat_request_fn *const answer = on_request;\n');
  execFileSync('cc', ['-Wall', `-I${scratch}`, '-c', file, '-o', '/dev/null']);
});

test('the room with a journal opens', () => {
  const out = join(scratch, 'opens');
  const file = write('opens.c', program(core, 'journal.c') + `
int
main(int argc, char *argv[])
{
	static const unsigned char seed[CHAT_SEED];
	struct chat_time now = { 1, 1795465144176 };

	chat_core_free(open_room(argv[argc - 1], seed, now));
	return 0;
}
`);
  execFileSync('cc', ['-Wall', `-I${scratch}`, file,
    join(top, 'libchatcore.a'), '-o', out]);
  execFileSync(out, [join(scratch, 'room')]);
  execFileSync(chatd, ['--check-journal', join(scratch, 'room')]);
});

test('chatjournal names all members of lines', () => {
  const names = [...read('lib/journal/line.c').matchAll(/NAME\("(.*)"\)/g)];
  assert.ok(names.length > 15);
  for (const [, name] of names)
    assert.match(journal, new RegExp(`\\b${name}\\b`), name);
});

test('chatjournal has all that is logged', () => {
  const folder = 'lib/journal';
  const sources = readdirSync(join(top, folder))
    .filter((f) => f.endsWith('.c')).map((f) => read(`${folder}/${f}`)).join('')
    .replace(/" PRI\w+\s*"/g, '').replace(/"\s*"/g, '');
  const formats = [...sources.matchAll(
    /\b(?:chat_file_log|chat_file_fail|fail)\([^";]*"([^"]*)"/g)]
    .map(([, format]) => format);
  assert.ok(formats.length > 20);
  for (const format of formats)
    for (const words of format.split(/%[a-z]*|: /).map((w) => w.trim()))
      assert.ok(journal.includes(words), `${words} of ${format}`);
});

// What a room leaves behind in which alice has said something to all and to
// herself.
async function leaveJournal(folder) {
  const server = start(chatd, '-l', '127.0.0.1:0', '--journal', folder);
  const [, address] = await server.until(/http:\/\/(.*)\//);
  const client = start(process.execPath, write('talks.mjs', `
    import WebSocket from 'ws';
    const ws = new WebSocket('ws://${address}/ws/Alice');
    const message = { type: 'message', ref: 'r', text: 'h\u00e4' };
    ws.onopen = () => ws.send(JSON.stringify(message));
    ws.onmessage = ({ data }) => {
      const { type, ref } = JSON.parse(data);
      if (type === 'ack' && ref === 'r')
        ws.send(JSON.stringify({ ...message, to: 'ALICE', ref: 'to' }));
      else if (type === 'ack')
        console.log('said');
    };`));
  try {
    await client.until(/said/);
  } finally {
    client.child.kill();
    server.child.kill();
    await once(server.child, 'exit');
  }
  return join(folder, '0000000000000001.log');
}

test('journals are what chatjournal says', async () => {
  const folder = join(scratch, 'journal');
  const log = await leaveJournal(folder);
  const lines = readFileSync(log, 'utf8').trim().split('\n').map(JSON.parse);
  const [, all, herself] = lines;

  const sums = write('sums.py', program(journal, 'sums.py'));
  const look = () => execFileSync('python3', [sums, log]).toString();
  assert.equal(look(), '');

  const texts = program(journal, 'texts.sh').replace(/^\$ /, '')
    .replace('/var/lib/chatd', folder);
  assert.match(execFileSync('sh', ['-c', texts]).toString(),
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ Alice: h\u00e4\n$/);

  const { secret } = JSON.parse(readFileSync(join(folder, 'secret')));
  const key = Buffer.from(secret, 'base64url');
  const measured = (s) => {
    const size = Buffer.alloc(4);
    size.writeUInt32BE(Buffer.byteLength(s));
    return [size, Buffer.from(s)];
  };
  const hash = (n, label, ...parts) => createHmac('sha256', key)
    .update(Buffer.concat([Buffer.from(label), ...parts.flat()])).digest()
    .subarray(0, n);
  const id = Buffer.from(all.by, 'base64url');
  const written = (...parts) => Buffer.concat(parts).toString('base64url');
  const alice = measured('alice');
  const word = Buffer.from('text');
  assert.equal(all.send, written(hash(16, 'send', id, measured('r')),
    hash(8, 'said', id, measured('r'), word, measured('h\u00e4'))));
  assert.equal(herself.send, written(hash(16, 'send', id, measured('to')),
    hash(8, 'said', id, measured('to'), word, alice, measured('h\u00e4'))));
  const where = Buffer.alloc(16);
  where.writeBigUInt64BE(BigInt(herself.seq));
  where.writeBigUInt64BE(BigInt(herself.time), 8);
  const mask = hash(16, 'mask', where);
  const masked = (at) => written(hash(8, 'user', alice)
    .map((byte, i) => byte ^ mask[at + i]));
  assert.deepEqual(herself.masked, [masked(0), masked(8)]);

  appendFileSync(log, '{"seq":3,"sum":"00000000"}\n');
  assert.equal(look(), `${log} 4\n`);
});

test('the client talks', async () => {
  const file = write('client.mjs', program(proto, 'client.mjs'));
  const server = start(chatd, '-l', '127.0.0.1:0');
  const [, address] = await server.until(/http:\/\/(.*)\//);
  const clients = ['alice', 'Bob Mc.Z'].map((name) =>
    start(process.execPath, file, `ws://${address}`, name));
  try {
    const [alice, bob] = clients;
    // Written before it has joined, and afterwards.
    alice.child.stdin.write('one\n');
    await alice.until(/^alice: one$/);
    await bob.until(/^alice: one$/);
    bob.child.stdin.write('two\n \n');
    await alice.until(/^Bob Mc\.Z: two$/);
    await bob.until(/^\? There is nothing to read/);
  } finally {
    for (const { child } of [...clients, server])
      child.kill();
  }
});
