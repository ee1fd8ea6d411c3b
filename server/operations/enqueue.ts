import { randomUUIDv7 } from 'node:crypto';
import { sql } from 'kysely';
import type { Transaction } from '../database/transaction.ts';
import type { Services } from '../services.ts';
import type { OperationInputs, OperationKind } from './operation-kinds.ts';

export interface NewOperation<K extends OperationKind> {
  readonly kind: K;
  readonly accountId: string;
  readonly projectId: string;
  readonly resourceId: string;
  readonly input: OperationInputs[K];
  /** A machine's password, kept encrypted until the operation ends. */
  readonly password?: string;
  readonly createdBy: string;
}

/** Writes down work and the job that wakes a worker, in the transaction that asks for it: neither is ever without the other. */
export async function enqueue<K extends OperationKind>(
  services: Services,
  tx: Transaction,
  operation: NewOperation<K>,
): Promise<string> {
  const id = randomUUIDv7();
  const now = services.clock.now();
  await tx.db
    .insertInto('operations')
    .values({
      id,
      account_id: operation.accountId,
      project_id: operation.projectId,
      resource_id: operation.resourceId,
      kind: operation.kind,
      input: JSON.stringify(operation.input),
      sealed_input:
        operation.password === undefined ? null : services.secrets.seal(`operation ${id}`, operation.password),
      deadline: new Date(now + services.configuration.operations.deadlineMs),
      created_by: operation.createdBy,
      created_at: new Date(now),
    })
    .execute();
  await sql`select graphile_worker.add_job('work', json_build_object('resource', ${operation.resourceId}::text),
            job_key := ${operation.resourceId}, max_attempts := 3)`.execute(tx.db);
  return id;
}
