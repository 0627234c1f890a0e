// The link: connecting, noticing that it is dead, connecting again.

import assert from 'node:assert/strict';
import test from 'node:test';
import { keepLink } from '../../web/socket.js';

// A clock that stands until it is told to go on.
function stillClock() {
  let time = 0;
  let timers = [];
  return {
    now: () => time,
    later(call, ms) {
      const timer = { call, at: time + ms };
      timers.push(timer);
      return timer;
    },
    cancel(timer) {
      timers = timers.filter((t) => t !== timer);
    },
    pass(ms) {
      const end = time + ms;
      for (;;) {
        const [next] = timers.filter((t) => t.at <= end)
          .sort((a, b) => a.at - b.at);
        if (!next)
          break;
        time = next.at;
        timers = timers.filter((t) => t !== next);
        next.call();
      }
      time = end;
    },
    pending: () => timers.length,
  };
}

// A link, the sockets it opened, and what it told.
function linkOf({ random = () => 0, refuse = false } = {}) {
  const clock = stillClock();
  const sockets = [];
  const events = [];
  let seq = 0;
  class FakeSocket {
    constructor(url, protocol) {
      if (refuse)
        throw new Error('not here');
      Object.assign(this, { url, protocol, sent: [], closed: false });
      sockets.push(this);
    }
    send(text) {
      this.sent.push(JSON.parse(text));
    }
    close() {
      this.closed = true;
    }
    opens() {
      this.onopen({});
      return this;
    }
    says(frame) {
      this.onmessage({ data: JSON.stringify(frame) });
      return this;
    }
    ends(code = 1006) {
      this.onclose({ code });
      return this;
    }
  }
  const link = keepLink({
    address: () => `ws://h/ws/alice?after=${seq}`,
    emit(event) {
      events.push(event);
      seq = event.frame?.seq ?? seq;
    },
    clock, random, WebSocket: FakeSocket,
  });
  link.start();
  return {
    link, clock, sockets, events,
    last: () => sockets.at(-1),
    phase: () => events.findLast((e) => e.type === 'link').phase,
    wait: () => {
      const event = events.findLast((e) => e.phase === 'waiting');
      return event.until - event.now;
    },
    refused: () => events.findLast((e) => e.type === 'link').refused,
  };
}

const welcome = { type: 'welcome', name: 'a', session: 't', by: 'k' };

test('it offers the subprotocol, and passes frames on', () => {
  const t = linkOf();
  assert.equal(t.last().protocol, 'chat.v1');
  t.last().opens().says(welcome);
  assert.deepEqual(t.events.at(-1), { type: 'frame', frame: welcome, now: 0 });
});

test('what is no frame is dropped, and the link stays', () => {
  const t = linkOf();
  t.last().opens().says([]);
  t.last().onmessage({ data: new Uint8Array(1) });
  assert.equal(t.events.at(-1).phase, 'open');
});

test('every try asks anew where to resume', () => {
  const t = linkOf();
  t.last().opens().says({ type: 'novel', seq: 12 }).ends();
  t.clock.pass(1000);
  assert.equal(t.last().url, 'ws://h/ws/alice?after=12');
});

test('it waits longer each time, within bounds', () => {
  const waits = (random) => {
    const t = linkOf({ random });
    return Array.from({ length: 9 }, () => {
      t.last().ends();
      const wait = t.wait();
      t.clock.pass(wait);
      return wait;
    });
  };
  const least = waits(() => 0);
  const most = waits(() => 1);
  assert.deepEqual(least.slice(0, 3), [250, 500, 1000]);
  assert.deepEqual(most.slice(0, 3), [500, 1000, 2000]);
  assert.deepEqual([least.at(-1), most.at(-1)], [15000, 30000]);
});

test('a link that lived starts waiting afresh, one that only spoke not', () => {
  const t = linkOf();
  const drop = (life) => {
    t.last().opens().says(welcome);
    t.clock.pass(life);
    t.last().ends();
    const wait = t.wait();
    t.clock.pass(wait);
    return wait;
  };
  assert.deepEqual([drop(0), drop(0), drop(0)], [250, 500, 1000]);
  assert.equal(drop(10000), 250);
});

