// timeout: 15m
import assert from 'node:assert/strict';
import { type ClientRequest, get } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { whyNoProxy } from '@raffia/server/testing/reverse-proxy.ts';
import { ServerCluster } from '@raffia/server/testing/server-cluster.ts';
import { whyNoRedis } from '@raffia/server/testing/test-redis.ts';
import { until } from '@raffia/server/testing/until.ts';

/** How many a key may have open (docs/limits.md). */
const most = 20;

interface Opened {
  readonly status: number;
  readonly request: ClientRequest;
}

describe('streams on three nodes', { skip: whyNoRedis() ?? whyNoProxy('nginx') ?? false }, () => {
  let cluster: ServerCluster;
  const open = new Set<ClientRequest>();

  before(async () => {
    cluster = await ServerCluster.start();
    await cluster.isWhole();
  });
  after(async () => {
    for (const request of open) request.destroy();
    await cluster?.stop();
  });

  function listen(node: number): Promise<Opened> {
    return new Promise((done, failed) => {
      const headers = { 'x-api-key': cluster.first.api_key };
      const url = `${cluster.nodes[node]?.process.url}/api/raffia/v1/events`;
      const request = get(url, { headers, agent: false }, (response) => {
        response.on('error', () => {});
        response.on('close', () => open.delete(request));
        response.resume();
        done({ status: response.statusCode ?? 0, request });
      });
      open.add(request);
      request.on('error', failed);
    });
  }

  /** As many at once, over nodes in turn: those that were let in. */
  async function listenAtOnce(count: number, nodes = [0, 1, 2]): Promise<Opened[]> {
    const found = await Promise.all(
      Array.from({ length: count }, (_, index) => listen(nodes[index % nodes.length] as number)),
    );
    const letIn = found.filter(({ status }) => status === 200);
    assert.ok(found.every(({ status }) => status === 200 || status === 429));
    assert.equal(letIn.length + found.filter(({ status }) => status === 429).length, count);
    return letIn;
  }

  const left = () => cluster.redis.command('KEYS', 'raffia:streams:*');
  const counted = () =>
    cluster.redis
      .command('KEYS', 'raffia:streams:account:*')
      .split('\n')
      .filter((key) => key !== '')
      .reduce((sum, key) => sum + Number(cluster.redis.command('ZCARD', key)), 0);

  async function leave(streams: readonly Opened[]): Promise<void> {
    for (const { request } of streams) request.destroy();
    await until('nothing is left in Redis', () => left() === '');
    // The key's own limit is not the subject.
    await new Promise((room) => setTimeout(room, 1100));
  }

  test('of one more than a key may have exactly so many are let in, and each that closes makes room for one on any node', async () => {
    for (let round = 0; round < 3; round++) {
      const streams = await listenAtOnce(most + 1);
      assert.equal(streams.length, most);
      streams.pop()?.request.destroy();
      await until('its place is free', () => counted() === most - 1);
      const more = await listenAtOnce(3, [round]);
      assert.equal(more.length, 1);
      await leave([...streams, ...more]);
    }
  });

  test('the places of a node that is killed are its own until their lease is over, then free, and what the others have open stays', async () => {
    const node = cluster.nodes[0];
    const lost = await listenAtOnce(9, [0]);
    const kept = await listenAtOnce(most - 9, [1, 2]);
    assert.equal(lost.length + kept.length, most);
    await node?.process.end('SIGKILL');
    const began = performance.now();
    assert.equal((await listenAtOnce(2, [1])).length, 0, 'they are its own until then');
    // Slowly enough for the key's own limit.
    const isFree = async () => {
      const [one] = await listenAtOnce(1, [2]);
      if (one !== undefined) kept.push(one);
      return one !== undefined;
    };
    await until('they are free', isFree, { everyMs: 300 });
    console.log(`free ${Math.round(performance.now() - began)} ms after the kill`);
    const more = await listenAtOnce(most, [1, 2]);
    assert.equal(more.length, 8);
    await until('whatever was refused is closed', () => open.size === most);
    await leave([...kept, ...more]);
    await node?.process.start();
    await cluster.isWhole();
  });

  test('without Redis the nodes together let in what a key may have, and count it once Redis is back', async () => {
    await cluster.redis.kill();
    const streams: Opened[] = [];
    try {
      await until('all know', async () => {
        const ready = await Promise.all(
          cluster.nodes.map(async ({ process }) =>
            (await (await fetch(`${process.url}/ready`)).text()).includes('Redis does not'),
          ),
        );
        return ready.every(Boolean);
      });
      streams.push(...(await listenAtOnce(30)));
      assert.equal(streams.length, 3 * Math.floor(most / 3));
    } finally {
      await cluster.redis.open();
    }
    await cluster.isWhole();
    await until('they are counted', () => counted() === streams.length);
    const more = await listenAtOnce(10);
    assert.equal(more.length, most - streams.length);
    await leave([...streams, ...more]);
  });
});
