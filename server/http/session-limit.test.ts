import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TestPerson } from '../testing/test-person.ts';
import { TestServer } from '../testing/test-server.ts';

test('who asks again and again who he is has the limit of his other requests', async () => {
  const server = await TestServer.start();
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
  await server.stop();
});
