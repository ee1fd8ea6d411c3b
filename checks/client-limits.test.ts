import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createClient, type Step } from '@raffia/client/client.ts';
import { systemClock } from '@raffia/server/foundation/clock.ts';
import { TestServer } from '@raffia/server/testing/test-server.ts';

let server: TestServer;

before(async () => {
  server = await TestServer.start();
});
after(() => server.stop());

test('200 calls at once with a standard key all succeed, and none is refused twice', async () => {
  const caller = await server.key({ account: 'owner' });
  const sent: { call: string; at: number; status: number; retryAfter: number }[] = [];
  const watch: typeof fetch = async (input, init) => {
    const at = systemClock.monotonic();
    const response = await fetch(input, init);
    const retryAfter = Number(response.headers.get('retry-after') ?? 0);
    sent.push({
      call: `${input} ${init?.body ?? ''}`,
      at,
      status: response.status,
      retryAfter: retryAfter * 1000 + systemClock.monotonic(),
    });
    return response;
  };
  const errors: unknown[] = [];
  const told: Step = (next) => (request) =>
    next(request).catch((error) => {
      errors.push(error);
      throw error;
    });
  const raff = createClient({
    baseUrl: server.server.url,
    apiKey: caller.key,
    projectId: caller.project ?? '',
    fetch: watch,
    steps: [told],
  });
  const started = systemClock.monotonic();
  // Each its own address, so that they are not one read; half of them writes.
  const answers = await Promise.all(
    Array.from({ length: 200 }, (_, index) =>
      index % 2 === 0
        ? raff.listVMs({ limit: 1 + index })
        : raff.createRole({
            body: { name: `r${index}`, slug: `r${index}`, scope: 'project', permissions: ['vm.view'] },
          }),
    ),
  );
  const seconds = (systemClock.monotonic() - started) / 1000;
  assert.equal(answers.filter(({ success }) => success).length, 200);
  assert.deepEqual(errors, []);
  const refused = sent.filter(({ status }) => status === 429);
  assert.ok(refused.length > 0, 'the limit was never reached: the test shows nothing');
  const firstRefusal = Math.min(...refused.map(({ retryAfter }) => retryAfter));
  const paced = sent.filter(({ at }) => at >= firstRefusal);
  assert.equal(paced.filter(({ status }) => status === 429).length, 0, 'refused again although paced');
  const refusedCalls = refused.map(({ call }) => call);
  assert.deepEqual(refusedCalls, [...new Set(refusedCalls)], 'refused twice');
  for (const { retryAfter } of refused) {
    // A second before stands the answer itself; some milliseconds are the time it takes to be read.
    const early = sent.filter(({ at }) => at > retryAfter - 980 && at < retryAfter);
    assert.equal(early.length, 0, 'sent before Retry-After');
  }
  // The server's own count: each call once, and the refusals.
  assert.equal(sent.length, 200 + refused.length);
  assert.equal((await server.call(server.owner, 'GET', '/api/v1/roles?limit=100')).body.data.length, 100);
  process.stdout.write(`200 calls in ${seconds.toFixed(1)} s; ${refused.length} refused once, none twice\n`);
});
