// timeout: 15m
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { released } from '@raffia/server/database/released.ts';
import { ownerKeys } from '@raffia/server/testing/owner-keys.ts';
import { releasedVersion, whyNotReleased } from '@raffia/server/testing/released-version.ts';
import { whyNoProxy } from '@raffia/server/testing/reverse-proxy.ts';
import { ServerCluster } from '@raffia/server/testing/server-cluster.ts';
import { whyNoRedis } from '@raffia/server/testing/test-redis.ts';
import { vmRequest } from '@raffia/server/testing/test-server.ts';
import { until } from '@raffia/server/testing/until.ts';
import { wrongs } from '@raffia/server/testing/wrongs.ts';
import pg from 'pg';

/**
 * Three nodes of the last release are replaced by this version, one after the other, while clients go on through the proxy: nodes of both
 * serve one database and one Redis meanwhile (docs/migrations.md).
 */
const clients = 8;
const readers = 6;
/** For how long both versions serve after each node. */
const togetherMs = 4_000;

const missing = whyNotReleased(released.commit);
// A clone may have no history to install the last release from.
if (missing !== undefined) console.log(`No rolling upgrade is tried: ${missing}`);
else
  describe('a rolling upgrade from the last release', { skip: whyNoRedis() ?? whyNoProxy('nginx') ?? false }, () => {
    let cluster: ServerCluster;
    let database: pg.Pool;
    let keys: string[] = [];
    let running = true;
    let calls = 0;
    /** How often each was answered, and with which words where it was refused. */
    const answers = new Map<string, number>();
    /** Machines by name; those whose deletion was accepted are gone from it. */
    const machines = new Map<string, string>();
    const accepted = { creations: 0, actions: 0, snapshots: 0, deletions: 0 };
    let told = 0;

    before(async () => {
      const version = releasedVersion(released.commit);
      const env = { RAFFIA_SIMULATED_DELAY: '0.5', RAFFIA_QUOTA_VMS: '10000', RAFFIA_RECONCILE_SECONDS: '1' };
      cluster = await ServerCluster.start(env, { version });
      await cluster.isWhole();
      database = new pg.Pool({ connectionString: cluster.databaseUrl, max: 2 });
      keys = await ownerKeys(cluster.url, cluster.first, 40);
    });
    after(async () => {
      running = false;
      await database?.end();
      await cluster?.stop();
    });

    /** One request of a client, counted; it has a connection of its own, as each of many clients has. */
    async function ask(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
      const key = keys[calls++ % keys.length] as string;
      try {
        const reply = await fetch(`${cluster.url}${path}`, {
          method,
          signal: AbortSignal.timeout(30_000),
          headers: {
            'x-api-key': key,
            'x-project-id': cluster.first.project_id,
            ...(body === undefined ? {} : { 'content-type': 'application/json' }),
            ...headers,
          },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        });
        const text = await reply.text();
        count(
          reply.ok
            ? String(reply.status)
            : `${reply.status} ${method} ${path.replace(/[0-9a-f-]{36}|\d+$/g, '…')} ${text}`,
        );
        // biome-ignore lint/suspicious/noExplicitAny: bodies are read as they are meant.
        return { status: reply.status, data: (JSON.parse(text || '{}') as { data?: any }).data };
      } catch (error) {
        count(`failed: ${method} ${path}: ${(error as Error).cause ?? error}`);
        return { status: 0, data: undefined };
      }
    }

    function count(what: string): void {
      answers.set(what, (answers.get(what) ?? 0) + 1);
    }

    async function becomes(id: string, status: string): Promise<void> {
      await until(`the VM is ${status}`, async () => {
        const { data } = await ask('GET', `/api/v1/vms/${id}`);
        if (data?.status === status) return true;
        await wait(200);
        return !running;
      });
    }

    /** What one client does with a machine: each is in order when the one before has ended, so that nothing has to be refused. */
    async function life(client: number): Promise<void> {
      for (let number = 0; running; number++) {
        const name = `vm-${client}-${number}`;
        const made = await ask('POST', '/api/v1/vms', vmRequest(name), { 'idempotency-key': `rolling-${name}` });
        if (made.status !== 201) continue;
        accepted.creations++;
        const { id } = made.data;
        machines.set(name, id);
        await becomes(id, 'active');
        const snapshot = { resource_type: 'vm', resource_id: id, name };
        if ((await ask('POST', '/api/v1/snapshots', snapshot)).status < 300) accepted.snapshots++;
        await becomes(id, 'active');
        for (const [action, status] of [
          ['stop', 'passive'],
          ['start', 'active'],
        ] as const) {
          if (!running) return;
          if ((await ask('POST', `/api/v1/vms/${id}/${action}`)).status < 300) accepted.actions++;
          await becomes(id, status);
        }
        if (number % 2 === 0 && running && (await ask('DELETE', `/api/v1/vms/${id}`)).status < 300) {
          accepted.deletions++;
          machines.delete(name);
        }
      }
    }

    async function read(): Promise<void> {
      for (const paths = ['vms', 'snapshots', 'projects', 'api-keys', 'public/pricing/vm']; running; ) {
        for (const path of paths) await ask('GET', `/api/v1/${path}?limit=5`);
        await wait(50);
      }
    }

    /** Follows events, at once on a new stream when one ends: that may come to the node that is about to stop. */
    async function follow(key: string, ended: AbortSignal): Promise<void> {
      while (running) {
        try {
          const headers = { 'x-api-key': key };
          const reply = await fetch(`${cluster.url}/api/raffia/v1/events`, { headers, signal: ended });
          count(reply.ok ? `stream ${reply.status}` : `${reply.status} a stream: ${await reply.text()}`);
          for await (const chunk of reply.body as ReadableStream<Uint8Array>)
            if (Buffer.from(chunk).includes('data:')) told++;
        } catch (error) {
          if (running) count(`failed: a stream: ${(error as Error).cause ?? error}`);
        }
        await wait(10);
      }
    }

    test('nothing is refused that the rules would not refuse, and all work ends', async () => {
      const ended = new AbortController();
      const streams = keys.slice(0, 12).map((key) => follow(key, ended.signal));
      const load = [
        ...Array.from({ length: clients }, (_, client) => life(client)),
        ...Array.from({ length: readers }, () => read()),
      ];
      const unfinished = async () =>
        Number((await database.query('select count(*) from operations where finished_at is null')).rows[0].count);
      const inFlight: number[] = [];
      for (const { process } of cluster.nodes) {
        await wait(togetherMs);
        inFlight.push(await until('work is under way', async () => (await unfinished()) || false));
        assert.equal(await process.end('SIGTERM'), 0);
        process.upgrade();
        await process.start();
      }
      await cluster.isWhole();
      await wait(togetherMs);
      running = false;
      ended.abort();
      await Promise.all([...load, ...streams]);
      await until('all work ends', async () => (await unfinished()) === 0);
      console.log(Object.fromEntries(answers), accepted, `${told} told; under way at each change: ${inFlight}`);

      const strange = [...answers.keys()].filter((what) => !/^(stream )?2\d\d$|^429 /.test(what));
      assert.deepEqual(strange, [], 'each answer is 2xx, or the limit');
      assert.ok((answers.get('200') ?? 0) > 1000 && told > 50, 'clients were busy');
      for (const [what, times] of Object.entries(accepted)) assert.ok(times >= clients / 2, `only ${times} ${what}`);
      const found: Record<string, number> = {};
      for (const [name, condition] of Object.entries(wrongs)) {
        const { rows } = await database.query<{ count: string }>(`select count(*) from ${condition}`);
        found[name] = Number(rows[0]?.count);
      }
      assert.deepEqual(found, Object.fromEntries(Object.keys(wrongs).map((name) => [name, 0])));
      const { rows } = await database.query<{ id: string }>('select id from vms');
      assert.deepEqual(rows.map(({ id }) => id).sort(), [...machines.values()].sort(), 'what was answered is there');
      const failed = await database.query(`select kind, error from operations where status = 'failed'`);
      assert.deepEqual(failed.rows, []);
    });
  });
