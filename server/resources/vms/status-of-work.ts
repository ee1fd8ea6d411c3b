import type { VmStatus } from '@raffia/contract/vm-states.ts';
import type { Transaction } from '../../database/transaction.ts';
import type { MachineState } from '../../engines/engine.ts';
import type { Written } from '../../operations/workflow.ts';

/** Writes down what the machine of an operation is, and why where it failed. */
export async function setStatus(
  tx: Transaction,
  work: Written,
  status: VmStatus,
  reason: string | null = null,
): Promise<void> {
  await tx.db
    .updateTable('vms')
    .set({ status, failure_reason: reason, updated_at: new Date(work.services.clock.now()) })
    .where('id', '=', work.operation.resource_id)
    .execute();
}

/** The commit of a step that leaves the machine so. */
export function becomes(status: VmStatus) {
  return (tx: Transaction, work: Written) => setStatus(tx, work, status);
}

/**
 * After a failed action the machine is what its host says it is; only a machine that is gone has failed. Where the host does not
 * answer, the reconciler finds out when it does.
 */
export async function settle(
  tx: Transaction,
  work: Written,
  sentence: string,
  found: MachineState | 'gone' | 'unknown',
): Promise<void> {
  if (found === 'gone') return setStatus(tx, work, 'failure', sentence);
  const power = found === 'unknown' ? found : found.power;
  if (power === 'on' || power === 'off') return setStatus(tx, work, power === 'on' ? 'active' : 'passive', sentence);
  await tx.db
    .updateTable('vms')
    .set({ failure_reason: sentence })
    .where('id', '=', work.operation.resource_id)
    .execute();
}
