import assert from 'node:assert/strict';
import { test } from 'node:test';
import { followEvents } from './follow-events.ts';

/** What is told of a stream whose answers are given, one after the other; with the last the page is left. */
async function follow(answers: (Response | 'away')[], heard = new Map<string, string>()) {
  const stop = new AbortController();
  const told: string[] = [];
  const asked: (string | null)[] = [];
  const waits: number[] = [];
  const left = [...answers];
  await followEvents(
    {
      accountId: 'account',
      signal: stop.signal,
      heard,
      fetch: async (path, init) => {
        const headers = new Headers(init?.headers);
        assert.equal(path, '/api/raffia/v1/events');
        assert.equal(headers.get('x-account-id'), 'account');
        asked.push(headers.get('last-event-id'));
        const answer = left.shift();
        if (answer === undefined || answer === 'away') throw new TypeError('cannot be reached');
        return answer;
      },
      sleep: async (ms) => {
        waits.push(ms);
        if (left.length === 0) stop.abort();
      },
    },
    {
      changed: ({ resource, id }) => told.push(`${resource} ${id}`),
      missed: () => told.push('missed'),
      resumed: () => told.push('resumed'),
      sessionEnded: () => told.push('session ended'),
      refused: () => told.push('refused'),
    },
  );
  return { told, asked, waits };
}

const change = (id: string, at: number) => `id: log-${at}\nevent: change\ndata: {"resource":"vm","id":"${id}"}\n\n`;
const refusal = (status: number, retryAfter?: string) =>
  new Response('{}', { status, headers: retryAfter === undefined ? {} : { 'retry-after': retryAfter } });

/** A stream that comes in pieces of a few bytes. */
function stream(text: string): Response {
  const bytes = new TextEncoder().encode(text);
  return new Response(
    new ReadableStream({
      start(controller) {
        for (let from = 0; from < bytes.length; from += 7) controller.enqueue(bytes.slice(from, from + 7));
        controller.close();
      },
    }),
  );
}

test('a stream that breaks is taken up where it was heard to, and what the caller may do is asked anew', async () => {
  const { told, asked, waits } = await follow([
    stream(`retry: 2000\nid: log-3\n: welcome\n\n${change('a', 4)}${change('b', 5)}id: log-9\n: still here\n\n`),
    'away',
    stream(`${change('c', 10)}event: change\ndata: {"reso`),
    stream(''),
  ]);
  assert.deepEqual(told, ['vm a', 'vm b', 'resumed', 'vm c', 'resumed']);
  assert.deepEqual(asked, [null, 'log-9', 'log-9', 'log-10']);
  assert.deepEqual(waits, [2000, 2000, 2000, 2000]);
});

test('what nobody knows any more is read anew, once', async () => {
  const { told } = await follow(
    [stream(`id: other-1\n: welcome\n\nevent: gap\ndata: {}\n\n${change('a', 2)}`), stream('')],
    new Map([['account', 'log-1']]),
  );
  assert.deepEqual(told, ['resumed', 'missed', 'vm a', 'resumed']);
});

test('a session that is over is told at once, and not asked about again', async () => {
  const { told, asked, waits } = await follow([stream(`${change('a', 1)}event: end\ndata: {}\n\n`), refusal(401)]);
  assert.deepEqual(told, ['vm a', 'session ended']);
  assert.equal(asked.length, 2);
  assert.deepEqual(waits, [0]);
});

test('access that was taken away is told at once, and asked for again only later', async () => {
  const { told, waits } = await follow([stream('event: end\ndata: {}\n\n'), refusal(403), refusal(403)]);
  assert.deepEqual(told, ['refused', 'refused']);
  assert.deepEqual(waits, [0, 30_000, 30_000]);
});

test('a server that keeps ending streams is not asked without a pause', async () => {
  const end = () => stream('event: end\ndata: {}\n\n');
  assert.deepEqual((await follow([end(), end(), end()])).waits, [0, 2000, 2000]);
});

test('where there is no room for a stream, all is read anew when the server says that one may come back', async () => {
  const { told, waits } = await follow([refusal(429, '5'), refusal(503), stream(change('a', 1))]);
  assert.deepEqual(told, ['missed', 'missed', 'vm a']);
  assert.deepEqual(waits, [5000, 30_000, 2000]);
});
