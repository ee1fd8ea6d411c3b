import type { Row } from '../database/tables.ts';
import type { Transaction } from '../database/transaction.ts';
import type { MachineState, Progress } from '../engines/engine.ts';
import type { GuardedEngine } from '../engines/outside-transactions.ts';
import type { Services } from '../services.ts';
import type { AccountKind, OperationInputs, OperationKind } from './operation-kinds.ts';

export type OperationRow = Row<'operations'>;

/** All but the cloud's own. */
export type AccountOperation = OperationRow & {
  readonly account_id: string;
  readonly project_id: string;
  readonly created_by: string;
};

/** What a step works with. */
export interface Work<K extends OperationKind = OperationKind> {
  readonly services: Services;
  readonly engine: GuardedEngine;
  readonly operation: OperationRow;
  /** Milliseconds of work on the operation so far. */
  readonly elapsedMs: number;
  readonly input: OperationInputs[K];
  /** The sealed password, opened. */
  readonly password: string | undefined;
  /** Ends what takes long: the server stops, or somebody else has taken the operation up. */
  readonly signal: AbortSignal;
}

/** The same where it is written down, in a transaction: no engine is within reach, since nobody's rows wait for a host. */
export type Written<K extends OperationKind = OperationKind> = Omit<Work<K>, 'engine' | 'signal'>;

/**
 * One step: an act on the engine that is safe to repeat, and what is written down, in one transaction, once it has reached its goal.
 * Work in flight knows it by its name: a name that was released stays, or stands in `formerly`.
 */
export interface Step<K extends OperationKind = OperationKind> {
  /** Different from those of the workflow's other steps; people read it. */
  readonly name: string;
  /** What older versions called it. */
  readonly formerly?: readonly string[];
  /** While it waits its host has nothing to do: others may work meanwhile. */
  readonly waitsForGuest?: true;
  readonly act?: (work: Work<K>) => Promise<Progress>;
  readonly commit?: (tx: Transaction, work: Written<K>) => Promise<void>;
  /** Takes back on the engine what the act may have done, in whole or in part; safe to repeat. */
  readonly undo?: (work: Work<K>) => Promise<Progress>;
}

/** How a kind of operation is done and, where a step cannot be, undone: from that step back to the first. */
export interface Workflow<K extends OperationKind = OperationKind> {
  readonly steps: readonly Step<K>[];
  /**
   * Writes down the failure, in the transaction that ends the operation.
   *
   * @param found how the machine was just before
   */
  readonly failed: (
    tx: Transaction,
    work: Written<K>,
    sentence: string,
    found: MachineState | 'gone' | 'unknown',
  ) => Promise<void>;
}

export type Workflows = { readonly [K in OperationKind]: Workflow<K> };

/** Those of all kinds of resources. */
export type AccountWorkflows = Pick<Workflows, AccountKind>;

/** Those of one kind of resource, by its noun. */
export type WorkflowsOf<Noun extends string> = Pick<Workflows, Extract<OperationKind, `${Noun}.${string}`>>;

/**
 * Where a step stands in a workflow, by the name that this version or an older one gave it; null is the first.
 *
 * @returns -1 where the workflow has no such step
 */
export function stepIndex({ steps }: Workflow, name: string | null): number {
  if (name === null) return 0;
  return steps.findIndex((step) => step.name === name || step.formerly?.includes(name) === true);
}
