import { randomUUIDv7 } from 'node:crypto';
import type { Transaction } from '../database/transaction.ts';
import type { Services } from '../services.ts';
import type { OperationInputs, OperationKind } from './operation-kinds.ts';

export interface NewOperation<K extends OperationKind> {
  readonly kind: K;
  readonly accountId: string;
  readonly projectId: string;
  readonly resourceId: string;
  /** In whose order it is done; by default the resource's own. */
  readonly queue?: string;
  readonly input: OperationInputs[K];
  /** A machine's password, kept encrypted until the operation ends. */
  readonly password?: string;
  readonly createdBy: string;
}

/** Writes down work in the transaction that asks for it; its commit tells the worker. */
export async function enqueue<K extends OperationKind>(
  services: Services,
  tx: Transaction,
  operation: NewOperation<K>,
): Promise<string> {
  const id = randomUUIDv7();
  await tx.db
    .insertInto('operations')
    .values({
      id,
      account_id: operation.accountId,
      project_id: operation.projectId,
      resource_id: operation.resourceId,
      queue: operation.queue ?? operation.resourceId,
      kind: operation.kind,
      input: JSON.stringify(operation.input),
      sealed_input:
        operation.password === undefined ? null : services.secrets.seal(`operation ${id}`, operation.password),
      created_by: operation.createdBy,
      created_at: new Date(services.clock.now()),
    })
    .execute();
  return id;
}
