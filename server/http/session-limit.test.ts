import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TestPerson } from '../testing/test-person.ts';
import { TestServer } from '../testing/test-server.ts';

test('who asks again and again who he is has the limit of his other requests', async (t) => {
  const server = await TestServer.start();
  t.after(() => server.stop());
  const person = await TestPerson.owner(server);
  server.time.stopped = 1_000_000;
  const cookie = [...person.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  const ask = async (path: string, headers: Record<string, string> = {}) => {
    const response = await fetch(`${server.address}${path}`, { headers: { cookie, ...headers } });
    await response.arrayBuffer();
    return response;
  };
  // 30 that are let through each second, and a burst of 60.
  const answers = [];
  for (let index = 0; index < 100; index++) answers.push(await ask('/api/raffia/v1/session'));
  assert.equal(answers.filter(({ status }) => status === 200).length, 90);
  const [refused] = answers.filter(({ status }) => status === 429);
  assert.equal(refused?.headers.get('retry-after'), '1');
  assert.equal((await ask('/api/v1/projects', { 'x-account-id': server.first.account_id })).status, 429);
});

test('whoever asks without a key is told his limit as everybody else is', async (t) => {
  const server = await TestServer.start();
  t.after(() => server.stop());
  server.time.stopped = 1_000_000;
  const send = async () => {
    const response = await fetch(`${server.address}/api/raffia/v1/links/use`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    });
    return { status: response.status, headers: response.headers, text: await response.text() };
  };
  const answers = [];
  for (let index = 0; index < 305; index++) answers.push(await send());
  const refused = answers.filter(({ status }) => status === 429);
  assert.equal(refused.length, 5, `${refused.length} of ${answers.length} were refused`);
  const names = ['retry-after', 'x-ratelimit-limit', 'x-ratelimit-remaining', 'ratelimit-policy', 'ratelimit'];
  assert.deepEqual(
    names.map((name) => refused[0]?.headers.get(name)),
    ['1', '100', '0', '"second";q=100;w=1, "burst";q=200;w=60', '"second";r=0;t=1'],
  );
});
