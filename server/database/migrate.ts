import { systemRoles } from '@raffia/contract/system-roles.ts';
import type { Kysely } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import type { Tables } from './tables.ts';

/** All migrations by name; a name, once released, is never changed or reused. */
const migrations: Record<string, () => Promise<Migration>> = {
  '0001-foundation': () => import('./migrations/0001-foundation.ts'),
};

/**
 * Brings the schema up to date and the system roles in line with the contract. Safe to run twice and at once: the migrator holds
 * a lock, the roles are upserted.
 */
export async function migrate(db: Kysely<Tables>): Promise<void> {
  const migrator = new Migrator({
    db,
    provider: {
      getMigrations: async () =>
        Object.fromEntries(
          await Promise.all(Object.entries(migrations).map(async ([name, load]) => [name, await load()])),
        ),
    },
    migrationTableName: 'migrations',
    migrationLockTableName: 'migrations_lock',
  });
  const { error, results } = await migrator.migrateToLatest();
  if (error) {
    const failed = results?.find((result) => result.status === 'Error')?.migrationName;
    throw new Error(`The database could not be brought up to date${failed ? ` (migration ${failed})` : ''}.`, {
      cause: error,
    });
  }
  await syncSystemRoles(db);
}

/** The names of all migrations, in order: what a cached copy of the schema depends on. */
export const migrationNames = Object.keys(migrations);

async function syncSystemRoles(db: Kysely<Tables>): Promise<void> {
  for (const role of systemRoles) {
    const row = { ...role, permissions: [...role.permissions], account_id: null, created_by: null };
    await db
      .insertInto('roles')
      .values(row)
      .onConflict((conflict) =>
        conflict.column('id').doUpdateSet({
          name: row.name,
          slug: row.slug,
          description: row.description,
          permissions: row.permissions,
        }),
      )
      .execute();
  }
}
