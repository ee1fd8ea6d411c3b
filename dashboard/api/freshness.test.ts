import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { RaffApiError } from '@raffia/client/client.ts';
import { type Resource, resources } from '@raffia/contract/resources.ts';
import { QueryClient, QueryObserver } from '@tanstack/react-query';
import { concerns, Freshness } from './freshness.ts';

/** Time that goes on when it is told to. */
class Time {
  #now = 0;
  readonly #waiting = new Map<() => void, number>();
  readonly now = () => this.#now;
  readonly later = (call: () => void, ms: number) => {
    const due = () => call();
    this.#waiting.set(due, this.#now + ms);
    return () => this.#waiting.delete(due);
  };

  async pass(ms: number): Promise<void> {
    for (const end = this.#now + ms; ; ) {
      const [next] = [...this.#waiting].filter(([, at]) => at <= end).sort(([, one], [, other]) => one - other);
      this.#now = next?.[1] ?? end;
      if (next === undefined) return;
      this.#waiting.delete(next[0]);
      next[0]();
      // What was begun answers.
      for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate);
    }
  }
}

const account = 'account';

/** A screen that shows queries, each by what it reads. */
function screen(t: TestContext) {
  const time = new Time();
  const client = new QueryClient({
    defaultOptions: { queries: { retry: false, staleTime: Number.POSITIVE_INFINITY } },
  });
  const freshness = new Freshness(client, time);
  t.after(() => {
    freshness.stop();
    client.clear();
  });
  const reads: string[] = [];
  const show = async (key: unknown[], read: () => unknown = () => ({}), meta = {}) => {
    const observer = new QueryObserver(client, {
      queryKey: key,
      meta,
      queryFn: async () => {
        reads.push(key.slice(1).map(String).join(' '));
        return read();
      },
    });
    const leave = observer.subscribe(() => {});
    t.after(leave);
    await new Promise(setImmediate);
    return { observer, leave };
  };
  return { time, client, freshness, reads, show };
}

function refusal(status: number, retryAfter?: string): RaffApiError {
  const request = { operation: 'listImages' } as ConstructorParameters<typeof RaffApiError>[0];
  const headers = new Headers(retryAfter === undefined ? {} : { 'retry-after': retryAfter });
  return new RaffApiError(request, { status, headers, body: { error: 'No', message: 'refused' } });
}

test('what changes within half a second is read once, and only what is on the screen', async (t) => {
  const { time, client, freshness, reads, show } = screen(t);
  await show([account, 'images']);
  await show([account, 'ssh-keys']);
  await show(['other account', 'images']);
  const { leave } = await show([account, 'account']);
  leave();
  reads.length = 0;
  for (let number = 0; number < 100; number++) freshness.changed(account, { resource: 'vm', id: `vm ${number}` });
  await time.pass(499);
  assert.deepEqual(reads, []);
  await time.pass(60_000);
  assert.deepEqual(reads, ['images']);
  // It is read when somebody looks.
  assert.equal(client.getQueryState([account, 'account'])?.isInvalidated, true);
});

test('however much changes, a tab makes no more than 40 reads in 30 seconds, and the last of them comes after the last change', async (t) => {
  const { time, freshness, reads, show } = screen(t);
  for (const name of ['images', 'account', 'operations', 'audit', 'vms']) await show([account, name], () => []);
  reads.length = 0;
  for (let ms = 0; ms < 30_000; ms += 100) {
    freshness.changed(account, { resource: 'vm', id: `vm ${ms % 200}` });
    await time.pass(100);
  }
  console.log(`${reads.length} reads in 30 s`);
  assert.ok(reads.length > 20 && reads.length <= 40, `${reads.length} reads`);
  const shares = ['images', 'account', 'operations', 'audit', 'vms'].map(
    (name) => reads.filter((read) => read === name).length,
  );
  assert.ok(Math.max(...shares) - Math.min(...shares) <= 2, `${shares}`);
  freshness.changed(account, { resource: 'vm', id: 'the last' });
  reads.length = 0;
  await time.pass(30_000);
  assert.deepEqual(reads.sort(), ['account', 'audit', 'images', 'operations', 'vms']);
});

