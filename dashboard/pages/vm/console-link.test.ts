import assert from 'node:assert/strict';
import { test } from 'node:test';
import { consoleEnds, longestMessage, mostUnread, mostUntaken } from '@raffia/contract/console-socket.ts';
import { ConsoleLink, type LinkState, mostTyped, type Socket } from './console-link.ts';

/** A socket of which only what goes over it matters. */
class Wire implements Socket {
  binaryType: BinaryType = 'blob';
  onopen: Socket['onopen'] = null;
  onmessage: Socket['onmessage'] = null;
  onclose: Socket['onclose'] = null;
  isClosed = false;
  readonly words: unknown[] = [];
  readonly typed: Uint8Array[] = [];

  send(data: unknown): void {
    if (typeof data === 'string') this.words.push(JSON.parse(data));
    else this.typed.push(data as Uint8Array);
  }
  close(): void {
    this.isClosed = true;
  }
  get typedBytes(): number {
    return this.typed.reduce((sum, { length }) => sum + length, 0);
  }
  opens(): void {
    this.onopen?.call(this as never, {} as Event);
  }
  says(data: object | ArrayBuffer): void {
    const text = data instanceof ArrayBuffer ? data : JSON.stringify(data);
    this.onmessage?.call(this as never, { data: text } as MessageEvent);
  }
  ends(code: number, reason = ''): void {
    this.onclose?.call(this as never, { code, reason } as CloseEvent);
  }
}

const size = { columns: 80, rows: 24 };

async function linked(askTicket = async () => ({ ticket: 't', url: 'ws://x/console' })) {
  const wire = new Wire();
  const states: LinkState[] = [];
  const shown: { bytes: number; done: () => void }[] = [];
  const link = new ConsoleLink(size, {
    askTicket,
    connect: () => wire,
    show: ({ length }, done) => shown.push({ bytes: length, done }),
    onState: (state) => states.push(state),
  });
  await new Promise((later) => setImmediate(later));
  return { wire, states, shown, link };
}

test('it greets with ticket and size, and types only when it is open', async () => {
  const { wire, states, link } = await linked();
  link.type('early');
  wire.opens();
  assert.deepEqual([wire.words, wire.typed], [[{ ticket: 't', ...size }], []]);
  link.resize({ columns: 100, rows: 30 });
  wire.says({ state: 'open' });
  assert.deepEqual(wire.words.slice(1), [{ columns: 100, rows: 30 }]);
  assert.equal(new TextDecoder().decode(wire.typed[0]), 'early');
  assert.deepEqual(
    states.map(({ is }) => is),
    ['connecting', 'open'],
  );
});

test('a paste goes in parts, no more of it than the machine takes, and one that is too large not at all', async () => {
  const { wire, link } = await linked();
  wire.opens();
  wire.says({ state: 'open' });
  const text = 'x'.repeat(200_000);
  assert.equal(link.type(text), true);
  assert.equal(wire.typedBytes, mostUntaken);
  assert.ok(wire.typed.every(({ length }) => length <= longestMessage));
  wire.says({ taken: 40_000 });
  assert.equal(wire.typedBytes, mostUntaken + 40_000);
  assert.equal(link.type('y'.repeat(mostTyped)), false);
  for (let taken = 100_000; taken <= 200_000; taken += 50_000) wire.says({ taken });
  assert.equal(wire.typedBytes, 200_000);
});

test('what was shown is told when it was dealt with, often enough that the machine goes on', async () => {
  const { wire, shown } = await linked();
  wire.opens();
  wire.says({ state: 'open' });
  for (let sent = 0; sent < mostUnread; sent += 4096) wire.says(new ArrayBuffer(4096));
  assert.equal(wire.words.filter((word) => 'read' in (word as object)).length, 0);
  for (const { done } of shown) done();
  const told = wire.words.flatMap((word) => ('read' in (word as object) ? [(word as { read: number }).read] : []));
  assert.equal(told.at(-1), mostUnread);
  assert.ok(told.length >= 4 && told.length <= 16, `${told.length} times`);
});

test('each end is told by its name, once; one that is not ours is a lost connection', async () => {
  let tried = 0;
  for (const [end, code] of Object.entries(consoleEnds)) {
    const { wire, states } = await linked();
    wire.opens();
    wire.ends(code, 'why');
    wire.ends(1006);
    assert.deepEqual(states.slice(1), [{ is: 'ended', end, sentence: 'why' }]);
    tried++;
  }
  assert.equal(tried, 9);
  const lost = await linked();
  lost.wire.ends(1006);
  assert.deepEqual(lost.states.at(-1), { is: 'ended', end: 'lost', sentence: '' });
  const refused = await linked(async () => {
    throw new Error('permission denied');
  });
  assert.deepEqual(refused.states.at(-1), { is: 'ended', end: 'refused', sentence: 'permission denied' });
});

test('who leaves is told nothing more', async () => {
  const { wire, states, link } = await linked();
  wire.opens();
  link.leave();
  wire.ends(1000);
  assert.equal(wire.isClosed, true);
  assert.deepEqual(states, [{ is: 'connecting' }]);
});
