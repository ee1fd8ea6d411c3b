import { systemRoles } from '@raffia/contract/system-roles.ts';
import { type Kysely, sql } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import type { Tables } from './tables.ts';

const migrationLock = 7_238_432;

/** All migrations by name; a name, once released, is never changed or reused. */
const migrations: Record<string, () => Promise<Migration>> = {
  '0001-foundation': () => import('./migrations/0001-foundation.ts'),
  '0002-waiting-operations': () => import('./migrations/0002-waiting-operations.ts'),
  '0003-people': () => import('./migrations/0003-people.ts'),
  '0006-growth': () => import('./migrations/0006-growth.ts'),
  '0007-authority': () => import('./migrations/0007-authority.ts'),
  '0007-inviters': () => import('./migrations/0007-inviters.ts'),
  '0009-operations-queue': () => import('./migrations/0009-operations-queue.ts'),
  '0016-lists': () => import('./migrations/0016-lists.ts'),
  '0019-found-machines': () => import('./migrations/0019-found-machines.ts'),
  '0020-memberships': () => import('./migrations/0020-memberships.ts'),
  '0021-links-by-operator': () => import('./migrations/0021-links-by-operator.ts'),
  '0022-mails': () => import('./migrations/0022-mails.ts'),
  '0030-named-steps': () => import('./migrations/0030-named-steps.ts'),
  '0031-vm-counts': () => import('./migrations/0031-vm-counts.ts'),
  '0032-audit-actors': () => import('./migrations/0032-audit-actors.ts'),
  '0036-owned-addresses': () => import('./migrations/0036-owned-addresses.ts'),
  '0037-terms': () => import('./migrations/0037-terms.ts'),
  '0038-anonymous-actors': () => import('./migrations/0038-anonymous-actors.ts'),
  '0040-work-notified': () => import('./migrations/0040-work-notified.ts'),
  '0044-schedules': () => import('./migrations/0044-schedules.ts'),
  '0046-vpcs': () => import('./migrations/0046-vpcs.ts'),
  '0047-security-groups': () => import('./migrations/0047-security-groups.ts'),
};

/**
 * Brings the schema up to date, or to a migration, and the system roles in line with the contract. Safe to run twice and at once: the migrator holds
 * a lock, the roles are upserted.
 */
export async function migrate(db: Kysely<Tables>, to?: string): Promise<void> {
  const migrator = new Migrator({
    db,
    provider: {
      getMigrations: async () =>
        Object.fromEntries(
          await Promise.all(Object.entries(migrations).map(async ([name, load]) => [name, await load()])),
        ),
    },
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

/** @throws Error where a newer version has been here: what it wrote, this one does not know */
async function refuseNewer(db: Kysely<Tables>): Promise<void> {
  const { rows: tables } = await sql<{ name: string | null }>`select to_regclass('raffia_migrations') as name`.execute(
    db,
  );
  if (tables[0]?.name == null) return;
  const { rows } = await sql<{ name: string }>`select name from raffia_migrations order by name`.execute(db);
  const unknown = rows.find(({ name }) => !(name in migrations));
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
export const migrationNames = Object.keys(migrations);

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
