import assert from 'node:assert/strict';
import { Agent, request } from 'node:http';
import { after, before, test } from 'node:test';
import { type Caller, TestServer } from '@raffia/server/testing/test-server.ts';

/** The limits as a client of the founding page meets them: over HTTP, in real time where time is the subject. */
let server: TestServer;
const agent = new Agent({ keepAlive: true, maxSockets: 100 });

before(async () => {
  server = await TestServer.start();
});
after(async () => {
  agent.destroy();
  await server.stop();
});

interface Raw {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly text: string;
}

function get(caller: Caller): Promise<Raw> {
  return new Promise((done, reject) => {
    const call = request(
      `${server.server.url}/api/v1/vms`,
      { agent, headers: { 'x-api-key': caller.key ?? '' } },
      async (answer) => {
        let text = '';
        for await (const chunk of answer) text += chunk;
        done({ status: answer.statusCode ?? 0, headers: answer.headers, text });
      },
    );
    call.on('error', reject);
    call.end();
  });
}

/** Requests at once: the limiter's clock stands still meanwhile, so that a busy machine cannot stretch them over the second. */
async function burst(caller: Caller, size: number): Promise<{ admitted: number; refused: Raw[] }> {
  // A whole number: with a fraction, a second later can be a rounding error less than a second.
  server.time.stopped ??= Math.ceil(performance.now());
  const answers = await Promise.all(Array.from({ length: size }, () => get(caller)));
  return {
    admitted: answers.filter(({ status }) => status === 200).length,
    refused: answers.filter(({ status }) => status === 429),
  };
}

/** Of several nodes each request is judged when Redis comes to it, some milliseconds after the clock that tests move. */
const jitterMs = () => (server.nodes.length > 1 ? 200 : 0);

test('91 requests at once with an idle standard key: 90 are answered, one gets the 429 of the founding page', async () => {
  const caller = await server.key({ account: 'owner' });
  const { admitted, refused } = await burst(caller, 91);
  assert.equal(admitted, 90);
  assert.equal(refused.length, 1);
  const [{ headers, text }] = refused as [Raw];
  assert.equal(headers['retry-after'], '1');
  assert.equal(headers['x-ratelimit-limit'], '30');
  assert.equal(headers['x-ratelimit-remaining'], '0');
  assert.match(String(headers['content-type']), /^application\/json/);
  assert.deepEqual(JSON.parse(text), {
    error: 'Rate limit exceeded',
    message: 'Maximum 30 requests per second allowed for your tier',
  });
});

test('a second after a 429 there is room for 30 again, and for no more', async () => {
  const caller = await server.key({ account: 'owner' });
  await burst(caller, 91);
  server.time.offset += 1000 + jitterMs();
  assert.equal((await burst(caller, 40)).admitted, 30);
});

test('the burst budget is back a minute after it began to be used', async () => {
  const caller = await server.key({ account: 'owner' });
  await burst(caller, 91);
  server.time.offset += 60_000 + jitterMs();
  assert.equal((await burst(caller, 91)).admitted, 90);
});

test('301 requests at once with a high key: 300 are answered, and the 429 names 100', async () => {
  await server.operator('tier', 'allow', server.first.account_id, '--keys', '1');
  const caller = await server.key({ account: 'owner' });
  await server.operator('tier', 'set', caller.id, 'high');
  const { admitted, refused } = await burst(caller, 301);
  assert.equal(admitted, 300);
  assert.equal(refused.length, 1);
  assert.equal(refused[0]?.headers['x-ratelimit-limit'], '100');
  assert.equal(JSON.parse(refused[0]?.text ?? '').message, 'Maximum 100 requests per second allowed for your tier');
  server.time.offset += 1000 + jitterMs();
  assert.equal((await burst(caller, 110)).admitted, 100);
});

test('30 requests a second for 20 seconds, evenly spaced, never meet a 429', async () => {
  delete server.time.stopped;
  const caller = await server.key({ account: 'owner' });
  const answers: Promise<Raw>[] = [];
  const started = performance.now();
  for (let index = 0; index < 600; index++) {
    const due = started + (index * 1000) / 30;
    const early = due - performance.now();
    if (early > 0) await new Promise((done) => setTimeout(done, early));
    answers.push(get(caller));
  }
  const statuses = (await Promise.all(answers)).map(({ status }) => status);
  assert.deepEqual([...new Set(statuses)], [200]);
});

test('every authenticated answer tells the limit and what is left of it', async () => {
  const caller = await server.key({ account: 'owner' });
  const first = await get(caller);
  assert.equal(first.headers['x-ratelimit-limit'], '30');
  assert.equal(first.headers['x-ratelimit-remaining'], '29');
  assert.equal(first.headers['ratelimit-policy'] !== undefined, true);
  assert.equal(first.headers.ratelimit !== undefined, true);
  const second = await get(caller);
  assert.equal(second.headers['x-ratelimit-remaining'], '28');
});

test('one key at its limit takes nothing from another', async () => {
  const [loud, quiet] = [await server.key({ account: 'owner' }), await server.key({ account: 'owner' })];
  await burst(loud, 120);
  assert.equal((await get(quiet)).status, 200);
});

test('unknown keys are refused by address before they cost a look-up, and keys in use are not', async () => {
  const known = await server.key({ account: 'owner' });
  await get(known);
  const unknown = { key: `raff_${'0'.repeat(64)}` };
  const statuses = (await Promise.all(Array.from({ length: 300 }, () => get(unknown)))).map(({ status }) => status);
  assert.equal(statuses.includes(429), true);
  assert.equal(statuses.includes(401), true);
  assert.deepEqual([...new Set(statuses)].sort(), [401, 429]);
  // Of several nodes most meet it for the first time.
  for (let time = 0; time < 3; time++) assert.equal((await get(known)).status, 200);
});
