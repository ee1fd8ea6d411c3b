// timeout: 60m
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ownerKeys } from '@raffia/server/testing/owner-keys.ts';
import { pick, seededRandom } from '@raffia/server/testing/random.ts';
import { ServerCluster } from '@raffia/server/testing/server-cluster.ts';
import { ServerProcess } from '@raffia/server/testing/server-process.ts';
import { createTestDatabase } from '@raffia/server/testing/test-database.ts';
import { vmRequest } from '@raffia/server/testing/test-server.ts';
import { until } from '@raffia/server/testing/until.ts';
import { wrongs } from '@raffia/server/testing/wrongs.ts';
import pg from 'pg';

/**
 * The server is killed at random moments in a stream of creates, actions and deletes. Each creation carries an Idempotency-Key and is
 * sent again until it is answered, as a careful client does. In CI thirty times; RAFFIA_TEST_KILLS=200 before a release. Of several nodes
 * one is killed at a time, or the database, or Redis, or a way between them is cut.
 */
const isSingle = process.env.RAFFIA_TEST_NODES === undefined;
const usualKills = process.env.CI === 'true' ? { single: 30, several: 12 } : { single: 20, several: 8 };
const kills = Number(process.env.RAFFIA_TEST_KILLS ?? (isSingle ? usualKills.single : usualKills.several));
const clients = 6;

