// chatd over a journal, as a process that can be killed, on a disk that fails.
//
//   const server = new Server(folder, { options, faults })
//   await server.start()     its port; null: it has ended instead
//   await server.says(text)  until its log has that line
//   await server.end(signal) { code, signal } when it is gone
//
// CHATD names the program, ./chatd by default, and FAULTS the library built of
// faults.c, build/test/faults.so by default.  Folders are in memory where that
// is known to be possible, unless TMPDIR says where: no test waits for a disk.

import { execFile, spawn } from 'node:child_process';
import { existsSync, linkSync, mkdirSync, mkdtempSync, readFileSync,
  readdirSync, renameSync, rmSync, statSync, truncateSync, writeFileSync }
  from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const top = resolve(import.meta.dirname, '../..');
export const chatd = resolve(process.env.CHATD ?? join(top, 'chatd'));
const library = resolve(process.env.FAULTS ??
  join(top, 'build/test/faults.so'));

export function scratchFolder(name) {
  const memory = '/dev/shm';
  const parent = process.env.TMPDIR ?? (existsSync(memory) ? memory : tmpdir());
  return mkdtempSync(join(parent, `chatd-${name}-`));
}

const UNLIMITED = ['--message-rate', '0', '--message-rate-per-address', '0',
  '--request-rate', '0', '--join-rate', '0'];

export class Server {
  // under: a command to run it with, as a list.
  constructor(folder, { options = [], faults, under = [] } = {}) {
    this.folder = folder;
    // Through one pipe, so that a line of the log is there before what was
    // printed after it.
    this.command = ['sh', '-c', 'exec "$@" 2>&1', 'sh', ...under, chatd,
      '-l', '127.0.0.1:0', '--journal', folder, ...UNLIMITED, ...options];
    this.env = faults ? { ...process.env, ...faults.env(folder) } : process.env;
    this.said = '';
    this.waiting = [];
    this.child = null;
  }

  start() {
    const [command, ...args] = this.command;
    const child = this.child = spawn(command, args,
      { env: this.env, stdio: ['ignore', 'pipe', 'ignore'] });
    child.stdout.on('data', (bytes) => {
      this.said += bytes;
      this.waiting = this.waiting.filter((look) => !look());
    });
    this.ended = new Promise((settle) =>
      child.on('close', (code, signal) => settle({ code, signal })));
    return Promise.race([
      this.says(/listening on http:\/\/127\.0\.0\.1:(\d+)/)
        .then((found) => this.port = Number(found[1])),
      this.ended.then(() => null),
    ]);
  }

  // Once; what was said before counts.
  says(pattern, from = 0) {
    return new Promise((settle) => {
      const look = () => {
        const found = this.said.slice(from).match(pattern);
        if (found)
          settle(found);
        return found;
      };
      if (!look())
        this.waiting.push(look);
    });
  }

  end(signal = 'SIGKILL') {
    this.child.kill(signal);
    return this.ended;
  }

  async get(path) {
    const answer = await fetch(`http://127.0.0.1:${this.port}${path}`,
      { headers: { connection: 'close' } });
    return { status: answer.status, body: await answer.text() };
  }
}

// What `chatd --check-journal` says: { code, said, and its figures by name }.
export function checkJournal(folder) {
  return new Promise((settle) => execFile(chatd, ['--check-journal', folder],
    (error, out, err) => {
      const figures = Object.fromEntries(out.trim().split('\n')
        .map((line) => [line.slice(0, 10).trim(), line.slice(11)]));
      settle({ ...figures, code: error?.code ?? 0, said: err });
    }));
}

// What goes wrong with a folder's files; see faults.c.
export class Faults {
  constructor(dir) {
    this.dir = dir;
    this.isNew = false;
    this.clear();
  }

  env(folder) {
    return { LD_PRELOAD: library, FAULTS_FOLDER: folder, FAULTS_DIR: this.dir };
  }

