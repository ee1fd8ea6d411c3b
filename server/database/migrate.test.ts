import assert from 'node:assert/strict';
import { hash, randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { systemRoles } from '@raffia/contract/system-roles.ts';
import pg from 'pg';
import { undoChange } from '../billing/terms.ts';
import { membershipsOf } from '../resources/members/memberships.ts';
import { createTestDatabase } from '../testing/test-database.ts';
import { openDatabase } from './database.ts';
import { describeSchema } from './describe-schema.ts';
import { migrate, migrationNames } from './migrate.ts';
import { released } from './released.ts';
import { transact } from './transaction.ts';

const folder = join(import.meta.dirname, 'migrations');

async function emptied(): Promise<{ url: string; drop: () => Promise<void> }> {
  const database = await createTestDatabase();
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await client.query('drop schema public cascade; create schema public');
  await client.end();
  return database;
}

test('the migrations are the files of their folder, in order', () => {
  const files = readdirSync(folder).map((file) => file.replace(/\.ts$/, ''));
  // A database that has a later one refuses what comes before it.
  assert.deepEqual(migrationNames, files.sort());
  for (const name of migrationNames) assert.match(name, /^\d{4}-[a-z-]+$/);
});

test('a released migration is as it was released, and stands before all that are not', () => {
  const names = Object.keys(released.migrations);
  assert.ok(names.length >= 40, `${names.length} are released`);
  assert.deepEqual(migrationNames.slice(0, names.length), names);
  for (const [name, digest] of Object.entries(released.migrations)) {
    const now = hash('sha256', readFileSync(join(folder, `${name}.ts`)));
    assert.equal(now, digest, `${name} was released, and is never edited: put the change into the next migration`);
  }
});

test('migrations run at once by four, and then again, end in the same schema and the same roles', async () => {
  const { url, drop } = await emptied();
  const databases = Array.from({ length: 4 }, () => openDatabase(url, 2, () => {}));
  const [first] = databases;
  assert.ok(first);
  try {
    await Promise.all(databases.map(({ db }) => migrate(db)));
    const schema = await describeSchema(first.pool);
    await migrate(first.db);
    assert.equal(await describeSchema(first.pool), schema);
    const { rows } = await first.pool.query('select name from raffia_migrations order by name');
    assert.deepEqual(
      rows.map(({ name }) => name),
      migrationNames,
    );
    const roles = await first.pool.query('select count(*)::integer as count from roles');
    assert.equal(roles.rows[0].count, systemRoles.length);
  } finally {
    for (const database of databases) await database.close();
    await drop();
  }
});

test('a system role that the contract changed is brought in line by the next start', async () => {
  const { url, drop } = await createTestDatabase();
  const { pool, db, close } = openDatabase(url, 2, () => {});
  try {
    await pool.query("update roles set permissions = '{vm.view}' where slug = 'viewer' and account_id is null");
    await migrate(db);
    const { rows } = await pool.query("select permissions from roles where slug = 'viewer' and account_id is null");
    assert.equal(rows[0].permissions.length, 9);
  } finally {
    await close();
    await drop();
  }
});

test('a database that cannot be migrated says so in a sentence', async () => {
  const { url, drop } = await emptied();
  const { pool, db, close } = openDatabase(url, 2, () => {});
  try {
    await pool.query('create table accounts (something integer)');
    await assert.rejects(migrate(db), /could not be brought up to date \(migration 0001-foundation\)/);
    const { rows } = await pool.query("select to_regclass('vms') as vms");
    assert.equal(rows[0].vms, null);
  } finally {
    await close();
    await drop();
  }
});

test('a database that the next version has changed is served as it is, and one that a later one has changed is refused', async () => {
  const { url, drop } = await createTestDatabase();
  const { db, pool, close } = openDatabase(url, 2, () => {});
  const noted = async () => {
    const { rows } = await pool.query(`select obj_description('raffia_migrations'::regclass) as note`);
    return rows[0].note as string;
  };
  try {
    assert.equal(
      await noted(),
      `Versions that have ${Object.keys(released.migrations).at(-1)} can serve this database.`,
    );
    await pool.query(`insert into raffia_migrations (name, timestamp) values ('9999-from-tomorrow', '2099-01-01')`);
    await pool.query(`update roles set permissions = '{vm.view}' where slug = 'viewer' and account_id is null`);
    const before = await noted();
    assert.equal(await migrate(db), true);
    assert.equal(await noted(), before);
    const { rows } = await pool.query("select permissions from roles where slug = 'viewer' and account_id is null");
    assert.deepEqual(rows[0].permissions, ['vm.view'], 'what the next version made of the roles stays');
    for (const note of ["'Versions that have 9998-from-today can serve this database.'", "'something'", 'null']) {
      await pool.query(`comment on table raffia_migrations is ${note}`);
      await assert.rejects(migrate(db), /newer Raffia \(it has 9999-from-tomorrow\)\. Start that version/);
    }
  } finally {
    await close();
    await drop();
  }
});

test('who failed to sign in was nobody: older entries say so from then on, and none is without the address', async () => {
  const { url, drop } = await emptied();
  const { pool, db, close } = openDatabase(url, 2, () => {});
  const enter = (verb: string, kind: string, details: object) =>
    pool.query(
      `insert into audit_log (account_id, verb, actor_kind, actor_name, details)
       values (gen_random_uuid(), $1, $2, 'guest@example.com', $3)`,
      [verb, kind, details],
    );
  try {
    await migrate(db, '0037-terms');
    await enter('person.sign-in-failed', 'user', { address: '192.0.2.7' });
    await enter('person.sign-in', 'user', { address: '192.0.2.7' });
    await migrate(db);
    const { rows } = await pool.query('select verb, actor_kind from audit_log order by id');
    assert.deepEqual(
      rows.map(({ verb, actor_kind }) => [verb, actor_kind]),
      [
        ['person.sign-in-failed', 'anonymous'],
        ['person.sign-in', 'user'],
      ],
    );
    await enter('person.link-request', 'anonymous', { address: '192.0.2.7' });
    await assert.rejects(enter('person.link-request', 'anonymous', {}), /audit_log_anonymous_check/);
    await assert.rejects(enter('person.link-request', 'nobody', { address: 'x' }), /audit_log_actor_kind_check/);
  } finally {
    await close();
    await drop();
  }
});

test('invitations, Owners and keys that were members before are members from then on', async () => {
  const { url, drop } = await emptied();
  const { pool, db, close } = openDatabase(url, 2, () => {});
  const role = (slug: string) => systemRoles.find((one) => one.slug === slug)?.id;
  const id = (number: number) => `01900000-0000-7000-8000-0000000001${String(number).padStart(2, '0')}`;
  const [owner, account, project, invitation, toProject] = [id(1), id(2), id(3), id(4), id(5)];
  const [made, given, withoutRole, other] = [id(6), id(7), id(8), id(9)];
  try {
    await migrate(db, '0019-found-machines');
    await pool.query(`insert into users (id, email, name) values ($1, 'owner@example.com', 'o')`, [owner]);
    await pool.query(
      `insert into accounts (id, name, owner_id, billing_mode, balance_micros) values ($1, 'a', $2, 'payg', 0)`,
      [account, owner],
    );
    await pool.query(
      `insert into projects (id, account_id, name, slug, default_region) values ($1, $2, 'p', 'p', 'us-east')`,
      [project, account],
    );
    for (const [key, roleId] of [
      [made, role('admin')],
      [given, role('admin')],
      [withoutRole, null],
    ]) {
      await pool.query(
        `insert into api_keys (id, account_id, name, key_hash, key_prefix, rate_limit_tier, issued_at, role_id)
         values ($1, $2, 'k', $1::uuid::text, 'raff_', 'standard', now(), $3)`,
        [key, account, roleId],
      );
    }
    // What the version before wrote when a key was made a member; one of them has lost its role since.
    for (const key of [given, withoutRole]) {
      await pool.query(
        `insert into audit_log (account_id, verb, actor_kind, actor_name, resource_id) values ($1, 'member.add', 'user', 'o', $2)`,
        [account, key],
      );
    }
    for (const [invited, where, roleId] of [
      [invitation, null, role('member')],
      [toProject, project, role('viewer')],
    ]) {
      await pool.query(
        `insert into invitations (id, account_id, project_id, email, role_id, token_hash, invited_by_name, is_mailed, expires_at)
         values ($1, $2, $3, 'waits@example.com', $4, $1::uuid::text, 'o', false, now() + interval '1 day')`,
        [invited, account, where, roleId],
      );
    }
    // An Owner who was a suspended member of his own account as well; an audit row of another account that names a key of this one.
    await pool.query(
      `insert into accounts (id, name, owner_id, billing_mode, balance_micros) values ($1, 'b', $2, 'payg', 0)`,
      [other, owner],
    );
    await pool.query(
      `insert into members (id, account_id, user_id, role_id, status) values ($1, $1, $2, $3, 'suspended')`,
      [other, owner, role('member')],
    );
    await pool.query(
      `insert into audit_log (account_id, verb, actor_kind, actor_name, resource_id) values ($1, 'member.add', 'user', 'o', $2)`,
      [other, made],
    );
    await pool.query(`update invitations set created_at = '2026-01-02'`);
    await migrate(db);
    const beside = await pool.query('select role_id, status from members where account_id = $1', [other]);
    assert.deepEqual(beside.rows, [{ role_id: role('owner'), status: 'active' }]);
    const waiting = await pool.query('select count(*)::integer from invitations where updated_at = created_at');
    assert.equal(waiting.rows[0].count, 2);
    const again = `insert into invitations
      (id, account_id, project_id, email, role_id, token_hash, invited_by_name, is_mailed, expires_at, updated_at)
      select gen_random_uuid(), account_id, project_id, upper(email), role_id, 'another', 'o', false, expires_at, now()
        from invitations where id = $1`;
    await assert.rejects(pool.query(again, [invitation]), /invitations_pending/);
    await assert.rejects(
      pool.query('delete from members where account_id = $1', [account]),
      /accounts_owner_is_member/,
      'an Owner is always a member',
    );
    const all = async (projectId: string | null) => {
      const page = { limit: 10, offset: 0 };
      const { rows } = await membershipsOf(db, Date.now(), { accountId: account, projectId }, page);
      return rows.map((row) => [row.user_id ?? row.api_key_id ?? row.id, row.status, row.role_slug, row.email]).sort();
    };
    assert.deepEqual(await all(null), [
      [owner, 'active', 'owner', 'owner@example.com'],
      [invitation, 'pending', 'member', 'waits@example.com'],
      [given, 'active', 'admin', `key-${given}@apikeys.invalid`],
    ]);
    assert.deepEqual(await all(project), [[toProject, 'pending', 'viewer', 'waits@example.com']]);
    // As it was answered then.
    const { rows } = await pool.query('select id from members where api_key_id is not null');
    assert.deepEqual(rows, [{ id: given }]);
  } finally {
    await close();
    await drop();
  }
});

test('addresses that machines have are their accounts’ from then on, free and held ones stay what they are', async () => {
  const { url, drop } = await emptied();
  const { pool, db, close } = openDatabase(url, 2, () => {});
  const id = (number: number) => `01900000-0000-7000-8000-0000000002${String(number).padStart(2, '0')}`;
  const [vm, deleted, found] = [id(1), id(2), id(3)];
  try {
    await migrate(db, '0030-named-steps');
    const { account, project } = await someAccount(pool);
    for (const [machine, isDeleted] of [
      [vm, false],
      [deleted, true],
    ])
      await insertOldVm(pool, { id: machine as string, account, project, deleted_at: isDeleted ? '2026-01-03' : null });
    await pool.query(`insert into found_machines (id, generation, power, known) values ($1, 1, 'on', '{}')`, [found]);
    await pool.query(
      `insert into public_addresses (address, region, vm_id, held_for)
       values ('192.0.2.2', 'us-east', $1, null), ('192.0.2.3', 'us-east', $2, null), ('192.0.2.4', 'us-east', null, null),
              ('192.0.2.5', 'us-east', null, $3)`,
      [vm, deleted, found],
    );
    await pool.query(
      `insert into nics (vm_id, nic_id, type, address, mac)
       values ($1, 0, 'public', '192.0.2.2', '02:00:00:00:00:01'), ($2, 0, 'public', '192.0.2.3', '02:00:00:00:00:02')`,
      [vm, deleted],
    );
    await migrate(db);
    const { rows } = await pool.query(
      `select host(a.address) as address, a.state, a.is_reserved, a.id is not null as has_id, a.account_id, a.project_id, a.held_for, n.vm_id,
              a.deleted_at is not null as is_hidden
         from public_addresses a left join nics n on n.public_address = a.address order by a.address`,
    );
    const theirs = {
      state: 'attached',
      is_reserved: false,
      has_id: true,
      account_id: account,
      project_id: project,
      held_for: null,
      is_hidden: false,
    };
    const nobodys = {
      state: 'free',
      is_reserved: false,
      has_id: false,
      account_id: null,
      project_id: null,
      vm_id: null,
      is_hidden: false,
    };
    assert.deepEqual(rows, [
      { address: '192.0.2.2', ...theirs, vm_id: vm },
      { address: '192.0.2.3', ...theirs, vm_id: deleted, is_hidden: true },
      { address: '192.0.2.4', ...nobodys, held_for: null },
      { address: '192.0.2.5', ...nobodys, held_for: found },
    ]);
  } finally {
    await close();
    await drop();
  }
});

test('what is billed has its term from then on, and a change of size that is under way can be undone or finished', async () => {
  const { url, drop } = await emptied();
  const { pool, db, close } = openDatabase(url, 4, () => {});
  const id = (number: number) => `01900000-0000-7000-8000-0000000003${String(number).padStart(2, '0')}`;
  const [paid, growing, twice, payg, failed, deleted] = [id(1), id(2), id(3), id(4), id(5), id(6)];
  const day = (number: number) => `2026-01-${String(number).padStart(2, '0')}T00:00:00Z`;
  try {
    await migrate(db, '0036-owned-addresses');
    const { account, project } = await someAccount(pool, 'subscription');
    const here = { account, project };
    const ahead = { billing_type: 'subscription', term_started_at: day(2) };
    await insertOldVm(pool, { ...here, id: paid, ...ahead, subscription_id: paid });
    await insertOldVm(pool, {
      ...here,
      id: growing,
      ...ahead,
      subscription_id: growing,
      price_month_micros: 8_000_000,
    });
    await insertOldVm(pool, { ...here, id: twice, ...ahead, subscription_id: twice, price_month_micros: 9_000_000 });
    await insertOldVm(pool, { ...here, id: payg });
    await insertOldVm(pool, { ...here, id: failed, status: 'failure', billing_type: 'subscription' });
    await insertOldVm(pool, { ...here, id: deleted, ...ahead, subscription_id: deleted, deleted_at: day(5) });
    await pool.query(
      `insert into volumes (account_id, project_id, name, size, region, price_month_micros, subscription_id, term_started_at)
       values ($1, $2, 'data', 50, 'us-east', 5000000, $3, $4)`,
      [account, project, paid, day(3)],
    );
    const inFlight = (vm: string, kind: string, at: string, input: object) =>
      pool.query(
        `insert into operations (id, account_id, project_id, resource_id, queue, kind, input, created_by, created_at)
         values (gen_random_uuid(), $1, $2, $3, $3, $4, $5, $1, $6)`,
        [account, project, vm, kind, JSON.stringify(input), at],
      );
    const from = (priceMonthMicros: number) => ({ from: { priceMonthMicros } });
    await inFlight(growing, 'vm.resize', day(4), {
      ...from(4_000_000),
      charged: { balance: 700, credits: 30 },
      creditWhenDone: 0,
    });
    // As the first release wrote them: a number, below zero where it was a credit, and several at a time.
    await inFlight(twice, 'vm.resize', day(4), { ...from(10_000_000), charged: -2000 });
    await inFlight(twice, 'vm.disk-resize', day(5), { ...from(6_000_000), charged: 5000 });
    await inFlight(deleted, 'vm.resize', day(4), {
      ...from(10_000_000),
      charged: { balance: 0, credits: 0 },
      creditWhenDone: 44,
    });
    await migrate(db);

    const spans = async (resource: string) =>
      (
        await pool.query(
          `select subscription_id as sub, unit_price_micros as price, quantity, "from", until, paid_until, is_pending as pending
             from terms where resource_id = $1 order by "from"`,
          [resource],
        )
      ).rows;
    const at = (number: number) => new Date(day(number));
    const span = { quantity: 1, until: null, paid_until: new Date('2026-02-01T00:00:00Z'), pending: false };
    assert.deepEqual(await spans(paid), [{ ...span, sub: paid, price: 3_990_000, from: at(2) }]);
    assert.deepEqual(await spans(payg), [{ ...span, sub: null, price: 3_990_000, from: at(2), paid_until: null }]);
    assert.deepEqual([await spans(failed), await spans(deleted)], [[], []]);
    assert.deepEqual(await spans('1'), [
      { ...span, sub: paid, price: 100_000, quantity: 50, from: at(3), paid_until: new Date('2026-02-02T00:00:00Z') },
    ]);
    assert.deepEqual(await spans(growing), [
      { ...span, sub: growing, price: 4_000_000, from: at(2), until: at(4) },
      { ...span, sub: growing, price: 8_000_000, from: at(4), pending: true },
    ]);
    assert.deepEqual(await spans(twice), [
      { ...span, sub: twice, price: 10_000_000, from: at(2), until: at(4) },
      { ...span, sub: twice, price: 6_000_000, from: at(4), until: at(5), pending: true },
      { ...span, sub: twice, price: 9_000_000, from: at(5), pending: true },
    ]);
    const purse = async () =>
      (await pool.query('select balance_micros as balance, credits_micros as credits from accounts')).rows[0];
    assert.deepEqual(await purse(), { balance: 44, credits: 0 }, 'what a deleted VM was owed');
    const { rows: changes } = await pool.query(
      `select input ->> 'change' as id from operations where resource_id <> $1 order by sequence`,
      [deleted],
    );
    const [grows, shrank, disk] = changes.map((row) => row.id as string);
    const undo = (change: string | undefined) =>
      transact(db, (tx) => undoChange(tx, change, { reason: 'planted', resourceId: paid }));
    await undo(grows);
    assert.deepEqual(await purse(), { balance: 744, credits: 30 });
    await undo(shrank);
    assert.deepEqual(await purse(), { balance: -1256, credits: 30 });
    assert.deepEqual(await spans(twice), [
      { ...span, sub: twice, price: 10_000_000, from: at(2), until: at(5) },
      { ...span, sub: twice, price: 9_000_000, from: at(5), pending: true },
    ]);
    await undo(disk);
    assert.deepEqual(await purse(), { balance: 3744, credits: 30 });
    assert.deepEqual(await spans(twice), [{ ...span, sub: twice, price: 10_000_000, from: at(2) }]);
  } finally {
    await close();
    await drop();
  }
});

test('volumes that were rows without a disk get one, by work in the order of their machine', async () => {
  const { url, drop } = await emptied();
  const { pool, db, close } = openDatabase(url, 4, () => {});
  try {
    await migrate(db, '0050-reserved-addresses');
    const { account, project } = await someAccount(pool);
    const vm = '01900000-0000-7000-8000-000000000401';
    await insertOldVm(pool, { account, project, id: vm });
    for (const [name, machine, size] of [
      ['attached', vm, 20],
      ['detached', null, 10],
    ]) {
      await pool.query(
        `insert into volumes (account_id, project_id, vm_id, name, size, filesystem, region, price_month_micros)
         values ($1, $2, $3, $4, $5, 'xfs', 'us-east', 500000)`,
        [account, project, machine, name, size],
      );
    }
    await migrate(db);
    const { rows } = await pool.query(
      `select d.name, d.status, d.plugged_vm_id, d.created_by, o.kind, o.status as work, o.input, o.queue = coalesce(d.vm_id, d.uid) as "in order"
         from volumes d join operations o on o.resource_id = d.uid order by o.sequence`,
    );
    const { owner_id } = (await pool.query('select owner_id from accounts where id = $1', [account])).rows[0];
    const waiting = {
      status: 'creating',
      plugged_vm_id: null,
      kind: 'volume.create',
      work: 'pending',
      'in order': true,
    };
    assert.deepEqual(rows, [
      { ...waiting, name: 'attached', created_by: account, input: { vmId: vm } },
      { ...waiting, name: 'detached', created_by: owner_id, input: { vmId: null } },
    ]);
    const { used } = (await pool.query(`select used from usage where name = 'volumes' and account_id = $1`, [account]))
      .rows[0];
    assert.equal(Number(used), 2);
    const { disk } = (await pool.query('select sum(disk) as disk from capacity_taken')).rows[0];
    assert.equal(Number(disk), 25 + 20 + 10);
  } finally {
    await close();
    await drop();
  }
});

async function someAccount(pool: pg.Pool, billingMode = 'payg'): Promise<{ account: string; project: string }> {
  const [owner, account, project] = [randomUUID(), randomUUID(), randomUUID()];
  const client = await pool.connect();
  try {
    await client.query('begin');
    await client.query(`insert into users (id, email, name) values ($1, $1::uuid || '@example.com', 'o')`, [owner]);
    await client.query(
      `insert into accounts (id, name, owner_id, billing_mode, balance_micros) values ($1, 'a', $2, $3, 0)`,
      [account, owner, billingMode],
    );
    const role = systemRoles.find(({ slug }) => slug === 'owner')?.id;
    await client.query('insert into members (id, account_id, user_id, role_id) values ($1, $1, $2, $3)', [
      account,
      owner,
      role,
    ]);
    await client.query(
      `insert into projects (id, account_id, name, slug, default_region) values ($1, $2, 'p', 'p', 'us-east')`,
      [project, account],
    );
    await client.query('commit');
  } finally {
    client.release();
  }
  return { account, project };
}

/** A machine as the version of the schema at hand has it. */
async function insertOldVm(
  pool: pg.Pool,
  given: { id: string; account: string; project: string } & Record<string, unknown>,
): Promise<void> {
  const { account, project, ...own } = given;
  const row = {
    name: `vm-${given.id.slice(-4)}`,
    account_id: account,
    project_id: project,
    status: 'active',
    cpu: 1,
    ram: 1,
    storage: 25,
    plan_id: 1,
    template_id: given.id,
    original_template_id: given.id,
    template_name: 't',
    template_version: '1',
    is_windows: false,
    image_reference: 'i',
    region: 'us-east',
    generation: 1,
    ssh_keys: [],
    price_month_micros: 3_990_000,
    billing_type: 'payg',
    created_by: account,
    created_at: '2026-01-02',
    updated_at: '2026-01-02',
    ...own,
  };
  await pool.query('insert into vms select (jsonb_populate_record(null::vms, $1::jsonb)).*', [JSON.stringify(row)]);
}
