import type { Transaction } from '../../database/transaction.ts';

/** The region of what is made in a project where none is named. */
export async function defaultRegionOf(tx: Transaction, projectId: string): Promise<string> {
  const { default_region } = await tx.db
    .selectFrom('projects')
    .select('default_region')
    .where('id', '=', projectId)
    .executeTakeFirstOrThrow();
  return default_region;
}
