import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import {
  type ClientOptions,
  createClient,
  RaffApiError,
  type RaffClient,
  RaffConnectionError,
  RaffError,
  RaffTimeoutError,
} from './client.ts';
import type { Answer, Request } from './request.ts';
import { type Line, ScriptedServer, virtualTime } from './scripted-server.ts';
import { pace } from './steps/pace.ts';

let server: ScriptedServer;
let time: ReturnType<typeof virtualTime>;
let raff: RaffClient;

afterEach(() => server.stop());

async function scripted(script: Line[], options: Partial<ClientOptions> = {}): Promise<void> {
  time = virtualTime();
  server = await ScriptedServer.start(script, time.now);
  raff = createClient({
    baseUrl: server.url,
    apiKey: 'raff_test',
    projectId: 'p-1',
    // Longer than all the waiting of a test: virtual time would reach it first otherwise.
    timeoutMs: 10_000_000,
    surroundings: time,
    ...options,
  });
}

const busy = (after?: string): Line => ({
  status: 429,
  headers: { 'x-ratelimit-limit': '30', ...(after === undefined ? {} : { 'retry-after': after }) },
  body: { error: 'Rate limit exceeded', message: 'Maximum 30 requests per second allowed for your tier' },
});
const down: Line = { status: 503, body: { error: 'Service Unavailable', message: 'no database' } };
const created = (id: string): Line => ({ status: 201, body: { success: true, data: { id } } });
const body = { name: 'web', template_id: 't', pricing_id: 1, region: 'us-east' };

test('a request carries the key, and the project only where the operation has one', async () => {
  await scripted([]);
  await raff.listApiKeys({ limit: 5 });
  await raff.startVM({ id: 'a b/c' });
  const [list, start] = server.received;
  assert.equal(list?.url, '/api/v1/api-keys?limit=5');
  assert.equal(list?.headers['x-api-key'], 'raff_test');
  assert.equal(list?.headers['x-project-id'], undefined);
  assert.equal(list?.headers['content-type'], undefined);
  assert.equal(start?.url, '/api/v1/vms/a%20b%2Fc/start');
  assert.equal(start?.headers['x-project-id'], 'p-1');
  await raff.startVM({ id: 'v' }, { projectId: 'p-2' });
  assert.equal(server.received[2]?.headers['x-project-id'], 'p-2');
});

test('a path parameter that is missing is an error before anything is sent', async () => {
  await scripted([]);
  await assert.rejects(raff.getVM({ id: '' }), /getVM needs id/);
  assert.equal(server.received.length, 0);
});

test('a 429 is repeated when Retry-After says so, and not before', async () => {
  await scripted([busy('3'), created('v')]);
  const { data } = await raff.createVM({ body });
  assert.equal(data.id, 'v');
  const [first, second] = server.received;
  assert.ok((second?.at ?? 0) - (first?.at ?? 0) >= 3000);
});

test('a 429 that holds for long is told at once, and holds up no other request', async () => {
  await scripted([busy('3000')]);
  const invited = raff.createAccountInvitation({ body: { email: 'a@example.com', role_id: 'r' } });
  await assert.rejects(invited, (error) => error instanceof RaffApiError && error.status === 429);
  await raff.listVMs();
  assert.deepEqual([server.received.length, time.slept], [2, []]);
});

test('waits grow from 1 to 2, 4, 8 and 16 s, with jitter, and then the refusal is told', async () => {
  await scripted(Array(6).fill(down));
  await assert.rejects(raff.listVMs(), (error) => error instanceof RaffApiError && error.status === 503);
  const gaps = server.received.slice(1).map(({ at }, index) => at - (server.received[index]?.at ?? 0));
  assert.deepEqual(gaps, [1125, 2250, 4500, 9000, 18000]);
});

test('no wait is longer than a minute', async () => {
  await scripted(Array(9).fill(down), { retries: 8 });
  await assert.rejects(raff.listVMs());
  assert.equal(Math.max(...time.slept), 60_000);
});

test('a POST whose answer was lost is repeated under the same Idempotency-Key', async () => {
  await scripted(['break', down, created('v')]);
  await raff.createVM({ body });
  const keys = server.received.map(({ headers }) => headers['idempotency-key']);
  assert.deepEqual(keys, ['key-1', 'key-1', 'key-1']);
  await raff.createVM({ body });
  assert.equal(server.received.at(-1)?.headers['idempotency-key'], 'key-2');
});

test('a POST is not repeated for a service that knows no Idempotency-Key, except after a 429', async () => {
  await scripted([busy('1'), 'break'], { repeatPosts: false });
  await assert.rejects(raff.createVM({ body }), RaffConnectionError);
  assert.equal(server.received.length, 2);
});

test('a PATCH whose outcome is unknown is not repeated', async () => {
  await scripted(['break']);
  await assert.rejects(raff.renameVM({ id: 'v', body: { name: 'b' } }), RaffConnectionError);
  assert.equal(server.received.length, 1);
});

