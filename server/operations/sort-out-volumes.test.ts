import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { recountCapacity } from '../engines/capacity.ts';
import { recount } from '../quotas/usage.ts';
import { TestServer } from '../testing/test-server.ts';
import { until } from '../testing/until.ts';

let server: TestServer;

before(async () => {
  server = await TestServer.start({ RAFFIA_RECONCILE_SECONDS: '1', RAFFIA_SIMULATED_CAPACITY: '1000/1000/100000' });
});
after(() => server.stop());

const rows = async <R extends object>(text: string, ...values: unknown[]) =>
  (await server.server.services.pool.query<R>(text, values)).rows;
const ids = async (text: string) => (await rows<{ id: string }>(text)).map(({ id }) => id);
const readiness = async () => (await server.send({ key: undefined }, 'GET', '/ready')).body.parts.engine;
const disk = async () =>
  (await rows<{ disk: number }>('select sum(disk)::float8 as disk from capacity_taken'))[0]?.disk;

/** Waits until the host was compared with the database from end to end: a machine whose deletion is on record is removed again. */
async function compared(): Promise<void> {
  const id = randomUUID();
  await rows('insert into machine_deletions (id, generation) values ($1, 1)', id);
  for (let time = 0; time < 2; time++) {
    await rows(
      `insert into simulated_machines (id, generation, power, ready_at, cpu, ram, disk, image, hostname, addresses, ssh_keys)
       values ($1, 1, 'off', now(), 1, 1, 1, 'none', 'marker', '{}', '{}')`,
      id,
    );
    const left = () => rows('select from simulated_machines where id = $1', id);
    await until('it is removed', async () => (await left()).length === 0);
  }
}

async function made(body: object = {}): Promise<{ id: number; uid: string }> {
  const reply = await server.call(server.owner, 'POST', '/api/v1/volumes', {
    body: { name: 'data', size: 10, volume_type: 'nvme', ...body },
  });
  assert.equal(reply.status, 202, reply.text);
  await server.settled();
  return (
    await rows<{ id: number; uid: string }>('select id, uid from volumes where id = $1', reply.body.data.id)
  )[0] as never;
}

test('after an older backup is restored the volumes made since are left alone, listed, take room, and can be adopted or deleted', async () => {
  const vm = await server.vm('with-a-volume');
  const attached = await made({ vm_id: vm });
  const [free, unwanted, kept] = [await made({ size: 20 }), await made({ size: 30 }), await made({ size: 40 })];
  for (const { id } of [unwanted, kept]) {
    const body = { resource_type: 'volume', volume_id: id, name: 'moment' };
    assert.equal((await server.call(server.owner, 'POST', '/api/v1/snapshots', { body })).status, 201);
  }
  await server.settled();
  assert.equal((await server.call(server.owner, 'DELETE', `/api/v1/volumes/${kept.id}`)).status, 200);
  await server.settled();
  await compared();
  assert.deepEqual(await ids('select id from found_volumes'), [], 'what a snapshot is of is known');
  const taken = await disk();
  // What the database is after a backup from before these volumes was restored.
  await server.restart(async () => {});
  await rows('delete from terms where resource_kind in ($1, $2)', 'volume', 'snapshot');
  await rows('delete from snapshots');
  await rows('delete from volumes');

  await until('the list names them', async () => (await ids('select id from found_volumes')).length === 4);
  await compared();
  assert.equal((await ids('select id from simulated_volumes')).length, 4, 'they are left alone');
  assert.equal(await disk(), (taken ?? 0) + 40, 'they take room, also the one that is held for its snapshot');
  assert.equal(await recountCapacity(server.server.services.db), undefined);
  const listed = await server.operator('volumes');
  assert.match(listed, new RegExp(`${attached.uid}  10 GB  VM ${vm} has it`));
  assert.match(listed, new RegExp(`${free.uid}  20 GB  no VM has it`));
  assert.match(listed, new RegExp(`${kept.uid}  40 GB  was deleted, and is there for its snapshots`));
  const told = await until('the server says so', async () => {
    const { status, message } = await readiness();
    return status === 'degraded' ? message : undefined;
  });
  assert.match(told, /^4 volumes on the host that the database doesn't know; raffia operator volumes lists them$/);

  const { account_id: account, project_id: project } = server.first;
  const { body } = await server.call(server.owner, 'POST', '/api/v1/projects', { body: { name: 'elsewhere' } });
  const adopt = (id: string, to = project) => server.operator('volumes', 'adopt', account, to, id);
  await assert.rejects(adopt(attached.uid, body.data.id), /is none of that project/);
  await assert.rejects(adopt(kept.uid), /was deleted, and is there for its snapshots: it cannot be adopted/);
  await adopt(attached.uid);
  await adopt(free.uid);
  const all = (await server.call(server.owner, 'GET', '/api/v1/volumes')).body.data;
  assert.deepEqual(all.map((one: Record<string, unknown>) => [one.size, one.status, one.product_vm]).sort(), [
    [10, 'attached', vm],
    [20, 'available', undefined],
  ]);
  for (const { id, status } of all) {
    const [term] = await rows(
      `select from terms where resource_kind = 'volume' and resource_id = $1 and until is null`,
      String(id),
    );
    assert.ok(term, 'it is paid for');
    const reply = await server.call(
      server.owner,
      'POST',
      `/api/v1/volumes/${id}/${status === 'attached' ? 'detach' : 'attach'}`,
      {
        ...(status === 'attached' ? {} : { body: { vm_id: vm } }),
      },
    );
    assert.equal(reply.status, 200, reply.text);
  }
  await server.settled();
  const [held] = await rows<{ machine_id: string }>('select machine_id from simulated_volumes where id = $1', free.uid);
  assert.equal(held?.machine_id, vm, 'it can be used as any other');

  for (const { uid } of [unwanted, kept]) await server.operator('volumes', 'delete', uid);
  await until(
    'they are gone with their snapshots',
    async () => (await ids('select id from simulated_volumes')).length === 2,
  );
  assert.deepEqual(await ids('select id from simulated_snapshots'), []);
  await until('they are off the list', async () => (await ids('select id from found_volumes')).length === 0);
  await assert.rejects(server.operator('volumes', 'delete', unwanted.uid), /no such unknown volume/);
  assert.equal(await server.operator('volumes'), 'Every volume on the host is known.\n');
  await until('the host is as the rows say', async () => (await readiness()).status === 'ready');
  assert.equal(await recountCapacity(server.server.services.db), undefined);
  assert.deepEqual(await recount(server.server.services.db), []);
});

test('volumes that come and go while the host is looked at are never listed', async () => {
  const { services } = server.server;
  let listed = 0;
  const looks = (async () => {
    for (let look = 0; look < 100; look++) {
      listed += (await services.db.selectFrom('found_volumes').select('id').execute()).length;
      await new Promise((again) => setTimeout(again, 20));
    }
  })();
  for (let round = 0; round < 6; round++) {
    const all = await Promise.all(Array.from({ length: 4 }, () => made()));
    await Promise.all(all.map(({ id }) => server.call(server.owner, 'DELETE', `/api/v1/volumes/${id}`)));
  }
  await looks;
  assert.equal(listed, 0);
});
