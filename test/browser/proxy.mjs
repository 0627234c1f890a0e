// A network between the page and the server that does what networks do.

import net from 'node:net';
import { EventEmitter, once } from 'node:events';

// Listens at port and passes everything on to the server at target.
//
//   cut()            every connection ends, at once
//   refuse(is)       new connections are ended at once
//   stall(way)       'up', 'down', 'both' or 'neither': nothing gets through
//                    that way on WebSockets that there are; flow() ends it
//   cutAfter(n, ...) WebSockets that there are or will be are cut after n
//                    bytes, both ways together; when one was, the same with
//                    the next n, and so on; resolves when so many were
//   requests         the paths that were asked for, in order
//   rewrite(bytes)   what the first bytes of a connection become; those that
//                    become null are answered with 403
export async function startProxy(target) {
  const links = new Set();
  const news = new EventEmitter();
  let refuses = false;
  let budget = Infinity; // of bytes, for a new WebSocket
  const proxy = { requests: [], rewrite: (bytes) => bytes };

  const server = net.createServer((near) => {
    if (refuses)
      return near.destroy();
    const far = net.connect(target, '127.0.0.1');
    const link = { near, far, left: Infinity };
    links.add(link);
    near.once('data', (bytes) => {
      near.pause();
      link.isWebSocket = bytes.includes('GET /ws/');
      if (link.isWebSocket)
        link.left = budget;
      note(bytes);
      const first = proxy.rewrite(bytes);
      if (first === null)
        return near.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n');
      pass(link, far, first);
      near.on('data', (more) => (note(more), pass(link, far, more)));
      near.resume();
    });
    far.on('data', (bytes) => pass(link, near, bytes));
    for (const [one, other] of [[near, far], [far, near]]) {
      one.on('error', () => {});
      one.on('close', () => {
        links.delete(link);
        other.destroy();
      });
    }
  });

  // The last bytes of a budget still get through.
  function pass(link, to, bytes) {
    to.write(bytes.subarray(0, link.left));
    link.left -= bytes.length;
    if (link.left > 0)
      return;
    link.left = 0;
    if (links.delete(link))
      news.emit('cut');
    const from = to === link.far ? link.near : link.far;
    from.pause();
    to.end(() => from.destroy());
  }

  function note(bytes) {
    const request = /^GET (\S+) HTTP/.exec(bytes.toString('latin1'));
    if (request)
      proxy.requests.push(request[1]);
  }

  const webSockets = () => [...links].filter((link) => link.isWebSocket);

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  return Object.assign(proxy, {
    port: server.address().port,
    refuse: (is) => refuses = is,
    cut() {
      for (const { near, far } of links) {
        near.resetAndDestroy();
        far.resetAndDestroy();
      }
    },
    async cutAfter(...budgets) {
      for (budget of budgets) {
        for (const link of webSockets())
          link.left = budget;
        await once(news, 'cut');
      }
      budget = Infinity;
    },
    stall(way) {
      for (const { near, far } of webSockets()) {
        if (way === 'up' || way === 'both')
          near.pause();
        if (way === 'down' || way === 'both')
          far.pause();
      }
    },
    flow() {
      for (const { near, far } of webSockets()) {
        near.resume();
        far.resume();
      }
    },
    end() {
      proxy.cut();
      server.close();
    },
  });
}