test('a bye says how long to wait at least', () => {
  const t = linkOf();
  t.last().opens().says(welcome);
  t.last().says({ type: 'bye', reason: 'restart', retry_after: 3500 });
  t.last().ends(1012);
  assert.equal(t.wait(), 3500);
  t.clock.pass(3500);
  assert.equal(t.sockets.length, 2);
});

test('a full room says how long to wait at least', () => {
  const t = linkOf();
  t.last().opens().says({ type: 'error', code: 'full', retry_after: 9000 });
  t.last().ends(1013);
  assert.equal(t.wait(), 9000);
});

test('a silent link is asked, then given up', () => {
  const t = linkOf();
  t.last().opens().says(welcome);
  t.clock.pass(25000);
  assert.equal(t.last().sent.at(-1).type, 'ping');
  t.clock.pass(9999);
  assert.equal(t.phase(), 'open');
  t.clock.pass(1);
  assert.equal(t.phase(), 'waiting');
  assert.equal(t.sockets[0].closed, true);
});

test('an answer, or any frame, keeps the link', () => {
  const t = linkOf();
  t.last().opens().says(welcome);
  for (let i = 0; i < 5; i++) {
    t.clock.pass(25000 + 9000);
    t.last().says({ type: 'pong', ref: 'p' });
  }
  assert.equal(t.phase(), 'open');
  assert.equal(t.last().sent.filter((f) => f.type === 'ping').length, 5);
});

test('who has said something asks sooner', () => {
  const t = linkOf();
  t.last().opens().says(welcome);
  assert.equal(t.link.send('{"type":"message"}'), true);
  t.clock.pass(5000);
  assert.equal(t.last().sent.at(-1).type, 'ping');
});

test('a connection that neither opens nor speaks is given up', () => {
  const t = linkOf();
  t.clock.pass(15000);
  assert.equal(t.phase(), 'waiting');
  t.clock.pass(t.wait());
  t.last().opens();
  t.clock.pass(20000);
  assert.equal(t.phase(), 'waiting');
});

test('what a socket says after it was given up is not heard', () => {
  const t = linkOf();
  const first = t.last().opens().says(welcome);
  t.clock.pass(35000);
  t.clock.pass(t.wait());
  const before = t.events.length;
  first.says(welcome).ends();
  assert.equal(t.events.length, before);
});

test('a nudge ends the wait', () => {
  const t = linkOf();
  t.last().ends();
  t.link.nudge();
  assert.equal(t.sockets.length, 2);
  t.clock.pass(60000);
  t.link.nudge();
  assert.ok(t.sockets.length > 2);
});

test('a nudge leaves one timer, not two', () => {
  const t = linkOf();
  t.last().ends();
  t.link.nudge();
  assert.equal(t.clock.pending(), 1);
});

test('a nudge makes an open link prove that it lives', () => {
  const t = linkOf();
  t.last().opens().says(welcome);
  t.link.nudge();
  assert.equal(t.last().sent.at(-1).type, 'ping');
  t.clock.pass(4000);
  assert.equal(t.phase(), 'waiting');
});

test('a close code that is final is final', () => {
  const t = linkOf();
  t.last().opens().ends(4501);
  assert.equal(t.phase(), 'stopped');
  assert.equal(t.events.at(-1).code, 4501);
  t.link.nudge();
  t.clock.pass(1e6);
  assert.equal(t.sockets.length, 1);
});

test('tries without a frame are counted, and a frame ends the count', () => {
  const t = linkOf();
  for (let i = 1; i <= 3; i++) {
    t.last().ends();
    assert.equal(t.refused(), i);
    t.clock.pass(t.wait());
  }
  t.last().opens().says(welcome).ends();
  assert.equal(t.refused(), 0);
});

test('a browser that refuses to try at all is no end', () => {
  const t = linkOf({ refuse: true });
  assert.equal(t.phase(), 'waiting');
  t.clock.pass(t.wait());
  assert.equal(t.refused(), 2);
});

test('nothing can be sent over a link that is not open', () => {
  const t = linkOf();
  assert.equal(t.link.send('{}'), false);
  t.last().opens().says(welcome).ends();
  assert.equal(t.link.send('{}'), false);
});
