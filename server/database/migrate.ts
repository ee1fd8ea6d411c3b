import { systemRoles } from '@raffia/contract/system-roles.ts';
import { type Kysely, sql } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import { allMigrations } from './all-migrations.ts';
import type { Tables } from './tables.ts';

const migrationLock = 7_238_432;

/**
 * Brings the schema up to date, or to a migration, and the system roles in line with the contract. Safe to run twice and at once: the migrator holds
 * a lock, the roles are upserted.
 */
export async function migrate(db: Kysely<Tables>, to?: string): Promise<void> {
  const migrator = new Migrator({
    db,
    provider: { getMigrations: async () => readWhenRun },
    migrationTableName: 'raffia_migrations',
    migrationLockTableName: 'raffia_migrations_lock',
  });
  await refuseNewer(db);
  const { error, results } = await oneAtATime(db, () =>
    to === undefined ? migrator.migrateToLatest() : migrator.migrateTo(to),
  );
  if (error) {
    const failed = results?.find((result) => result.status === 'Error')?.migrationName;
    throw new Error(`The database could not be brought up to date${failed ? ` (migration ${failed})` : ''}.`, {
      cause: error,
    });
  }
  await syncSystemRoles(db);
}

/** The migrations by name, each read from its file when it is run: mostly there is none to run. */
const readWhenRun = Object.fromEntries(
  Object.entries(allMigrations).map(([name, load]) => [
    name,
    { up: async (db: Kysely<Tables>) => (await load()).up(db) } satisfies Migration,
  ]),
);

/** @throws Error where a newer version has been here: what it wrote, this one does not know */
async function refuseNewer(db: Kysely<Tables>): Promise<void> {
  const { rows: tables } = await sql<{ name: string | null }>`select to_regclass('raffia_migrations') as name`.execute(
    db,
  );
  if (tables[0]?.name == null) return;
  const { rows } = await sql<{ name: string }>`select name from raffia_migrations order by name`.execute(db);
  const unknown = rows.find(({ name }) => !(name in allMigrations));
  if (unknown === undefined) return;
  throw new Error(
    `This database was brought up to date by a newer Raffia (it has ${unknown.name}). Start that version, or restore a backup that was made before it; nothing was changed.`,
  );
}

/** The migrator's own lock is in a table that it first has to make: two that make it at once would trip over each other. */
async function oneAtATime<T>(db: Kysely<Tables>, act: () => Promise<T>): Promise<T> {
  return db.connection().execute(async (connection) => {
    await sql`select pg_advisory_lock(${migrationLock})`.execute(connection);
    try {
      return await act();
    } finally {
      await sql`select pg_advisory_unlock(${migrationLock})`.execute(connection);
    }
  });
}

/** The names of all migrations, in order: what a cached copy of the schema depends on. */
export const migrationNames = Object.keys(allMigrations);

async function syncSystemRoles(db: Kysely<Tables>): Promise<void> {
  const rows = systemRoles.map((role) => ({
    ...role,
    permissions: [...role.permissions],
    account_id: null,
    created_by: null,
  }));
  await db
    .insertInto('roles')
    .values(rows)
    .onConflict((conflict) =>
      conflict.column('id').doUpdateSet(({ ref }) => ({
        name: ref('excluded.name'),
        slug: ref('excluded.slug'),
        description: ref('excluded.description'),
        permissions: ref('excluded.permissions'),
      })),
    )
    .execute();
}