test('a list of many pages counts as so many reads, and so does what says that it asks as often', async (t) => {
  for (const [read, meta] of [
    [() => Array.from({ length: 2000 }, (_, id) => ({ id })), {}],
    [() => ({}), { requests: 20 }],
  ] as const) {
    const { time, freshness, reads, show } = screen(t);
    await show([account, 'images'], read, meta);
    reads.length = 0;
    for (let ms = 0; ms < 30_000; ms += 100) {
      freshness.changed(account, { resource: 'image' });
      await time.pass(100);
    }
    assert.deepEqual(reads, ['images', 'images']);
  }
});

test('a failed read leaves what is there, says so, and is tried again when the server said, or after ten seconds', async (t) => {
  const { time, client, freshness, reads, show } = screen(t);
  let outcome: Error | string[] = ['one', 'two'];
  const { observer } = await show([account, 'images'], () => {
    if (outcome instanceof Error) throw outcome;
    return outcome;
  });
  const shown = () => [observer.getCurrentResult().data, observer.getCurrentResult().isError];
  for (const [failure, wait] of [
    [refusal(429, '3'), 3000],
    [refusal(500), 10_000],
    [refusal(503, '25'), 25_000],
  ] as const) {
    outcome = failure;
    freshness.changed(account, { resource: 'image', id: 'two' });
    await time.pass(500);
    assert.deepEqual(shown(), [['one', 'two'], true], String(failure.status));
    reads.length = 0;
    outcome = ['one', 'two'];
    freshness.changed(account, { resource: 'image', id: 'two' });
    await time.pass(wait - 1);
    assert.deepEqual(reads, [], String(failure.status));
    await time.pass(501);
    assert.deepEqual(reads, ['images'], String(failure.status));
    assert.deepEqual(shown(), [['one', 'two'], false]);
    await time.pass(60_000);
  }
  // A refusal that says more than that is not asked again.
  outcome = refusal(403);
  freshness.changed(account, { resource: 'image', id: 'two' });
  await time.pass(500);
  reads.length = 0;
  await time.pass(60_000);
  assert.deepEqual(reads, []);
  assert.equal(client.getQueryState([account, 'images'])?.status, 'error');
});

test('a change during a read is read after it, and the read is not broken off', async (t) => {
  const { time, freshness, reads, show } = screen(t);
  let answer: (rows: string[]) => void = () => {};
  let isSlow = false;
  const { observer } = await show([account, 'images'], () =>
    isSlow ? new Promise((answered) => (answer = answered)) : ['first'],
  );
  reads.length = 0;
  isSlow = true;
  freshness.changed(account, { resource: 'image', id: 'one' });
  await time.pass(500);
  freshness.changed(account, { resource: 'image', id: 'one' });
  await time.pass(5000);
  assert.deepEqual(reads, ['images']);
  isSlow = false;
  answer(['read before the change']);
  await time.pass(1000);
  assert.deepEqual(reads, ['images', 'images']);
  assert.deepEqual(observer.getCurrentResult().data, ['first']);
});

test('a page about one thing is read anew when that changes, and not for another of its kind', () => {
  const one = (key: unknown[], resource: string, id?: string) => concerns([account, ...key], account, { resource, id });
  for (const key of [
    ['vm', 'a'],
    ['interfaces', 'a'],
    ['notes', 'a'],
    ['operations', { resource_id: 'a', limit: 20 }],
  ]) {
    assert.deepEqual([one(key, 'vm', 'a'), one(key, 'vm', 'b'), one(key, 'vm')], [true, false, true], String(key[0]));
  }
  assert.ok(one(['interfaces', 'a'], 'ip', 'b'), 'an address may be of the machine');
  assert.ok(one(['vm', 'a'], 'snapshot', '7'), 'a snapshot may be of the machine');
  assert.ok(one(['operations', { limit: 8 }], 'vm', 'b'));
  assert.ok(!one(['operations', { resource_id: 'a' }], 'snapshot', '7'));
  assert.ok(!one(['vm', 'a'], 'apikey', 'a'));
  assert.ok(!concerns(['other', 'vm', 'a'], account, { resource: 'vm', id: 'a' }));
  assert.ok(concerns(['session'], account, { resource: 'member', id: 'a' }));
  assert.ok(!concerns(['session'], account, { resource: 'vm', id: 'a' }));
  assert.ok(one(['vms'], 'something of a newer server', 'a'));
});

test('whatever changes what the list of machines shows reads it anew', () => {
  const kinds = Object.values<Resource>(resources).filter(
    ({ drops, shownIn, noun }) => drops.includes('vmPages') && noun !== 'project' && !shownIn.includes('vms'),
  );
  assert.deepEqual(
    kinds.map(({ noun }) => noun),
    [],
  );
});
