// timeout: 15m
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { type ClientRequest, get } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { whyNoProxy } from '@raffia/server/testing/reverse-proxy.ts';
import { ServerCluster } from '@raffia/server/testing/server-cluster.ts';
import { whyNoRedis } from '@raffia/server/testing/test-redis.ts';
import { vmRequest } from '@raffia/server/testing/test-server.ts';
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

  const keys = (pattern: string) => cluster.redis.command('KEYS', pattern).split('\n').filter(Boolean);
  const markKeys = () => keys('raffia:account:*');
  /** The changes of an account that are under way, and when each has ended whatever became of it. */
  function fieldsUnderWay(key: string): [string, string][] {
    const lines = cluster.redis.command('HGETALL', key).split('\n');
    const pairs = Array.from({ length: lines.length / 2 }, (_, at): [string, string] => [
      lines[2 * at] as string,
      lines[2 * at + 1] as string,
    ]);
    return pairs.filter(([field]) => field !== 'authority' && field !== 'pages');
  }
  const left = () => cluster.redis.command('KEYS', 'raffia:streams:*');
  const counted = () =>
    keys('raffia:streams:account:*').reduce((sum, key) => sum + Number(cluster.redis.command('ZCARD', key)), 0);

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

  test('whatever nodes left in Redis that were killed at their work ends by itself, as the page for operators says', async () => {
    const { api_key, project_id } = cluster.first;
    const headers = { 'x-api-key': api_key, 'x-project-id': project_id, 'content-type': 'application/json' };
    const node = cluster.nodes[0];
    const ask = (path: string, init: RequestInit = {}) =>
      fetch(`${node?.process.url}${path}`, { headers, ...init }).then(
        ({ status }) => status,
        () => 0,
      );
    const streams = await listenAtOnce(3, [0]);
    assert.equal(await ask('/api/v1/vms', { headers: { 'x-api-key': `raff_${'0'.repeat(64)}` } }), 401);
    const attempt = JSON.stringify({ email: 'nobody@example.com', password: 'a wrong password' });
    const own = { 'content-type': 'application/json', origin: node?.process.url as string };
    assert.equal(await ask('/api/raffia/v1/auth/sign-in/email', { method: 'POST', headers: own, body: attempt }), 401);
    const create = (name: string) => ask('/api/v1/vms', { method: 'POST', body: JSON.stringify(vmRequest(name)) });
    assert.equal(await create('first'), 201);
    // It is killed with changes under way.
    const changes = Array.from({ length: 20 }, (_, index) => create(`killed-${index}`));
    await until('a change is under way', () => markKeys().some((key) => fieldsUnderWay(key).length > 0), {
      everyMs: 0,
    });
    await node?.process.end('SIGKILL');
    await Promise.all(changes);
    const page = readFileSync(new URL('../../docs/operating.md', import.meta.url), 'utf8');
    const documented = [...page.matchAll(/^\| (`raffia:[^|]*) \|/gm)].flatMap(([, names = '']) =>
      [...names.matchAll(/`(raffia:\w+)/g)].map(([, name]) => name as string),
    );
    /** The longest that each may last, in milliseconds. */
    const longest: Record<string, number> = {
      'raffia:limit': 8000,
      'raffia:burst': 66_000,
      'raffia:attempts': 600_000,
      'raffia:known': 3_600_000,
      'raffia:account': 3_600_000,
      'raffia:streams': 15_000,
      'raffia:consoles': 15_000,
      'raffia:epoch': Number.POSITIVE_INFINITY,
    };
    assert.deepEqual(documented.toSorted(), Object.keys(longest).toSorted());
    const found = new Set<string>();
    for (const key of keys('raffia:*')) {
      const kind = key.split(':').slice(0, 2).join(':');
      const ms = Number(cluster.redis.command('PTTL', key));
      // It may have ended meanwhile.
      if (ms === -2) continue;
      found.add(kind);
      assert.ok(kind === 'raffia:epoch' ? ms === -1 : ms > 0 && ms <= (longest[kind] as number), `${key}: ${ms} ms`);
    }
    console.log(`found ${[...found].toSorted().join(', ')}`);
    for (const kind of ['raffia:account', 'raffia:attempts', 'raffia:epoch', 'raffia:streams'])
      assert.ok(found.has(kind));
    const now = Number(cluster.redis.command('TIME').split('\n')[0]) * 1e6;
    for (const key of markKeys()) {
      for (const [field, end] of fieldsUnderWay(key))
        assert.ok(Number(end) - now < 121e6, `${field} ends with its time`);
    }
    await leave(streams);
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
