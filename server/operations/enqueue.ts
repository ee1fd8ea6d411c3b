import { randomUUIDv7 } from 'node:crypto';
import type { Transaction } from '../database/transaction.ts';
import type { Services } from '../services.ts';
import { type AccountKind, type CloudKind, cloudId, type OperationInputs } from './operation-kinds.ts';

export interface NewOperation<K extends AccountKind> {
  readonly kind: K;
  readonly accountId: string;
  readonly projectId: string;
  readonly resourceId: string;
  /** Its number, where it is numbered: what the API knows it by, also once it is gone. */
  readonly resourceNumber?: number;
  /** In whose order it is done; by default the resource's own. */
  readonly queue?: string;
  readonly input: OperationInputs[K];
  /** A machine's password, kept encrypted until the operation ends. */
  readonly password?: string;
  readonly createdBy: string;
}

/** Writes down work in the transaction that asks for it; its commit tells the worker. */
export async function enqueue<K extends AccountKind>(
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
      resource_number: operation.resourceNumber ?? null,
      queue: operation.queue ?? operation.resourceId,
      kind: operation.kind,
      input: JSON.stringify(operation.input),
      sealed_input:
        operation.password === undefined ? null : services.secrets.seal(`operation ${id}`, operation.password),
      created_by: operation.createdBy,
      trace_parent: services.tracer?.parent ?? null,
      created_at: new Date(services.clock.now()),
    })
    .execute();
  return id;
}

/** What is told of a resource that has a number by its row. */
interface NumberedRow {
  readonly id: number;
  readonly uid: string;
  readonly account_id: string;
  readonly project_id: string;
}

/** The same for a resource that the API knows by a number. */
export function enqueueNumbered<K extends AccountKind>(
  services: Services,
  tx: Transaction,
  { id, uid, account_id, project_id }: NumberedRow,
  work: Pick<NewOperation<K>, 'kind' | 'queue' | 'input' | 'createdBy'>,
): Promise<string> {
  const of = { accountId: account_id, projectId: project_id, resourceId: uid, resourceNumber: id };
  return enqueue(services, tx, { ...work, ...of });
}

/** The same for work that the cloud does for itself. */
export async function enqueueOwn(services: Services, tx: Transaction, kind: CloudKind): Promise<void> {
  await tx.db
    .insertInto('operations')
    .values({
      id: randomUUIDv7(),
      account_id: null,
      project_id: null,
      created_by: null,
      resource_id: cloudId,
      queue: cloudId,
      kind,
      input: '{}',
      sealed_input: null,
      trace_parent: services.tracer?.parent ?? null,
      created_at: new Date(services.clock.now()),
    })
    .execute();
}
