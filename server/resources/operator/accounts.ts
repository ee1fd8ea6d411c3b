import { fromMicros } from '@raffia/contract/money.ts';
import type { AnswerOf } from '@raffia/contract/operation.ts';
import type { getAccountForOperator, listAccountsForOperator, setAccountQuota } from '@raffia/contract/operator.ts';
import { type QuotaName, quotaAnswer, quotaNames } from '@raffia/contract/quotas.ts';
import { largestWholeList } from '@raffia/contract/schemas.ts';
import { sql } from 'kysely';
import { changeAuthority } from '../../access/authority.ts';
import { pageOf } from '../../calls/page.ts';
import type { OpenWriteCall, ReadCall } from '../../calls/route.ts';
import { openOf } from '../../changes/stream-places.ts';
import { readPage } from '../../database/read-page.ts';
import type { Row } from '../../database/tables.ts';
import type { Transaction } from '../../database/transaction.ts';
import { invalid, notFound } from '../../foundation/api-error.ts';
import { usage } from '../../quotas/usage.ts';
import type { Services } from '../../services.ts';
import type { Db } from '../members/memberships.ts';
import { type Deed, enterDeed } from './deed.ts';

type View = AnswerOf<typeof getAccountForOperator>['data'];
type Account = Row<'accounts'> & { readonly email: string };

/** What an account may have: so much, as much as it wants, or what the settings say for all. */
export type QuotaRule = number | 'none' | 'default';

/** All accounts with their Owners, the oldest first. */
export function accountsOfAll(db: Db, { id, search = '' }: { id?: string; search?: string | undefined } = {}) {
  return db
    .selectFrom('accounts as a')
    .innerJoin('users as u', 'u.id', 'a.owner_id')
    .$if(id !== undefined, (query) => query.where('a.id', '=', id as string))
    .$if(search !== '', (query) =>
      query.where(sql<boolean>`strpos(lower(a.name || ' ' || u.email), lower(${search})) > 0`),
    );
}

/** Takes hold of an account that an operator changes: authority before any row, since the writes that go on stand on it and may want the row. */
export async function lockAccount(tx: Transaction, id: string): Promise<Row<'accounts'> | undefined> {
  await changeAuthority(tx, id);
  return tx.db.selectFrom('accounts').selectAll().where('id', '=', id).forNoKeyUpdate().executeTakeFirst();
}

/** Sets how much an account may have. */
export async function setQuotas(
  tx: Transaction,
  accountId: string,
  rules: Readonly<Partial<Record<QuotaName, QuotaRule>>>,
): Promise<Deed> {
  for (const [name, rule] of Object.entries(rules) as [QuotaName, QuotaRule][]) {
    await tx.db.deleteFrom('quotas').where('account_id', '=', accountId).where('name', '=', name).execute();
    if (rule === 'default') continue;
    const limit = rule === 'none' ? null : rule;
    await tx.db.insertInto('quotas').values({ account_id: accountId, name, limit }).execute();
  }
  return { accountId, resourceId: null, details: rules };
}

export async function listAccounts({ services: { db }, query }: ReadCall<typeof listAccountsForOperator>) {
  const { limit, offset } = pageOf(query, 50);
  const { search } = query;
  const counted = ['vms', 'vcpus', 'ram'] as const;
  const { rows, total } = await readPage<
    Account,
    Record<(typeof counted)[number], { used: number; limit: number | null }>
  >(
    db,
    accountsOfAll(db, { search }).select('a.id'),
    accountsOfAll(db, { search })
      .selectAll('a')
      .select('u.email')
      .orderBy('a.created_at')
      .orderBy('a.id')
      .limit(limit)
      .offset(offset),
    undefined,
    { as: 'account', columns: { vms: use('vms'), vcpus: use('vcpus'), ram: use('ram') } },
  );
  const data = rows.map((row) => ({ ...summaryOf(row), vms: row.vms, vcpus: row.vcpus, ram_gb: row.ram }));
  return { success: true, data, total };
}

const use = (name: QuotaName) => sql<{ used: number; limit: number | null }>`json_build_object(
  'used', coalesce((select used from usage where account_id = account.id and name = ${name}), 0),
  'limit', quota_limit(account.id, ${name}))`;

export async function showAccount({ services, params }: ReadCall<typeof getAccountForOperator>) {
  return { success: true, data: await viewOf(services, services.db, params.account_id) };
}

/** @throws ApiError 400 where a number is wanted and none, or given and not wanted; 404 */
export async function setQuota(call: OpenWriteCall<typeof setAccountQuota, void>) {
  const { services, tx, params, body } = call;
  const { quota, rule, limit } = body;
  if ((rule === 'number') !== (limit !== undefined))
    throw invalid('limit is the number of rule number, and of no other rule: send both, or the rule alone');
  const account = await lockAccount(tx, params.account_id);
  if (account === undefined) throw notFound('account');
  const name = quotaNames.find((one) => quotaAnswer(one) === quota) as QuotaName;
  enterDeed(call, await setQuotas(tx, account.id, { [name]: rule === 'number' ? limit : rule }));
  return { success: true, data: await viewOf(services, tx.db, account.id) };
}

/** @throws ApiError 404 */
async function viewOf(services: Services, db: Db, id: string): Promise<View> {
  const account = await accountsOfAll(db, { id }).selectAll('a').select('u.email').executeTakeFirst();
  if (account === undefined) throw notFound('account');
  const used = await usage(db, id, await openOf(services, id));
  const own = await db.selectFrom('quotas').select('name').where('account_id', '=', id).execute();
  const defaults = await db.selectFrom('quotas').select(['name', 'limit']).where('account_id', 'is', null).execute();
  const { high } = await db
    .selectFrom('api_keys')
    .select((row) => row.fn.countAll<number>().as('high'))
    .where('account_id', '=', id)
    .where('rate_limit_tier', '=', 'high')
    .executeTakeFirstOrThrow();
  const projects = await db
    .selectFrom('projects')
    .select(['id', 'name'])
    .where('account_id', '=', id)
    .orderBy('name')
    .limit(largestWholeList)
    .execute();
  return {
    ...summaryOf(account),
    high_tier_keys: { used: high, limit: account.high_tier_allowance },
    quotas: quotaNames.map((name) => ({
      name: quotaAnswer(name) as View['quotas'][number]['name'],
      ...used[name],
      default_limit: defaults.find((row) => row.name === name)?.limit ?? null,
      is_own: own.some((row) => row.name === name),
    })),
    projects,
  };
}

function summaryOf(account: Account) {
  return {
    id: account.id,
    name: account.name,
    owner_email: account.email,
    billing_mode: account.billing_mode,
    balance: String(fromMicros(account.balance_micros)),
    is_suspended: account.is_suspended,
    created_at: new Date(account.created_at).toISOString(),
  };
}
