import { hash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { openDatabase } from '../database/database.ts';
import { migrate, migrationNames } from '../database/migrate.ts';
import { startTestCluster } from './test-cluster.ts';

const templateLock = 4_711_017;
let ownCluster: Promise<{ url: string; stop: () => Promise<void> }> | undefined;
let inOwnCluster = 0;

/**
 * A database of its own for a test file: a copy of a template that is migrated once a run.
 *
 * @param isEmpty for another version, which migrates it itself
 */
export async function createTestDatabase({
  isEmpty = false,
} = {}): Promise<{ url: string; drop: () => Promise<void> }> {
  const clusterUrl = process.env.RAFFIA_TEST_DATABASE_URL ?? (await clusterOfThisFile()).url;
  const name = `test_${randomBytes(6).toString('hex')}`;
  const template = isEmpty ? 'template1' : await templateOf(clusterUrl);
  await admin(clusterUrl, async (client) => {
    await client.query(`create database ${name} template ${template}`);
  });
  return {
    url: named(clusterUrl, name),
    drop: async () => {
      await admin(clusterUrl, async (client) => {
        await client.query(`drop database ${name} with (force)`);
      });
      if (ownCluster !== undefined && --inOwnCluster === 0) {
        const cluster = await ownCluster;
        ownCluster = undefined;
        await cluster.stop();
      }
    },
  };
}

/** For a test file that is run by itself. */
function clusterOfThisFile() {
  if (ownCluster === undefined) ownCluster = startTestCluster();
  inOwnCluster++;
  return ownCluster;
}

async function templateOf(clusterUrl: string): Promise<string> {
  const sources = migrationNames.map((name) =>
    readFileSync(join(import.meta.dirname, '../database/migrations', `${name}.ts`)),
  );
  const template = `template_${hash('sha256', Buffer.concat(sources), 'hex').slice(0, 12)}`;
  await admin(clusterUrl, async (client) => {
    await client.query('select pg_advisory_lock($1)', [templateLock]);
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [template]);
    if (rowCount !== 0) return;
    await client.query(`create database ${template}_new`);
    const database = openDatabase(named(clusterUrl, `${template}_new`), 4, () => {});
    await migrate(database.db);
    await database.close();
    await client.query(`alter database ${template}_new rename to ${template}`);
  });
  return template;
}

async function admin(clusterUrl: string, act: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: named(clusterUrl, 'postgres') });
  await client.connect();
  try {
    await act(client);
  } finally {
    await client.end();
  }
}

function named(url: string, database: string): string {
  const changed = new URL(url);
  changed.pathname = `/${database}`;
  return changed.href;
}
