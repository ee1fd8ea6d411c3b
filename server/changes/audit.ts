import type { Operation } from '@raffia/contract/operation.ts';
import type { WriteCall } from '../calls/route.ts';
import type { Transaction } from '../database/transaction.ts';
import type { Services } from '../services.ts';
import { Changes, type ChangeVerb } from './changes.ts';

export interface AuditEntry {
  readonly accountId: string;
  readonly projectId: string | null;
  /** What was done, such as `vm.create`: a kind of change, and a word of its own. */
  readonly verb: ChangeVerb;
  readonly actor: {
    readonly kind: 'key' | 'user' | 'operator';
    readonly id: string | null;
    readonly name: string;
  };
  readonly resourceId: string | null;
  readonly details: Readonly<Record<string, unknown>>;
  readonly requestId?: string;
}

/**
 * Enters who did what to which resource, in the transaction that does it, and says that it changes: there is no change without its
 * entry, and no entry that leaves something stale.
 */
export async function enterAudit(
  { changes }: Pick<Services, 'changes'>,
  tx: Transaction,
  entry: AuditEntry,
): Promise<void> {
  const { accountId, projectId, verb, actor, resourceId, details, requestId } = entry;
  await tx.db
    .insertInto('audit_log')
    .values({
      account_id: accountId,
      project_id: projectId,
      verb,
      actor_kind: actor.kind,
      actor_id: actor.id,
      actor_name: actor.name,
      resource_id: resourceId,
      details: JSON.stringify(details),
      ...(requestId === undefined ? {} : { request_id: requestId }),
    })
    .execute();
  changes.said(tx, { kind: Changes.kindOf(verb), accountId, id: resourceId, projectId });
}

/** The entry of an operation, whose verb the contract names. */
export function recordAudit(
  tx: Transaction,
  operation: Operation,
  { services, principal, projectId, params, audit, requestId }: WriteCall<Operation>,
  answer: unknown,
): Promise<void> {
  const made = (answer as { data?: { id?: string | number } }).data?.id;
  const resourceId = audit.resourceId ?? (params as { id?: string }).id ?? made;
  return enterAudit(services, tx, {
    accountId: principal.accountId,
    projectId,
    // changes.test.ts holds it to be one.
    verb: operation.audit as ChangeVerb,
    actor: principal,
    resourceId: resourceId === undefined ? null : String(resourceId),
    details: audit.details,
    requestId,
  });
}
