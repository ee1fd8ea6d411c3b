import type { Operation } from '@raffia/contract/operation.ts';
import { Changes } from '../changes.ts';
import type { Transaction } from '../database/transaction.ts';
import type { WriteCall } from '../http/route.ts';

/** Writes who did what to which resource, in the transaction that does it: there is no change without its entry. */
export async function recordAudit(
  tx: Transaction,
  operation: Operation,
  call: WriteCall<Operation>,
  answer: unknown,
): Promise<void> {
  const made = (answer as { data?: { id?: string | number } }).data?.id;
  const resourceId = call.audit.resourceId ?? (call.params as { id?: string }).id ?? made;
  await tx.db
    .insertInto('audit_log')
    .values({
      account_id: call.principal.accountId,
      project_id: call.projectId,
      verb: operation.audit ?? operation.id,
      actor_kind: call.principal.kind,
      actor_id: call.principal.id,
      actor_name: call.principal.name,
      resource_id: resourceId === undefined ? null : String(resourceId),
      details: JSON.stringify(call.audit.details),
      request_id: call.requestId,
    })
    .execute();
  call.services.changes.said(tx, {
    kind: Changes.kindOf(operation.audit ?? operation.id),
    accountId: call.principal.accountId,
    id: resourceId === undefined ? null : String(resourceId),
    projectId: call.projectId,
  });
}
