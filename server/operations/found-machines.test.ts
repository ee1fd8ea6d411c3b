import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import pg from 'pg';
import { TestServer } from '../testing/test-server.ts';
import { until } from '../testing/until.ts';
import { sortOut } from './found-machines.ts';

let server: TestServer;

before(async () => {
  server = await TestServer.start({ RAFFIA_RECONCILE_SECONDS: '1' });
});
after(() => server.stop());

const count = async (what: string, ...values: unknown[]) =>
  (await server.server.services.pool.query<{ count: number }>(`select count(*) from ${what}`, values)).rows[0]?.count;

/** Waits for a whole comparison of the host with the database: one that removes what is on record. */
async function compared(): Promise<void> {
  const { pool } = server.server.services;
  const id = randomUUID();
  await pool.query(
    `insert into simulated_machines (id, generation, power, ready_at, cpu, ram, disk, image, hostname, addresses, ssh_keys)
     values ($1, 1, 'off', now(), 1, 1, 1, 'none', 'marker', '{}', '{}')`,
    [id],
  );
  await pool.query('insert into machine_deletions (id, generation) values ($1, 1)', [id]);
  await until('a comparison ends', async () => (await count('simulated_machines where id = $1', id)) === 0);
}

/** What the database is after a backup from before these machines was restored: nothing knows of them, but they run. */
async function forgetAll(ids: readonly string[]): Promise<void> {
  const pool = new pg.Client({ connectionString: server.server.services.pool.options.connectionString as string });
  await pool.connect();
  await pool.query('delete from operations where resource_id = any ($1)', [ids]);
  await pool.query('delete from terms where resource_id = any ($1)', [ids]);
  const vpcs = await pool.query<{ vpc_id: string }>(
    'select vpc_id from nics where vm_id = any ($1) and vpc_id is not null',
    [ids],
  );
  await pool.query('delete from vms where id = any ($1)', [ids]);
  await pool.query('delete from vpcs where id = any ($1)', [vpcs.rows.map((row) => row.vpc_id)]);
  await pool.query('update address_pools set next_offset = 2 where true');
  await pool.query('delete from public_addresses where true');
  await pool.end();
}

test('after an older backup is restored the machines made since live, are listed, keep their addresses, and can be adopted', async () => {
  const ids = [await server.vm('kept-1'), await server.vm('kept-2'), await server.vm('kept-3')];
  await server.settled();
  const before = await Promise.all(
    ids.map(async (id) => (await server.call(server.owner, 'GET', `/api/v1/vms/${id}`)).body.data),
  );
  await server.restart(() => forgetAll(ids));

  const made = await server.call(server.owner, 'POST', '/api/v1/vms', {
    body: {
      name: 'new',
      template_id: before[0].template_id,
      pricing_id: 1,
      region: 'us-east',
      password: 'ABcdefgh12345!',
    },
  });
  assert.equal(made.status, 201, made.text);
  assert.ok(
    !before.some((vm) => vm.public_ipv4_address === made.body.data.public_ipv4_address),
    'an address of a machine that may live is not given out again',
  );
  await until('the list names them', async () => (await count('found_machines')) === 3);
  await sortOut(server.server.services, { told: [], lost: ids });
  assert.equal(await count('found_machines'), 3, 'while their host does not answer they stay on it');
  await compared();
  await compared();
  assert.equal(await count('simulated_machines where id = any ($1) and power = $2', ids, 'on'), 3, 'they live');
  const listed = await server.operator('machines');
  for (const id of ids) assert.match(listed, new RegExp(`${id}  kept-\\d  on  1 vCPU`));
  // An answer of /ready may be a second old.
  const ready = await until('the server says so', async () => {
    const found = await server.send({ key: undefined }, 'GET', '/ready');
    return found.body.parts.engine.status === 'degraded' ? found : undefined;
  });
  assert.match(
    ready.body.parts.engine.message,
    /3 machines on the host that the database doesn't know; raffia operator machines/,
  );

  const [first, second, third] = ids as [string, string, string];
  await server.operator('machines', 'adopt', server.first.account_id, server.first.project_id, first);
  const adopted = (await server.call(server.owner, 'GET', `/api/v1/vms/${first}`)).body.data;
  for (const field of [
    'name',
    'status',
    'cpu',
    'ram',
    'storage',
    'public_ipv4_address',
    'private_ipv4_address',
    'template_id',
    'pricing_id',
  ]) {
    assert.deepEqual(adopted[field], before[0][field], field);
  }
  assert.equal((await server.call(server.owner, 'POST', `/api/v1/vms/${first}/stop`)).status, 200);
  await server.status(first, 'passive');

  await server.operator('machines', 'delete', second);
  await until('the machine is removed', async () => (await count('simulated_machines where id = $1', second)) === 0);
  await until('it is off the list', async () => (await count('found_machines where id = $1', second)) === 0);
  assert.equal(await count('public_addresses where held_for = $1', second), 0, 'its address is free');
  await assert.rejects(server.operator('machines', 'delete', second), /no such unknown machine/);

  await server.operator('machines', 'adopt', server.first.account_id, server.first.project_id, third);
  await until('the host is as the rows say', async () => {
    const again = await server.send({ key: undefined }, 'GET', '/ready');
    return again.body.parts.engine.status === 'ready';
  });
});

test('a machine whose deletion is on record is removed, whether or not its row is there', async () => {
  const id = await server.vm('leftover');
  await server.settled();
  const { pool } = server.server.services;
  const { rows } = await pool.query('select * from simulated_machines where id = $1', [id]);
  await server.call(server.owner, 'DELETE', `/api/v1/vms/${id}`, { body: {} });
  await until('it is gone', async () => (await count('simulated_machines where id = $1', id)) === 0);
  await server.settled();
  await pool.query(
    `insert into simulated_machines select * from jsonb_populate_record(null::simulated_machines, $1::jsonb)`,
    [JSON.stringify(rows[0])],
  );
  await until('it is removed again', async () => (await count('simulated_machines where id = $1', id)) === 0);
  assert.equal(await count('found_machines where id = $1', id), 0);
});