test('a DELETE that is repeated and finds nothing has done what was asked', async () => {
  await scripted(['break', { status: 404, body: { error: 'Not Found', message: 'VM not found' } }]);
  assert.equal((await raff.deleteVM({ id: 'v' })).success, true);
});

test('a DELETE of what never was is a 404', async () => {
  await scripted([{ status: 404, body: { error: 'Not Found', message: 'VM not found' } }]);
  await assert.rejects(raff.deleteVM({ id: 'v' }), (error) => error instanceof RaffApiError && error.status === 404);
});

test('a refusal that will not change is not repeated', async () => {
  await scripted([{ status: 400, body: { error: 'Bad Request', message: 'no' } }]);
  await assert.rejects(raff.listVMs(), /no/);
  assert.equal(server.received.length, 1);
});

test('after a refusal what waits is sent evenly, by the limit that the server names', async () => {
  await scripted([busy('2')]);
  await raff.listRoles({ limit: 1 });
  const ids = Array.from({ length: 60 }, (_, index) => String(index));
  await Promise.all(ids.map((id) => raff.getVM({ id })));
  const times = server.received.slice(1).map(({ at }) => at);
  assert.ok((times[0] ?? 0) >= 2000);
  for (const [index, at] of times.entries()) {
    const inOneSecond = times.slice(index).filter((other) => other < at + 1000).length;
    assert.ok(inOneSecond <= 30, `${inOneSecond} within a second from ${at}`);
  }
});

test('a network that holds requests up and delivers them together gets none of them refused again', async () => {
  const surroundings = virtualTime(1);
  const { now, sleep } = surroundings;
  const admitted: number[] = [];
  let refused = 0;
  let bunched = 0;
  const refusal = { 'x-ratelimit-limit': '30', 'retry-after': '1' };
  const send = pace(surroundings)(async (): Promise<Answer> => {
    // Of each second the network stands still for 0.4, before the server or behind it.
    const heldUpMs = 400 - (now() % 1000);
    if (heldUpMs > 0) {
      bunched++;
      await sleep(heldUpMs);
    }
    while ((admitted[0] ?? now()) <= now() - 1000) admitted.shift();
    const isAdmitted = admitted.length < 30;
    if (isAdmitted) admitted.push(now());
    else refused++;
    await sleep(15);
    return { status: isAdmitted ? 200 : 429, headers: new Headers(isAdmitted ? {} : refusal), body: undefined };
  });
  const request = { operation: 'getVM' } as Request;
  const all = await Promise.all(Array.from({ length: 32 }, () => send(request)));
  const firstRefused = refused;
  assert.ok(firstRefused > 0 && all.length === 32);
  for (let round = 0; round < 4; round++) await Promise.all(Array.from({ length: 60 }, () => send(request)));
  assert.ok(bunched > 60, `${bunched} were held up`);
  assert.equal(refused, firstRefused);
});

test('what is sent in a minute without a refusal is not held back any more', async () => {
  await scripted([busy('1')]);
  await raff.listRoles();
  await time.sleep(61_000);
  await Promise.all(Array.from({ length: 40 }, (_, id) => raff.getVM({ id: String(id) })));
  assert.deepEqual(new Set(server.received.slice(2).map(({ at }) => at)), new Set([time.now()]));
});

test('identical reads at once are one request, later ones are new', async () => {
  await scripted([]);
  await Promise.all(Array.from({ length: 10 }, () => raff.listVMs()));
  assert.equal(server.received.length, 1);
  await Promise.all([raff.listVMs(), raff.listVMs({ limit: 1 }), raff.listVMs({}, { projectId: 'p-2' })]);
  assert.equal(server.received.length, 4);
});

test('a reader that gives up does not end the read of the others', async () => {
  await scripted([]);
  const leaving = new AbortController();
  const left = raff.listVMs({}, { signal: leaving.signal });
  const stayed = raff.listVMs();
  leaving.abort(new Error('had enough'));
  await assert.rejects(left, /had enough/);
  assert.deepEqual((await stayed).data, []);
});

test('the catalogue is asked for once', async () => {
  await scripted([]);
  await raff.listTemplates();
  await raff.listTemplates();
  await raff.listTemplates({ region: 'us-east' });
  assert.equal(server.received.length, 2);
});

test('a catalogue that could not be had is asked for again', async () => {
  await scripted([{ status: 404, body: {} }]);
  await assert.rejects(raff.listRegions());
  await raff.listRegions();
  assert.equal(server.received.length, 2);
});

test('an attempt that takes too long ends with a sentence', async () => {
  await scripted(['silence'], { timeoutMs: 2000, retries: 0 });
  await assert.rejects(
    raff.listVMs(),
    (error) => error instanceof RaffTimeoutError && /within 2 s/.test(error.message),
  );
});

test('a service that is not there is named', async () => {
  await scripted([]);
  const gone = createClient({ baseUrl: 'http://127.0.0.1:1', retries: 0 });
  await assert.rejects(gone.listVMs(), /127\.0\.0\.1:1 could not be reached/);
});

