import type { getAccount, listAuditEntries, updateAccount } from '@raffia/contract/account.ts';
import { fromMicros } from '@raffia/contract/money.ts';
import type { AnswerOf } from '@raffia/contract/operation.ts';
import { quotaNames } from '@raffia/contract/quotas.ts';
import { type Kysely, sql, type Transaction } from 'kysely';
import { holds, type Principal } from '../../access/principal.ts';
import type { Tables } from '../../database/tables.ts';
import { invalid } from '../../http/api-error.ts';
import { pageOf } from '../../http/page.ts';
import type { ReadCall, WriteCall } from '../../http/route.ts';
import { quotas } from '../../quotas/quotas.ts';
import { usage } from '../../quotas/usage.ts';

type Db = Kysely<Tables> | Transaction<Tables>;

/** The account; its balance only for who may see billing. */
export async function showAccount({ services, principal }: ReadCall<typeof getAccount>) {
  return { success: true, data: await viewOf(services.db, principal) };
}

export async function renameAccount({ tx, principal, body, audit }: WriteCall<typeof updateAccount>) {
  if (body.name.trim() === '') throw invalid('name must not be blank');
  await tx.db.updateTable('accounts').set({ name: body.name }).where('id', '=', principal.accountId).execute();
  audit.resourceId = principal.accountId;
  audit.details = { name: body.name };
  return { success: true, data: await viewOf(tx.db, principal) };
}

async function viewOf(db: Db, principal: Principal): Promise<AnswerOf<typeof getAccount>['data']> {
  const account = await db
    .selectFrom('accounts as a')
    .innerJoin('users as u', 'u.id', 'a.owner_id')
    .selectAll('a')
    .select('u.email')
    .where('a.id', '=', principal.accountId)
    .executeTakeFirstOrThrow();
  const use = await usage(db, account.id);
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
    quota: Object.fromEntries(quotaNames.map((name) => [quotas[name].answer, use[name]])) as never,
    high_tier_keys: { used: high, limit: account.high_tier_allowance },
    billing_mode: account.billing_mode,
    ...(holds(principal, 'account.billing.view', null) ? { balance: String(fromMicros(account.balance_micros)) } : {}),
    created_at: account.created_at.toISOString(),
  };
}

/** The audit log, newest first. */
export async function listAudit({ services, principal, query }: ReadCall<typeof listAuditEntries>) {
  const { limit, offset } = pageOf(query, 50);
  const since = timeOf('since', query.since);
  const until = timeOf('until', query.until);
  const matching = services.db
    .selectFrom('audit_log')
    .where('account_id', '=', principal.accountId)
    .$if(query.verb !== undefined && query.verb !== '', (select) =>
      select.where((row) =>
        row.or([row('verb', '=', query.verb as string), row(sql`starts_with(verb, ${`${query.verb}.`})`, '=', true)]),
      ),
    )
    .$if(query.actor !== undefined && query.actor !== '', (select) =>
      select.where(sql<boolean>`position(lower(${query.actor}) in lower(actor_name)) > 0`),
    )
    .$if(query.resource_id !== undefined, (select) => select.where('resource_id', '=', query.resource_id as string))
    .$if(since !== undefined, (select) => select.where('created_at', '>=', since as Date))
    .$if(until !== undefined, (select) => select.where('created_at', '<', until as Date));
  const rows = await matching.selectAll().orderBy('id', 'desc').limit(limit).offset(offset).execute();
  const { total } = await matching.select((row) => row.fn.countAll<number>().as('total')).executeTakeFirstOrThrow();
  return {
    success: true,
    data: rows.map((row) => ({
      id: row.id,
      verb: row.verb,
      actor_kind: row.actor_kind,
      ...(row.actor_id === null ? {} : { actor_id: row.actor_id }),
      actor_name: row.actor_name,
      ...(row.project_id === null ? {} : { project_id: row.project_id }),
      ...(row.resource_id === null ? {} : { resource_id: row.resource_id }),
      details: row.details,
      ...(row.request_id === null ? {} : { request_id: row.request_id }),
      created_at: row.created_at.toISOString(),
    })),
    total,
  };
}

function timeOf(name: string, text: string | undefined): Date | undefined {
  if (text === undefined) return undefined;
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) throw invalid(`${name} must be a time such as 2027-01-31T12:00:00Z`);
  return time;
}
