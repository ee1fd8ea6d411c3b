// timeout: 15m
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { createClient } from '@raffia/client/client.ts';
import { ConsoleClient } from '@raffia/server/testing/console-client.ts';
import { ownerKeys } from '@raffia/server/testing/owner-keys.ts';
import { proxyKinds, whyNoProxy } from '@raffia/server/testing/reverse-proxy.ts';
import { scrape } from '@raffia/server/testing/scrape.ts';
import { ServerCluster } from '@raffia/server/testing/server-cluster.ts';
import { whyNoRedis } from '@raffia/server/testing/test-redis.ts';
import { vmRequest } from '@raffia/server/testing/test-server.ts';
import { until } from '@raffia/server/testing/until.ts';

/** When the page asks again by itself for a console that its server has closed, or that was lost on its way. */
const againMs = [1000, 2000, 4000];

for (const kind of proxyKinds) {
  describe(`three nodes behind ${kind}`, { skip: whyNoRedis() ?? whyNoProxy(kind) ?? false }, () => {
    let cluster: ServerCluster;
    let keys: string[] = [];

    before(async () => {
      cluster = await ServerCluster.start(
        { RAFFIA_SIMULATED_DELAY: '0.1', RAFFIA_QUOTA_VMS: '10000' },
        { proxy: kind, isMetered: true },
      );
      await cluster.isWhole();
      keys = await ownerKeys(cluster.url, cluster.first, 20);
    });
    after(() => cluster?.stop());

    function call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
      return fetch(`${cluster.url}${path}`, {
        method,
        headers: {
          'x-api-key': cluster.first.api_key,
          'x-project-id': cluster.first.project_id,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    }

    async function machine(name: string): Promise<string> {
      const made = await call('POST', '/api/v1/vms', vmRequest(name));
      assert.equal(made.status, 201);
      const { data } = (await made.json()) as { data: { id: string } };
      await until(
        `${name} is active`,
        async () => {
          const answer = (await (await call('GET', `/api/v1/vms/${data.id}`)).json()) as { data: { status: string } };
          return answer.data.status === 'active';
        },
        { everyMs: 100 },
      );
      return data.id;
    }

    /** A console on whichever node the proxy gives it to, with a ticket that any node gave to the client that the page uses. */
    async function consoleOf(vm: string): Promise<ConsoleClient> {
      const raff = createClient({ baseUrl: cluster.url, apiKey: cluster.first.api_key });
      const { data } = await raff.createVMConsole({ id: vm });
      const client = new ConsoleClient(cluster.url);
      client.greet(data.ticket);
      await until('it opens or is closed', () => client.isOpen || client.closed !== undefined);
      return client;
    }

    /** The open consoles of a node, as it tells Prometheus. */
    const openOn = async (node: number) =>
      (await scrape(cluster.nodes[node]?.metrics as string)).get('raffia_consoles') ?? Number.NaN;

    test('a console passes both ways, and outlives a minute in which nothing is said', async () => {
      const client = await consoleOf(await machine(`idle-${kind}`));
      await client.run('hostname', new RegExp(`\\r\\nidle-${kind}\\r\\n`));
      const pings: number[] = [performance.now()];
      client.socket.on('ping', () => pings.push(performance.now()));
      const typed = client.all;
      await wait(65_000);
      assert.equal(client.closed, undefined, JSON.stringify(client.closed));
      assert.equal(client.all, typed, 'nothing was said');
      const gaps = pings.map((at, index) => (pings[index + 1] ?? performance.now()) - at);
      assert.ok(Math.max(...gaps) < 30_000, `gaps of ${gaps.map(Math.round)} ms`);
      await client.run('echo still here', /\r\nstill here\r\n/);
      client.socket.close();
      await until('its place is free', async () =>
        (await Promise.all([0, 1, 2].map(openOn))).every((open) => open === 0),
      );
    });

    test('nodes are stopped and started one after the other: each closes its consoles, which go on on the others', async () => {
      const vm = await machine(`taken-up-${kind}`);
      let clients: ConsoleClient[] = [];
      for (let i = 0; i < 6; i++) clients.push(await consoleOf(vm));
      const times: number[] = [];
      for (const [index, { process }] of cluster.nodes.entries()) {
        assert.ok(clients.every(({ isOpen, closed }) => isOpen && closed === undefined));
        const open = await Promise.all([0, 1, 2].map(openOn));
        const here = open[index] as number;
        assert.ok(here > 0 && open.reduce((sum, one) => sum + one, 0) === 6, `open on the nodes: ${open}`);
        const ended = process.end('SIGTERM');
        const began = performance.now();
        await until(
          'its consoles are closed',
          () => clients.filter(({ closed }) => closed !== undefined).length === here,
        );
        const isClosed = ({ closed }: ConsoleClient) => closed !== undefined;
        for (const client of clients.filter(isClosed)) assert.match(await client.ends('server'), /being stopped/);
        const again = clients.filter(isClosed).map(async () => {
          for (const ms of againMs) {
            await wait(ms);
            const client = await consoleOf(vm);
            if (client.closed === undefined) return client;
          }
          throw new Error('no other node has taken it up');
        });
        clients = [...clients.filter((client) => !isClosed(client)), ...(await Promise.all(again))];
        times.push(Math.round(performance.now() - began));
        assert.equal(await ended, 0);
        // Its node is not there: they are on the others.
        for (const client of clients) await client.run('hostname', new RegExp(`\\r\\ntaken-up-${kind}\\r\\n`));
        await process.start();
        await cluster.isWhole();
      }
      console.log(`${kind}: consoles of a node that stopped were open again after ${times.join(', ')} ms`);
      for (const { socket } of clients) socket.close();
    });

    test('a stream tells at once of what another node has changed', async () => {
      const ended = new AbortController();
      const streams = await Promise.all(
        cluster.nodes.map(({ process }) =>
          fetch(`${process.url}/api/raffia/v1/events`, {
            headers: { 'x-api-key': keys[0] as string },
            signal: ended.signal,
          }),
        ),
      );
      const throughProxy = await call('GET', '/api/raffia/v1/events', undefined, { 'x-api-key': keys[1] as string });
      const told = [...streams, throughProxy].map(async (answer) => {
        assert.equal(answer.status, 200);
        const reader = (answer.body as ReadableStream<Uint8Array>).getReader();
        let text = '';
        while (!text.includes('"resource":"project"')) {
          const { value, done } = await reader.read();
          assert.ok(!done, 'the stream goes on');
          text += Buffer.from(value).toString();
        }
        await reader.cancel();
      });
      const began = performance.now();
      const name = `told ${kind}`;
      assert.equal((await call('POST', '/api/v1/projects', { name, default_region: 'us-east' })).status, 201);
      await Promise.all(told);
      ended.abort();
      console.log(`${kind}: told on all nodes after ${Math.round(performance.now() - began)} ms`);
    });

    test('a stream ends on every node when the key is revoked on one', async () => {
      const key = keys.pop() as string;
      const streams = await Promise.all(
        cluster.nodes.map(({ process }) =>
          fetch(`${process.url}/api/raffia/v1/events`, { headers: { 'x-api-key': key } }),
        ),
      );
      const ended = streams.map(async (answer) => {
        assert.equal(answer.status, 200);
        for await (const _ of answer.body as ReadableStream<Uint8Array>);
      });
      const list = (await (await call('GET', '/api/v1/api-keys?limit=100')).json()) as {
        data: { id: string; key_prefix: string }[];
      };
      const { id } = list.data.find((one) => key.startsWith(one.key_prefix)) as { id: string };
      const began = performance.now();
      assert.equal((await call('DELETE', `/api/v1/api-keys/${id}`)).status, 200);
      await Promise.all(ended);
      console.log(`${kind}: ended on all nodes after ${Math.round(performance.now() - began)} ms`);
    });

    test('nodes are stopped and started one after the other, and no request is lost by that', async () => {
      let isRunning = true;
      const statuses = new Map<string, number>();
      const count = (what: string) => statuses.set(what, (statuses.get(what) ?? 0) + 1);
      const load = keys.map(async (key, index) => {
        for (let i = 0; isRunning; i++) {
          const isWrite = i % 10 === 0;
          const name = `roll-${kind}-${index}-${i}`;
          try {
            const answer = isWrite
              ? await call('POST', '/api/v1/vms', vmRequest(name), { 'x-api-key': key, 'idempotency-key': name })
              : await call('GET', '/api/v1/vms?limit=5', undefined, { 'x-api-key': key });
            const text = await answer.text();
            count(answer.status === 503 ? `503 ${text}` : String(answer.status));
          } catch (error) {
            count(`failed: ${(error as Error).cause ?? error}`);
          }
          await wait(200);
        }
      });
      for (const { process } of cluster.nodes) {
        await wait(500);
        assert.equal(await process.end('SIGTERM'), 0);
        await wait(500);
        await process.start();
      }
      await cluster.isWhole();
      await wait(500);
      isRunning = false;
      await Promise.all(load);
      console.log(kind, Object.fromEntries(statuses));
      assert.ok((statuses.get('200') ?? 0) > 100 && (statuses.get('201') ?? 0) > 10);
      assert.deepEqual(
        [...statuses.keys()].filter((status) => !['200', '201', '429'].includes(status)),
        [],
      );
      await until('all work ends', async () => {
        const answer = await call('GET', '/api/v1/vms?limit=500');
        const { data } = (await answer.json()) as { data: { status: string }[] };
        return answer.status === 200 && data.every(({ status }) => status === 'active');
      });
    });

    test('addresses are those of clients, whatever they say that theirs is', async () => {
      const statuses: number[] = [];
      const began = performance.now();
      // Some at once, and on until one is refused: a slow machine is given room again as fast as it asks one by one.
      const atOnce = 10;
      const guess = async (i: number) => {
        const stranger = { 'x-api-key': `raff_${i}`, 'x-forwarded-for': `198.51.100.${i % 250}` };
        const answer = await call('GET', '/api/v1/vms', undefined, stranger);
        await answer.arrayBuffer();
        statuses.push(answer.status);
      };
      for (let from = 0; from < 1500 && !statuses.includes(429); from += atOnce)
        await Promise.all(Array.from({ length: atOnce }, (_, i) => guess(from + i)));
      const admitted = statuses.filter((status) => status === 401).length;
      // A guess counts when it was found to be one: those of a batch that are under way do not yet.
      const most = 90 + atOnce + (30 * (performance.now() - began)) / 1000;
      assert.ok(
        admitted >= 90 && admitted <= most,
        `one address may guess as often on three nodes as on one: ${admitted}`,
      );
      assert.ok(statuses.includes(429));
    });
  });
}
