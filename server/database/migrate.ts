import { systemRoles } from '@raffia/contract/system-roles.ts';
import { type Kysely, sql } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import { allMigrations } from './all-migrations.ts';
import { released } from './released.ts';
import type { Tables } from './tables.ts';

const migrationLock = 7_238_432;

/**
 * Brings the schema up to date, or to a migration, and the system roles in line with the contract. Safe to run twice and at once: the migrator holds
 * a lock, the roles are upserted. Where the next version has done so already, and nodes of this one go on beside it, nothing is changed.
 *
 * @returns whether the next version has been here
 * @throws Error where a version has been here that this one cannot serve beside
 */
export async function migrate(db: Kysely<Tables>, to?: string): Promise<boolean> {
  const migrator = new Migrator({
    db,
    provider: { getMigrations: async () => readWhenRun },
    migrationTableName: 'raffia_migrations',
    migrationLockTableName: 'raffia_migrations_lock',
  });
  if (await hasNewer(db)) return true;
  const { error, results } = await oneAtATime(db, async () => {
    // Before the first of the migrations that versions older than that cannot serve on, and after the table was made.
    await noteWhoServes(db);
    const outcome = await (to === undefined ? migrator.migrateToLatest() : migrator.migrateTo(to));
    if (outcome.error === undefined) await noteWhoServes(db);
    return outcome;
  });
  if (error) {
    const failed = results?.find((result) => result.status === 'Error')?.migrationName;
    throw new Error(`The database could not be brought up to date${failed ? ` (migration ${failed})` : ''}.`, {
      cause: error,
    });
  }
  await syncSystemRoles(db);
  return false;
}

/** The migrations by name, each read from its file when it is run: mostly there is none to run. */
const readWhenRun = Object.fromEntries(
  Object.entries(allMigrations).map(([name, load]) => [
    name,
    { up: async (db: Kysely<Tables>) => (await load()).up(db) } satisfies Migration,
  ]),
);

/**
 * Whether migrations were run that this version does not have.
 *
 * @throws Error where the version that ran them does not say that this one can serve beside it
 */
async function hasNewer(db: Kysely<Tables>): Promise<boolean> {
  if (!(await isMigrated(db))) return false;
  const { rows } = await sql<{ name: string; note: string | null }>`
    select name, obj_description('raffia_migrations'::regclass, 'pg_class') as note
      from raffia_migrations order by name`.execute(db);
  const unknown = rows.find(({ name }) => !(name in allMigrations));
  if (unknown === undefined) return false;
  const least = serving.exec(unknown.note ?? '')?.[1];
  if (least !== undefined && least in allMigrations) return true;
  throw new Error(
    `This database was brought up to date by a newer Raffia (it has ${unknown.name}). Start that version, or restore a backup that was made before it; nothing was changed.`,
  );
}

const serving = /^Versions that have (\S+) can serve this database\.$/;

/** What the release before this one has, its nodes can serve on: checks/breaking-changes.test.ts holds migrations to that. */
async function noteWhoServes(db: Kysely<Tables>): Promise<void> {
  if (!(await isMigrated(db))) return;
  const note = `Versions that have ${Object.keys(released.migrations).at(-1)} can serve this database.`;
  await sql`comment on table raffia_migrations is ${sql.lit(note)}`.execute(db);
}

async function isMigrated(db: Kysely<Tables>): Promise<boolean> {
  const { rows } = await sql<{ name: string | null }>`select to_regclass('raffia_migrations') as name`.execute(db);
  return rows[0]?.name != null;
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
