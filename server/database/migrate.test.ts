import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemRoles } from '@raffia/contract/system-roles.ts';
import pg from 'pg';
import { createTestDatabase } from '../testing/test-database.ts';
import { openDatabase } from './database.ts';
import { describeSchema } from './describe-schema.ts';
import { migrate, migrationNames } from './migrate.ts';

async function emptied(): Promise<{ url: string; drop: () => Promise<void> }> {
  const database = await createTestDatabase();
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await client.query('drop schema public cascade; create schema public');
  await client.end();
  return database;
}

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

test('a database that a newer version has changed is refused with a sentence, and left alone', async () => {
  const { url, drop } = await createTestDatabase();
  const { db, pool, close } = openDatabase(url, 2, () => {});
  try {
    await pool.query(`insert into raffia_migrations (name, timestamp) values ('9999-from-tomorrow', '2099-01-01')`);
    await assert.rejects(migrate(db), /newer Raffia \(it has 9999-from-tomorrow\)\. Start that version/);
  } finally {
    await close();
    await drop();
  }
});
