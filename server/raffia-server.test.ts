import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TestServer } from './testing/test-server.ts';

test('a server that has stopped leaves nothing that keeps its process alive', async () => {
  const held = () => process.getActiveResourcesInfo().filter((kind) => kind !== 'Immediate');
  const before = held();
  const server = await TestServer.start();
  try {
    assert.equal((await fetch(`${server.address}/health`, { headers: { connection: 'close' } })).status, 200);
    assert.ok(held().includes('TCPSocketWrap'), 'it held connections to its database');
  } finally {
    await server.stop();
  }
  assert.deepEqual(held(), before);
});