test('a refusal tells status, label, sentence, request id, reason and the missing permission', async () => {
  await scripted([
    {
      status: 403,
      headers: { 'x-request-id': 'r-1' },
      body: { error: 'Forbidden', message: 'permission denied: vm.create', reason: 'failed' },
    },
  ]);
  await assert.rejects(raff.createVM({ body }), (error) => {
    assert.ok(error instanceof RaffApiError && error instanceof RaffError);
    const { status, message, requestId, reason, permission, operation } = error;
    assert.deepEqual(
      { status, message, requestId, reason, permission, operation, label: error.error },
      {
        status: 403,
        message: 'permission denied: vm.create',
        requestId: 'r-1',
        reason: 'failed',
        permission: 'vm.create',
        operation: 'createVM',
        label: 'Forbidden',
      },
    );
    return true;
  });
});

test('an answer that is no JSON is still an error with its status', async () => {
  await scripted([{ status: 400, headers: { 'content-type': 'text/html' }, body: '<h1>no</h1>' }]);
  await assert.rejects(raff.listVMs(), (error) => error instanceof RaffApiError && error.status === 400);
});

test('a redirect is not followed, and the key goes nowhere else', async () => {
  await scripted([{ status: 302, headers: { location: 'http://127.0.0.1:1/elsewhere' } }], { retries: 0 });
  await assert.rejects(raff.listVMs(), RaffConnectionError);
});

test('each walks all pages and gives nothing twice', async () => {
  const page = (from: number, length: number): Line => ({
    status: 200,
    body: { data: Array.from({ length }, (_, index) => ({ id: `v${from + index}` })), total: 150 },
  });
  // One was added in front meanwhile: the second page begins with what the first ended with.
  await scripted([page(0, 100), page(99, 51)]);
  const ids: string[] = [];
  for await (const vm of raff.each('listVMs')) ids.push(vm.id);
  assert.equal(ids.length, 150);
  assert.equal(new Set(ids).size, 150);
  assert.deepEqual(
    server.received.map(({ url }) => url),
    ['/api/v1/vms?limit=100&offset=0', '/api/v1/vms?limit=100&offset=100'],
  );
});

const vm = (status: string): Line => ({ status: 200, body: { success: true, data: { id: 'v', name: 'web', status } } });

test('waitFor looks until the status is there', async () => {
  await scripted([vm('initiating'), vm('provisioning'), vm('active')]);
  assert.equal((await raff.waitFor('v', 'active'))?.status, 'active');
  assert.equal(server.received.length, 3);
});

test('waitFor ends at its deadline, and at once where the VM failed', async () => {
  await scripted([...Array(4).fill(vm('booting')), vm('failure')]);
  await assert.rejects(raff.waitFor({ id: 'v' }, 'active', { withinMs: 3000 }), RaffTimeoutError);
  await assert.rejects(raff.waitFor('v', 'active'), /web failed/);
});

test('waitFor gone is content with a 404', async () => {
  await scripted([vm('finalizing'), { status: 404, body: { error: 'Not Found', message: 'VM not found' } }]);
  assert.equal(await raff.waitFor('v', 'gone'), undefined);
});

test('waitForVolume looks until the status is there, and ends where the volume failed or is gone', async () => {
  const volume = (status: string): Line => ({ status: 200, body: { data: { id: 7, name: 'data', status } } });
  const gone: Line = { status: 404, body: { error: 'Not Found', message: 'volume not found' } };
  await scripted([volume('creating'), volume('available'), volume('creating'), volume('failed'), gone]);
  assert.equal((await raff.waitForVolume(7, 'available'))?.status, 'available');
  await assert.rejects(raff.waitForVolume({ id: 7 }, 'available'), /The volume data failed/);
  assert.equal(await raff.waitForVolume(7, 'gone'), undefined);
  assert.deepEqual(new Set(server.received.map(({ url }) => url)), new Set(['/api/v1/volumes/7']));
});

test('waitForBackup looks until it is ready, and ends where it failed', async () => {
  const backup = (status: string): Line => ({ status: 200, body: { data: { id: 'b', name: 'nightly', status } } });
  await scripted([backup('pending'), backup('creating'), backup('ready'), backup('pending'), backup('failed')]);
  assert.equal((await raff.waitForBackup('b', 'ready'))?.status, 'ready');
  await assert.rejects(raff.waitForBackup({ id: 'b' }, 'ready'), /The backup nightly failed/);
  assert.deepEqual(new Set(server.received.map(({ url }) => url)), new Set(['/api/v1/backups/b']));
});

test('a call that is ended while it waits for its turn sends nothing more', async () => {
  await scripted([busy('5')]);
  const leaving = new AbortController();
  const call = raff.createVM({ body }, { signal: leaving.signal });
  while (server.received.length === 0) await new Promise((again) => setTimeout(again, 1));
  leaving.abort(new Error('had enough'));
  await assert.rejects(call, /had enough/);
  await time.sleep(10_000);
  assert.equal(server.received.length, 1);
});
