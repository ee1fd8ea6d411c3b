import { test } from 'node:test';
import { whyNoRedis } from './test-redis.ts';

/** Runs a suite of the whole on three nodes: what it holds of one process holds of several. */
export async function onNodes(suite: () => Promise<unknown>): Promise<void> {
  const missing = whyNoRedis();
  if (missing !== undefined) {
    test('on three nodes', { skip: missing }, () => {});
    return;
  }
  process.env.RAFFIA_TEST_NODES = '3';
  await suite();
}
