import { pino } from 'pino';
import { openDatabase } from '../database/database.ts';
import type { GuardedEngine } from '../engines/outside-transactions.ts';
import { systemClock } from '../foundation/clock.ts';
import { OperationQueue } from '../operations/operation-queue.ts';
import { OperationRunner } from '../operations/operation-runner.ts';
import { WorkListener } from '../operations/work-listener.ts';
import { Worker } from '../operations/worker.ts';
import type { Step, Workflow, Workflows } from '../operations/workflow.ts';
import type { Services } from '../services.ts';

type Shared = Pick<Services, 'db' | 'configuration' | 'clock'>;

/** What is left of the services for workflows that ask no host. */
function aloneOf(services: Shared): Services {
  return { ...services, log: pino({ level: 'silent' }), changes: { said: () => {} } } as unknown as Services;
}

/** What runs workflows that ask no host, whatever the kind of the operation. */
export function runnerOf(services: Shared, queue: OperationQueue, workflow: Workflow): OperationRunner {
  const kinds = { get: () => workflow };
  const engine = { machines: { inspect: async () => undefined } } as unknown as GuardedEngine;
  return new OperationRunner(aloneOf(services), engine, new Proxy({} as Workflows, kinds), queue);
}

/** The same as a worker. */
export function workerOf(url: string, services: Shared, owner: string, workflow: Workflow): Worker {
  const alone = aloneOf(services);
  const queue = new OperationQueue(services.db, owner);
  const listener = new WorkListener(url, services.clock, alone.log);
  return new Worker(alone, queue, runnerOf(services, queue, workflow), listener);
}

/** Two steps, of which each notes its commit in the table `noted`. */
export function notingWorkflow(ms: number): Workflow {
  const step = (name: string): Step => ({
    name,
    act: async () => {
      await new Promise((again) => setTimeout(again, ms));
      return { done: true };
    },
    commit: async (tx, { operation }) => {
      await tx.db
        .insertInto('noted' as 'operations')
        .values({ operation_id: operation.id, step: name } as never)
        .execute();
    },
  });
  return { steps: [step('first'), step('second')], failed: async () => {} };
}

/** A worker as a process of its own, to be killed: only the queue and its runner. */
export async function runQueue(url: string, owner: string, atOnce: number): Promise<void> {
  const { db } = openDatabase(url, 10, () => {});
  const configuration = { operations: { atOnce, deadlineMs: 600_000, stopGraceMs: 1000 } } as Services['configuration'];
  workerOf(url, { db, configuration, clock: systemClock }, owner, notingWorkflow(5)).start();
}

const [, script, url, owner, atOnce] = process.argv;
if (script === import.meta.filename) await runQueue(url as string, owner as string, Number(atOnce));