interface Killed {
  readonly url: string;
  readonly first: ServerProcess['first'];
  /** Where backups are kept. */
  readonly backups: string;
  readonly databaseUrl: string;
  /** Breaks something, and mends it. */
  kill(random: () => number): Promise<void>;
  /** Waits until nothing is broken any more. */
  isWhole(): Promise<void>;
  /** Ends it as an operator does, and starts it again. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

const env = { RAFFIA_SIMULATED_DELAY: '0.125', RAFFIA_QUOTA_VMS: '100000', RAFFIA_RECONCILE_SECONDS: '1' };
let server: Killed;
let client: pg.Pool;

async function single(): Promise<Killed> {
  const database = await createTestDatabase();
  const one = await ServerProcess.create({ DATABASE_URL: database.url, ...env });
  // A server that is killed leaves nothing in the cache for the next one.
  assert.equal(one.command('read').status, 0);
  await one.start();
  return {
    url: one.url,
    first: one.first,
    backups: join(one.folder, 'data/backups'),
    databaseUrl: database.url,
    kill: async () => {
      await one.end('SIGKILL');
      starts.push(await one.start());
    },
    isWhole: async () => {},
    restart: async () => {
      assert.equal(await one.end('SIGTERM'), 0);
      await one.start();
    },
    stop: async () => {
      await one.end('SIGTERM');
      await database.drop();
      one.remove();
    },
  };
}

/** Nodes that are killed, and all that is between them. */
async function several(): Promise<Killed> {
  const cluster = await ServerCluster.start(env);
  return {
    url: cluster.url,
    first: cluster.first,
    backups: cluster.backups,
    databaseUrl: cluster.databaseUrl,
    kill: async (random) => {
      const began = performance.now();
      await cluster.mishap(random);
      starts.push(performance.now() - began);
    },
    isWhole: () => cluster.isWhole(),
    restart: async () => {
      for (const { process } of cluster.nodes) {
        assert.equal(await process.end('SIGTERM'), 0);
        await process.start();
      }
    },
    stop: async () => {
      console.log(JSON.stringify(cluster.happened));
      if (process.env.RAFFIA_TEST_LOG !== undefined) writeFileSync(process.env.RAFFIA_TEST_LOG, cluster.log);
      await cluster.stop();
    },
  };
}

before(async () => {
  server = isSingle ? await single() : await several();
  client = new pg.Pool({ connectionString: server.databaseUrl, max: 2 });
  client.on('error', () => {});
});

after(async () => {
  running = false;
  await client.end();
  await server.stop();
});

/** How long each time took until it ran again, in milliseconds. */
const starts: number[] = [];

/** The names whose creation was answered, and those whose deletion was. */
const created = new Map<string, string>();
const deleted = new Set<string>();
let acts = 0;
let running = true;
let keys: string[] = [];

async function send(method: string, path: string, body?: unknown, idempotencyKey?: string): Promise<Response> {
  const first = server.first;
  return fetch(`${server.url}${path}`, {
    method,
    signal: AbortSignal.timeout(10_000),
    headers: {
      'x-api-key': keys[acts++ % keys.length] as string,
      'x-project-id': first.project_id,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

async function create(name: string): Promise<void> {
  while (running) {
    const reply = await send('POST', '/api/v1/vms', vmRequest(name), `create ${name}`.replaceAll(' ', '-')).catch(
      () => undefined,
    );
    if (reply?.status === 201) {
      const { data } = (await reply.json().catch(() => ({}))) as { data?: { id: string } };
      if (data !== undefined) {
        created.set(name, data.id);
        return;
      }
    } else await reply?.arrayBuffer().catch(() => undefined);
    await new Promise((again) => setTimeout(again, 100));
  }
}

/** Gives a machine some time to get a status, also over a restart. */
async function isIn(id: string, status: string): Promise<void> {
  for (let look = 0; look < 40 && running; look++) {
    const reply = await send('GET', `/api/v1/vms/${id}`).catch(() => undefined);
    const body = (await reply?.json().catch(() => undefined)) as { data?: { status: string } } | undefined;
    if (body?.data?.status === status) return;
    await new Promise((again) => setTimeout(again, 125));
  }
}

/** How many snapshots were taken, restored and deleted. */
const snapshots = { taken: 0, restored: 0, deleted: 0 };

/** Takes a snapshot of a machine that runs, and deletes it or goes back to it. */
async function useSnapshot(vm: string, random: () => number): Promise<void> {
  await isIn(vm, 'active');
  const body = { resource_type: 'vm', resource_id: vm, name: 'moment' };
  const taken = await send('POST', '/api/v1/snapshots', body).catch(() => undefined);
  const answer = (await taken?.json().catch(() => undefined)) as { data?: { id: number } } | undefined;
  if (answer?.data === undefined) return;
  snapshots.taken++;
  const path = `/api/v1/snapshots/${answer.data.id}`;
  await isIn(vm, 'active');
  if (random() < 0.5) {
    if (await accepts('DELETE', path)) snapshots.deleted++;
    return;
  }
  await accepts('POST', `/api/v1/vms/${vm}/stop`);
  await isIn(vm, 'passive');
  if (await accepts('POST', `${path}/restore`)) snapshots.restored++;
  await accepts('POST', `/api/v1/vms/${vm}/start`);
}

async function accepts(method: string, path: string, body?: unknown): Promise<boolean> {
  const reply = await send(method, path, body).catch(() => undefined);
  await reply?.arrayBuffer().catch(() => undefined);
  return reply?.status === 200 || reply?.status === 202;
}

/** The same of backups. */
const backups = { taken: 0, restored: 0, deleted: 0 };

/** Takes a backup of a machine, and deletes its series or goes back to it. */
async function useBackup(vm: string, random: () => number): Promise<void> {
  await isIn(vm, 'active');
  const taken = await send('POST', '/api/v1/backups', { vm_id: vm }).catch(() => undefined);
  const answer = (await taken?.json().catch(() => undefined)) as { data?: { id: string } } | undefined;
  if (answer?.data === undefined) return;
  backups.taken++;
  const path = `/api/v1/backups/${answer.data.id}`;
  await isIn(vm, 'active');
  if (random() < 0.5) {
    if (await accepts('DELETE', `${path}/chain`)) backups.deleted++;
    return;
  }
  await accepts('POST', `/api/v1/vms/${vm}/stop`);
  await isIn(vm, 'passive');
  if (await accepts('POST', `${path}/restore`)) backups.restored++;
  await accepts('POST', `/api/v1/vms/${vm}/start`);
}

/** The number of what was made; undefined where that was refused, or not answered. */
async function makes(path: string, body: object, idempotencyKey: string): Promise<number | undefined> {
  const reply = await send('POST', path, body, idempotencyKey).catch(() => undefined);
  const answer = (await reply?.json().catch(() => undefined)) as { data?: { id: number } } | undefined;
  return reply !== undefined && reply.status < 300 ? answer?.data?.id : undefined;
}

/** The volumes whose creation was answered, and whether their deletion was. */
const volumes = new Map<number, 'made' | 'deleted'>();
/** How often each was accepted. */
const volumeWork = { snapshots: 0, growths: 0, detachments: 0, restores: 0, attachments: 0, deletions: 0 };

/** Makes a volume for a machine, and asks for one thing after the other without waiting: they are done in order. */
async function useVolume(vm: string, random: () => number, name: string): Promise<void> {
  const of = random() < 0.5 ? { vm_id: vm } : {};
  const volume = { name, size: 1, volume_type: 'nvme', ...of };
  const id = await makes('/api/v1/volumes', volume, `volume-${name}`);
  if (id === undefined) return;
  volumes.set(id, 'made');
  const path = `/api/v1/volumes/${id}`;
  const attach = { vm_id: vm };
  if (!('vm_id' in of) && (await accepts('POST', `${path}/attach`, attach))) volumeWork.attachments++;
  const snapshot = { resource_type: 'volume', volume_id: id, name };
  const taken = await makes('/api/v1/snapshots', snapshot, `snapshot-${name}`);
  if (taken !== undefined) volumeWork.snapshots++;
  for (let look = 0; look < 40 && running; look++) {
    if (await accepts('PATCH', path, { new_size: 2 })) {
      volumeWork.growths++;
      break;
    }
    await new Promise((again) => setTimeout(again, 50));
  }
  if (random() < 0.3) return;
  if (await accepts('POST', `${path}/detach`)) volumeWork.detachments++;
  await new Promise((next) => setTimeout(next, random() * 300));
  if (taken !== undefined && (await accepts('POST', `/api/v1/snapshots/${taken}/restore`))) volumeWork.restores++;
  if (random() < 0.3 && (await accepts('POST', `${path}/attach`, attach))) volumeWork.attachments++;
  else if (random() < 0.7 && (await accepts('DELETE', path))) {
    volumes.set(id, 'deleted');
    volumeWork.deletions++;
  }
  if (taken !== undefined && random() < 0.5) await accepts('DELETE', `/api/v1/snapshots/${taken}`);
}

async function stream(random: () => number, number: number): Promise<void> {
  for (let i = 0; running; i++) {
    const name = `vm-${number}-${i}`;
    await create(name);
    const id = created.get(name);
    if (id === undefined) return;
    await isIn(id, 'active');
    for (let action = 0; action < 3 && running; action++) {
      const what = pick(random, [
        'start',
        'stop',
        'reboot',
        'factory-reset',
        'reset-password',
        'snapshot',
        'volume',
        'backup',
      ]);
      if (what === 'volume') await useVolume(id, random, `${name}-${action}`);
      else if (what === 'snapshot') await useSnapshot(id, random);
      else if (what === 'backup') await useBackup(id, random);
      else {
        const reply = await send('POST', `/api/v1/vms/${id}/${what}`).catch(() => undefined);
        await reply?.arrayBuffer().catch(() => undefined);
      }
      await new Promise((next) => setTimeout(next, random() * 150));
    }
    if (random() < 0.7 && running) {
      const volume_action = 'detach';
      const reply = await send('DELETE', `/api/v1/vms/${id}`, { volume_action }).catch(() => undefined);
      if (reply?.status === 200) deleted.add(name);
      await reply?.arrayBuffer().catch(() => undefined);
    }
  }
}

async function count(text: string): Promise<number> {
  const { rows } = await client.query<{ count: string }>(`select count(*) from ${text}`);
  return Number(rows[0]?.count);
}

test(`after each of ${kills} kills all work ends, and nothing is lost, leaked or doubled`, async () => {
  const random = seededRandom();
  keys = await ownerKeys(server.url, server.first, 24);
  const streams = Array.from({ length: clients }, (_, number) => stream(random, number));
  let slowest = 0;
  for (let kill = 0; kill < kills; kill++) {
    await new Promise((moment) => setTimeout(moment, 100 + random() * 900));
    await server.kill(random);
    const before = await until('the database answers', () =>
      client.query<{ now: Date }>('select now()').catch(() => undefined),
    );
    const restarted = performance.now();
    await until('every operation from before the kill ends', async () => {
      const found = await client
        .query<{ open: string }>(
          'select count(*) as open from operations where finished_at is null and created_at < $1',
          [before.rows[0]?.now],
        )
        .catch(() => undefined);
      return found?.rows[0]?.open === '0';
    });
    slowest = Math.max(slowest, performance.now() - restarted);
  }
  // A short run, or a slow machine: what none of the streams has come to yet, it comes to now.
  const all = Object.entries({ snapshots, volumes: volumeWork, backups });
  const missing = () =>
    all.flatMap(([of, done]) =>
      Object.keys(done)
        .filter((what) => done[what as never] === 0)
        .map((what) => `${of} ${what}`),
    );
  await until(
    'each has been done',
    () => missing().length === 0 && created.size > kills && deleted.size >= kills / 4,
  ).catch((error) =>
    assert.fail(`${error.message}: ${missing().join(', ')}; ${created.size} machines created, ${deleted.size} deleted`),
  );
  running = false;
  await Promise.all(streams);
  await server.isWhole();
  await until('all work ends', async () => (await count('operations where finished_at is null')) === 0);

  const found: Record<string, number> = {};
  for (const [name, condition] of Object.entries(wrongs)) found[name] = await count(condition);
  const places = await readdir(server.backups, { recursive: true, withFileTypes: true });
  const points = places.filter((place) => place.isFile()).map(({ name }) => name);
  const { rows: told } = await client.query<{ id: string }>('select id from backups where is_kept');
  const strange = points.filter((name) => !told.some(({ id }) => id === name));
  if (strange.length > 0) console.log(strange.join('\n'));
  found['backups without a row, or in part'] = strange.length;
  found['backups that are not kept'] = told.filter(({ id }) => !points.includes(id)).length;
  found['answered creations that are lost'] = 0;
  for (const [name, id] of created) {
    const isThere = (await count(`vms where id = '${id}'`)) === 1;
    const mayBeGone = (await count(`operations where resource_id = '${id}' and kind = 'vm.delete'`)) > 0;
    if (!isThere && !mayBeGone) found['answered creations that are lost']++;
    if (isThere && deleted.has(name)) found['answered creations that are lost']++;
  }
  found['answered volumes that are lost'] = 0;
  for (const [id, is] of volumes) {
    const isThere = (await count(`volumes where id = ${id}`)) === 1;
    const mayBeGone = (await count(`operations where resource_number = ${id} and kind = 'volume.delete'`)) > 0;
    if (isThere ? is === 'deleted' : !mayBeGone) found['answered volumes that are lost']++;
  }
  const operations = await count('operations');
  console.log(
    `${kills} kills; ${created.size} machines created, ${deleted.size} deleted, ${operations} operations; ` +
      `all ended within ${Math.round(slowest)} ms of each restart; a restart took ${Math.round(starts.sort((a, b) => a - b)[starts.length >> 1] ?? 0)} ms (median)`,
  );
  console.log(
    Object.entries(found)
      .map(([name, number]) => `${number} ${name}`)
      .join(', '),
  );
  assert.deepEqual(
    Object.entries(found).filter(([, number]) => number > 0),
    [],
  );
  console.log(
    JSON.stringify({
      snapshots,
      volumes: { made: volumes.size, ...volumeWork },
      backups: { ...backups, kept: told.length },
    }),
  );
});

test('a graceful stop finishes what it holds and ends with 0', async () => {
  const first = send('GET', '/api/v1/vms');
  assert.equal((await first).status, 200);
  await server.restart();
});