  clear() {
    this.isNew = this.folderIsNew();
    rmSync(this.dir, { recursive: true, force: true });
    mkdirSync(join(this.dir, 'kept'), { recursive: true });
  }

  // From this call on: a list of [from, to, action, errno, calls].
  order(...orders) {
    writeFileSync(join(this.dir, 'orders'),
      orders.map((order) => `${order.join(' ')}\n`).join(''));
  }

  // Was the folder made, and may its name not be on the disk yet?
  folderIsNew() {
    const last = this.calls().findLast(({ call, name, done }) => done &&
      (call === 'mkdir' && name === '.' || call === 'sync' && name === '..'));
    return last ? last.call === 'mkdir' : this.isNew;
  }

  // The calls so far: { n, call, name, to, done: { inode, size } or absent }.
  calls() {
    const calls = [];
    let text = '';
    try {
      text = readFileSync(join(this.dir, 'log'), 'utf8');
    } catch {} // none
    for (const line of text.split('\n').slice(0, -1)) {
      const [n, call, a, b] = line.split(' ');
      if (call === 'done')
        calls.at(-1).done = { inode: a, size: Number(b) };
      else
        calls.push({ n: Number(n), call, name: a, to: b });
    }
    return calls;
  }
}

// What is in a folder: inodes by name, and sizes by inode.
export function contentsOf(folder) {
  const names = new Map(), sizes = new Map();
  for (const name of existsSync(folder) ? readdirSync(folder) : []) {
    const { ino, size } = statSync(join(folder, name));
    names.set(name, String(ino));
    sizes.set(String(ino), size);
  }
  return { names, sizes };
}

// Leaves of a folder what a loss of power might; random() is in [0, 1).  Before
// the calls it had these contents, and so had the disk.  Of a file there is
// what was synced, and some of the rest; of what has happened to names there is
// all up to some moment, which is not before the last sync of the folder.  A
// folder whose own name is not safe may be gone, and what is in the one of the
// lock, too.
export function losePower(folder, faults, contents, random) {
  if (faults.folderIsNew() && random() < 0.5) {
    rmSync(folder, { recursive: true });
    faults.clear();
    faults.isNew = false;
    return;
  }
  const kept = (inode) => join(faults.dir, 'kept', inode);
  const synced = new Map(contents.sizes);
  const now = contentsOf(folder).names;
  let state = contents.names;
  let states = [];
  for (const { call, name, to, done } of faults.calls()) {
    if (!done || name.includes('/'))
      continue;
    const { inode, size } = done;
    if (call === 'sync' && name === '.')
      states = [];
    else if (call === 'sync')
      synced.set(inode, size);
    else if (['open', 'truncate', 'write'].includes(call))
      synced.set(inode, Math.min(synced.get(inode) ?? 0, size));
    const before = state;
    if ((call === 'open' || call === 'mkdir' && name !== '.') &&
        state.get(name) !== inode)
      state = new Map(state).set(name, inode);
    else if (call === 'rename') {
      state = new Map(state).set(to, inode);
      state.delete(name);
    } else if (call === 'unlink') {
      state = new Map(state);
      state.delete(name);
    }
    if (state !== before)
      states.push(before);
  }
  // Between the last of them and now there may be a call that did not return.
  states.push(state, now);
  const left = states[Math.floor(random() * states.length)];
  for (const [name, inode] of now) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) {
      renameSync(path, kept(inode));
      continue;
    }
    try {
      linkSync(path, kept(inode));
    } catch {} // it is there
    rmSync(path);
  }
  for (const [name, inode] of left) {
    const path = join(folder, name);
    if (statSync(kept(inode)).isDirectory()) {
      renameSync(kept(inode), path);
      if (random() < 0.5)
        rmSync(join(path, 'held'), { force: true });
      continue;
    }
    linkSync(kept(inode), path);
    const { size } = statSync(path);
    const safe = Math.min(synced.get(inode) ?? 0, size);
    truncateSync(path, safe + Math.floor(random() * (size - safe + 1)));
  }
  faults.clear();
}
