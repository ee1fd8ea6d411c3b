import { parsePrice } from '@raffia/contract/money.ts';
import { type AuditActor, enterAudit } from '../changes/audit.ts';
import type { ChangeVerb } from '../changes/changes.ts';
import { type Transaction, transact } from '../database/transaction.ts';
import { isUuid } from '../foundation/canonical-form.ts';
import { lockAccount } from '../resources/operator/accounts.ts';
import type { Cloud } from '../resources/operator/cloud-parts.ts';
import type { Deed } from '../resources/operator/deed.ts';
import type { Services } from '../services.ts';

export interface OperatorContext extends Cloud {
  readonly databaseUrl: string;
  /** The embedded database's folder; undefined where the database is elsewhere. */
  readonly clusterDirectory: string | undefined;
}

export interface Command {
  readonly usage: string;
  readonly about: string;
  readonly run: (
    context: OperatorContext,
    args: string[],
    options: Record<string, string | undefined>,
  ) => Promise<string>;
}

interface AccountRow {
  id: string;
  owner_id: string;
}

export async function onAccount(
  { services }: Pick<OperatorContext, 'services'>,
  account: string | undefined,
  act: (tx: Transaction, row: AccountRow) => Promise<string>,
): Promise<string> {
  return transact(services.db, async (tx) => {
    const named = await tx.db
      .selectFrom('accounts')
      .select('id')
      .where(isUuid(account ?? '') ? 'id' : 'name', '=', account ?? '')
      .execute();
    if (named.length > 1) throw new Error(`Several accounts are named ${account}; use the id`);
    const row = named[0] === undefined ? undefined : await lockAccount(tx, named[0].id);
    if (row === undefined)
      throw new Error(`There is no account ${account ?? ''}; raffia operator account list shows all`);
    const output = await act(tx, row);
    services.changes.said(tx, { kind: 'account', accountId: row.id, id: row.id, projectId: null });
    return output;
  });
}

/**
 * The id of an account's project.
 *
 * @param project its id or its slug
 * @throws Error where it has no such project
 */
export async function projectOf(tx: Transaction, accountId: string, project: string | undefined): Promise<string> {
  const row = await tx.db
    .selectFrom('projects')
    .select('id')
    .where('account_id', '=', accountId)
    .where(isUuid(project ?? '') ? 'id' : 'slug', '=', project ?? '')
    .executeTakeFirst();
  if (row === undefined) throw new Error(`The account has no project ${project ?? ''}; pass its id or its slug`);
  return row.id;
}

export function changeAccount(change: Record<string, unknown>): Command['run'] {
  return (context, [account]) =>
    onAccount(context, account, async (tx, row) => {
      await tx.db.updateTable('accounts').set(change).where('id', '=', row.id).execute();
      await audit(context.services, tx, row.id, 'account.update', change);
      return 'done\n';
    });
}

export const operator: AuditActor = { kind: 'operator', id: null, name: 'operator' };

/** Enters what the operator did to an account, or to something of it. */
export function audit(
  services: Services,
  tx: Transaction,
  accountId: string,
  verb: ChangeVerb,
  details: Record<string, unknown>,
  resourceId: string | null = null,
  projectId: string | null = null,
): Promise<void> {
  return enterAudit(services, tx, {
    accountId,
    projectId,
    verb,
    actor: operator,
    resourceId,
    details: { ...details, address: 'operator' },
  });
}

/** Enters a deed that the pages of operators know as well. */
export function enterDeed(services: Services, tx: Transaction, verb: ChangeVerb, deed: Deed): Promise<void> {
  return audit(services, tx, deed.accountId, verb, deed.details, deed.resourceId, deed.projectId);
}

export function count(text: string | undefined, name: string): number {
  if (text === undefined || !/^\d{1,9}$/.test(text)) throw new Error(`${name} must be a whole number`);
  return Number(text);
}

export function dollars(text: string): number {
  const micros = parsePrice(text);
  if (micros === null) throw new Error('Amounts are dollars, such as 100 or 99.50');
  return micros;
}

export function choice<const Word extends string>(text: string, ...allowed: readonly Word[]): Word {
  const found = allowed.find((word) => word === text);
  if (found === undefined) throw new Error(`${text || 'Nothing'} is not one of: ${allowed.join(', ')}`);
  return found;
}

export function nothingGiven(what: string): never {
  throw new Error(`Pass ${what}`);
}
