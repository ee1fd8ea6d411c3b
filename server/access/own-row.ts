import { type NumberedKind, resources } from '@raffia/contract/resources.ts';
import type { Kysely } from 'kysely';
import type { Row, Tables } from '../database/tables.ts';
import type { Transaction } from '../database/transaction.ts';
import { notFound } from '../foundation/api-error.ts';

type Entries = typeof resources;
/** The kinds whose rows are an account's, and are hidden before they go. */
type OwnKind = {
  [K in keyof Entries]: Entries[K] extends { readonly hiddenBy: 'deleted_at' } ? K : never;
}[keyof Entries];

/** What the API knows one by. */
type IdOf<K extends OwnKind> = K extends NumberedKind ? number : string;

/**
 * What an account has of a kind, by the kind's entry in contract/resources.ts.
 *
 * @throws ApiError 404 where it is another's, gone, or hidden
 */
export async function ownRow<K extends OwnKind>(
  db: Kysely<Tables>,
  kind: K,
  accountId: string,
  id: IdOf<K>,
): Promise<Row<Entries[K]['table']>> {
  return present(kind, await rowOf(db, kind, accountId, id).executeTakeFirst());
}

/** The same, locked until the transaction ends. */
export async function lockOwnRow<K extends OwnKind>(
  tx: Transaction,
  kind: K,
  accountId: string,
  id: IdOf<K>,
): Promise<Row<Entries[K]['table']>> {
  return present(kind, await rowOf(tx.db, kind, accountId, id).forUpdate().executeTakeFirst());
}

/** All of them have these columns: as far as the compiler goes, each is a volume here. */
function rowOf(db: Kysely<Tables>, kind: OwnKind, accountId: string, id: IdOf<OwnKind>) {
  const { table, hiddenBy } = resources[kind];
  return db
    .selectFrom(table as 'volumes')
    .selectAll()
    .where('id', '=', id as number)
    .where('account_id', '=', accountId)
    .where(hiddenBy, 'is', null);
}

function present<K extends OwnKind>(kind: K, row: Row<'volumes'> | undefined): Row<Entries[K]['table']> {
  if (row === undefined) throw notFound(kind);
  return row as unknown as Row<Entries[K]['table']>;
}
