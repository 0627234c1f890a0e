// Somebody in the room who loses nothing and sends nothing twice, whatever
// happens to the server: it comes back with its session and its position, and
// sends again what was not acked, in order.
//
//   client.say({ text, to })      to be sent, now or when it can be
//   client.connect(port)          resumes
//   client.idle()                 until nothing waits for its ack
//   client.view                   what it was shown, in order
//   client.acked                  ref -> { seq, text, to, duplicate }
//
// Events: 'sync', 'message', 'ack', 'storage', 'offline', each with what came,
// before it counts; 'joined' with `users`; 'frame' for everything, afterwards;
// 'error' for what should not have come.

import { randomBytes } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { WebSocket } from 'ws';

export class Client extends EventEmitter {
  // flight: how many sends may wait for their acks.
  constructor(name, { flight = 1 } = {}) {
    super();
    Object.assign(this, { name, flight, session: null, by: null, log: null,
      after: null, began: null, view: [], acked: new Map(), waiting: [],
      joined: false, socket: null, closed: Promise.resolve() });
  }

  connect(port) {
    const query = new URLSearchParams();
    if (this.session !== null)
      query.set('session', this.session);
    if (this.session !== null && this.after !== null)
      query.set('after', this.after);
    const socket = this.socket = new WebSocket(
      `ws://127.0.0.1:${port}/ws/${encodeURIComponent(this.name)}?${query}`,
      'chat.v1', { perMessageDeflate: false });
    this.joined = false;
    for (const send of this.waiting)
      send.out = false;
    socket.on('message', (bytes) => this.receive(bytes));
    socket.on('error', () => {}); // 'close' follows
    this.closed = new Promise((settle) => socket.on('close', () => {
      this.joined = false;
      settle();
    }));
    return this.closed;
  }

  leave() {
    this.socket?.terminate();
    return this.closed;
  }

  say(send) {
    this.waiting.push({ ref: randomBytes(9).toString('base64url'), ...send,
      out: false });
    this.send();
  }

  send() {
    if (!this.joined || this.socket.readyState !== WebSocket.OPEN)
      return;
    for (const send of this.waiting.slice(0, this.flight)) {
      if (send.out)
        continue;
      send.out = true;
      send.refused = false;
      const { ref, text, to } = send;
      this.socket.send(JSON.stringify({ type: 'message', ref, text, to }));
    }
  }

  // What was refused may be tried again.
  retry() {
    for (const send of this.waiting)
      send.out &&= !send.refused;
    this.send();
  }

  ask(request) {
    this.socket.send(JSON.stringify(request));
  }

  // The next frame of a type.
  next(type) {
    return new Promise((settle) => {
      const look = (frame) => {
        if (frame.type !== type)
          return;
        this.off('frame', look);
        settle(frame);
      };
      this.on('frame', look);
    });
  }

  async idle() {
    while (this.waiting.length > 0)
      await this.next('ack');
  }

  receive(bytes) {
    const frame = JSON.parse(bytes);
    try {
      this.take(frame);
    } catch (error) {
      this.emit('error', error);
    }
    this.emit('frame', frame);
  }

  take(frame) {
    switch (frame.type) {
    case 'welcome':
      this.session = frame.session;
      this.by = frame.by;
      break;
    case 'sync':
      this.emit('sync', frame);
      this.begin(frame);
      break;
    case 'users':
      if (!this.joined) {
        this.after = Math.max(this.after ?? 0, this.to);
        this.joined = true;
        this.emit('joined', frame);
        this.send();
      }
      break;
    case 'message':
      this.emit('message', frame);
      this.view.push(frame);
      this.after = frame.seq;
      break;
    case 'ack':
      this.ack(frame);
      break;
    case 'error':
      this.refuse(frame);
      break;
    }
  }

  begin({ log, resumed, to }) {
    if (!resumed) {
      this.began = to;
      this.after = null;
    }
    if (this.after === null)
      this.view = [];
    this.log = log;
    this.to = to;
  }

  ack(frame) {
    const at = this.waiting.findIndex(({ ref }) => ref === frame.ref);
    if (at < 0)
      throw new Error(`${this.name}: an ack for nothing: ${frame.ref}`);
    const [send] = this.waiting.splice(at, 1);
    this.emit('ack', frame, send);
    this.acked.set(frame.ref, { ...send, seq: frame.seq, by: this.by,
      duplicate: frame.duplicate === true });
    this.send();
  }

  refuse(frame) {
    if (!['storage', 'offline'].includes(frame.code))
      throw new Error(`${this.name}: ${JSON.stringify(frame)}`);
    const send = this.waiting.find(({ ref }) => ref === frame.ref);
    if (send)
      send.refused = true;
    this.emit(frame.code, frame, send);
  }
}
