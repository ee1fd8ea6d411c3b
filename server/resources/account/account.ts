import type { getAccount, updateAccount } from '@raffia/contract/account.ts';
import { fromMicros } from '@raffia/contract/money.ts';
import type { AnswerOf } from '@raffia/contract/operation.ts';
import { quotaNames } from '@raffia/contract/quotas.ts';
import type { Kysely, Transaction } from 'kysely';
import { holds, type Principal } from '../../access/principal.ts';
import type { ReadCall, WriteCall } from '../../calls/route.ts';
import { openOf } from '../../changes/stream-places.ts';
import { withBefore } from '../../changes/with-before.ts';
import type { Tables } from '../../database/tables.ts';
import { invalid } from '../../foundation/api-error.ts';
import { quotas } from '../../quotas/quotas.ts';
import { usage } from '../../quotas/usage.ts';
import type { Services } from '../../services.ts';

type View = AnswerOf<typeof getAccount>['data'];
type Db = Kysely<Tables> | Transaction<Tables>;

/** The account; its balance only for who may see billing. */
export async function showAccount({ services, principal }: ReadCall<typeof getAccount>) {
  return { success: true, data: await viewOf(services, services.db, principal) };
}

export async function renameAccount({ services, tx, principal, body, audit }: WriteCall<typeof updateAccount>) {
  if (body.name.trim() === '') throw invalid('name must not be blank');
  const before = await tx.db
    .selectFrom('accounts')
    .select('name')
    .where('id', '=', principal.accountId)
    .forUpdate()
    .executeTakeFirstOrThrow();
  await tx.db.updateTable('accounts').set({ name: body.name }).where('id', '=', principal.accountId).execute();
  audit.resourceId = principal.accountId;
  audit.details = withBefore(before, { name: body.name });
  return { success: true, data: await viewOf(services, tx.db, principal) };
}

async function viewOf(services: Services, db: Db, principal: Principal): Promise<View> {
  const account = await db
    .selectFrom('accounts as a')
    .innerJoin('users as u', 'u.id', 'a.owner_id')
    .selectAll('a')
    .select('u.email')
    .where('a.id', '=', principal.accountId)
    .executeTakeFirstOrThrow();
  const use = await usage(db, account.id, await openOf(services, account.id));
  const { high } = await db
    .selectFrom('api_keys')
    .select((row) => row.fn.countAll<number>().as('high'))
    .where('account_id', '=', account.id)
    .where('rate_limit_tier', '=', 'high')
    .executeTakeFirstOrThrow();
  return {
    id: account.id,
    name: account.name,
    owner_id: account.owner_id,
    owner_email: account.email,
    quota: Object.fromEntries(quotaNames.map((name) => [quotas[name].answer, use[name]])) as View['quota'],
    high_tier_keys: { used: high, limit: account.high_tier_allowance },
    billing_mode: account.billing_mode,
    ...(holds(principal, 'account.billing.view', null)
      ? { balance: String(fromMicros(account.balance_micros)), credits: String(fromMicros(account.credits_micros)) }
      : {}),
    created_at: account.created_at.toISOString(),
  };
}
