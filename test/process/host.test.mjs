// Who may ask, tried as a stranger would: by the bytes of requests, and by curl
// with a name of its own that points at this machine.
//
//     CHATD=./chatd node --test test/process/host.test.mjs       after make

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { scratchFolder, Server } from './server.mjs';

const UPGRADE = `Upgrade: websocket\r
Connection: Upgrade\r
Sec-WebSocket-Version: 13\r
Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r
`;

const scratch = scratchFolder('host');
after(() => rmSync(scratch, { recursive: true }));
let servers = 0;

// Runs a test against a server with these options.
function serves(name, options, run) {
  test(name, { timeout: 60000 }, async () => {
    const server = new Server(join(scratch, String(++servers)), { options });
    assert.notEqual(await server.start(), null, server.said);
    try {
      await run(server);
    } finally {
      await server.end();
    }
  });
}

// All that comes back for some bytes.
async function ask({ port }, bytes) {
  const socket = connect(port, '127.0.0.1');
  let came = '';
  socket.setEncoding('latin1');
  socket.on('data', (more) => came += more);
  socket.write(bytes, 'latin1');
  await once(socket, 'end');
  socket.destroy();
  return came;
}

const statusOf = (answer) => Number(answer.match(/^HTTP\/1\.1 (\d{3}) /)?.[1]);

const page = (server, host, path = '/') => ask(server,
  `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);

// A page of that origin that opens a WebSocket, and closes it at once.
const enter = (server, host, origin = `http://${host}`) => ask(server,
  `GET /ws/mallory HTTP/1.1\r\nHost: ${host}\r\n` +
  (origin ? `Origin: ${origin}\r\n` : '') + UPGRADE + '\r\n' +
  '\x88\x80\0\0\0\0'); // a Close, masked by zeros

serves('a name that points at us is not ours', [], async (server) => {
  const evil = `evil.example:${server.port}`;
  for (const host of [evil, 'evil.example', '127.0.0.1.evil.example',
    `localhost.evil.example:${server.port}`, 'localhost.com', '']) {
    const answer = await enter(server, host);
    assert.equal(statusOf(answer), 421, host);
    assert.doesNotMatch(answer, /welcome|mallory/);
  }
  for (const path of ['/', '/alice', '/healthz', '/readyz', '/metrics',
    '/index.html', '/nothing', '/ws/alice']) {
    const answer = await page(server, evil, path);
    assert.equal(statusOf(answer), 421, path);
    assert.match(answer, /chatd --host NAME/);
    assert.doesNotMatch(answer, /chatd_|<html|evil/);
  }
  await server.says(`unknown host ${evil} in a request`);
  assert.match(await page(server, 'localhost', '/metrics'),
    /^chatd_joins_total 0$/m);
});

serves('a request has one host', [], async (server) => {
  const end = `Connection: close\r\n${UPGRADE.replace(/^Conn.*\n/m, '')}\r\n`;
  for (const [head, status] of [
    ['GET /ws/a HTTP/1.1\r\nHost: localhost\r\nHost: evil.example', 400],
    ['GET /ws/a HTTP/1.1\r\nHost: evil.example\r\nHost: localhost', 400],
    ['GET /ws/a HTTP/1.1\r\nHost: localhost, evil.example', 400],
    ['GET /ws/a HTTP/1.1\r\nHost: localhost@evil.example', 400],
    ['GET /ws/a HTTP/1.1\r\nHost: evil.example#localhost', 400],
    ['GET /ws/a HTTP/1.1\r\nHost: evil.example/localhost', 400],
    ['GET /ws/a HTTP/1.1\r\nHost:evil.example\r\nX-Host: localhost', 421],
    ['GET /ws/a HTTP/1.1\r\nHOST: EVIL.EXAMPLE', 421],
    ['GET /ws/a HTTP/1.1\r\nX-Forwarded-Host: localhost\r\nHost: evil.example',
      421],
    ['GET /ws/a HTTP/1.1\r\nForwarded: host=localhost\r\nHost: evil.example',
      421],
    ['GET http://evil.example/ws/a HTTP/1.1\r\nHost: localhost', 421],
    ['GET http://evil.example/metrics HTTP/1.1\r\nHost: localhost', 421],
    ['GET /metrics HTTP/1.0\r\nHost: evil.example', 421],
    ['GET /metrics HTTP/1.0', 200],
    ['GET /ws/a HTTP/1.0', 400],
  ])
    assert.equal(statusOf(await ask(server, `${head}\r\n${end}`)), status, head);
});

serves('a page may join the room that it came from', [], async (server) => {
  const { port } = server;
  for (const host of [`127.0.0.1:${port}`, `localhost:${port}`,
    `[::1]:${port}`, `box:${port}`, `box.local:${port}`,
    `${hostname()}:${port}`]) {
    assert.equal(statusOf(await page(server, host)), 200, host);
    const joined = await enter(server, host);
    assert.equal(statusOf(joined), 101, host);
    assert.match(joined, /"type":"welcome"/);
    assert.equal(statusOf(await enter(server, host, null)), 101, host);
  }
  for (const origin of ['http://evil.example', `http://evil.example:${port}`,
    'http://localhost', `http://localhost:${port + 1}`, 'null', '',
    `app://localhost:${port}`, `file://localhost:${port}`,
    `http://127.0.0.1:${port}`, `http://localhost.:${port}`])
    assert.notEqual(
      statusOf(await enter(server, `localhost:${port}`, origin || ' ')), 101,
      origin);
});

serves('names can be given', ['--host', 'chat.example.com', '--host',
  'b.example', '--allow-origin', 'https://c.example'], async (server) => {
  for (const host of ['chat.example.com', 'b.example:8080', 'c.example',
    'CHAT.example.com.', 'localhost']) {
    assert.equal(statusOf(await page(server, host)), 200, host);
    assert.equal(statusOf(await enter(server, host)), 101, host);
  }
  assert.equal(statusOf(await enter(server, 'chat.example.com',
    'https://chat.example.com')), 101); // through a proxy that speaks TLS
  assert.equal(statusOf(await enter(server, 'chat.example.com',
    'https://c.example')), 101);
  assert.equal(statusOf(await enter(server, 'chat.example.com',
    'https://b.example')), 403);
  for (const host of ['example.com', 'www.chat.example.com', 'd.example'])
    assert.equal(statusOf(await page(server, host)), 421, host);
});

serves('* is any name', ['--host', '*'], async (server) => {
  assert.equal(statusOf(await enter(server, 'evil.example')), 101);
  assert.equal(statusOf(await enter(server, 'evil.example',
    'http://other.example')), 403);
});

const conf = join(scratch, 'conf');
writeFileSync(conf, '');
serves('names come with SIGHUP', ['-f', conf], async (server) => {
  assert.equal(statusOf(await page(server, 'chat.example.com')), 421);
  writeFileSync(conf, 'host = chat.example.com\n');
  server.child.kill('SIGHUP');
  await server.says('the configuration was read again');
  assert.equal(statusOf(await page(server, 'chat.example.com')), 200);
});

serves('curl is told what to do', [], async ({ port }) => {
  const ask = (...args) => execFileSync('curl', ['-s', '--noproxy', '*',
    '--resolve', `evil.example:${port}:127.0.0.1`, ...args]).toString();
  const url = `http://evil.example:${port}`;
  assert.equal(ask('-o', '/dev/null', '-w', '%{http_code}', url), '421');
  assert.match(ask(`${url}/metrics`), /does not know the host name/);
  assert.equal(ask(`http://localhost:${port}/healthz`), 'ok\n');
});
