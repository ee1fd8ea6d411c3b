import type { Transaction } from '../database/transaction.ts';
import type { Principal } from './principal.ts';

/** The address of who asks, or of the account's Owner where a key does; undefined where nobody has proven that it is theirs. */
export async function provenAddressOf(
  tx: Transaction,
  { kind, id, accountId }: Principal,
): Promise<string | undefined> {
  const user = await tx.db
    .selectFrom('users')
    .select('email')
    .where('id', '=', (row) =>
      kind === 'user' ? row.val(id) : row.selectFrom('accounts').select('owner_id').where('id', '=', accountId),
    )
    .where('email_verified', '=', true)
    .executeTakeFirst();
  return user?.email;
}
