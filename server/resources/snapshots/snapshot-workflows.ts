import { sql } from 'kysely';
import { beginTerm } from '../../billing/terms.ts';
import type { Transaction } from '../../database/transaction.ts';
import type { MachineRef } from '../../engines/engine.ts';
import type { Work, Workflow, WorkflowsOf, Written } from '../../operations/workflow.ts';
import { machineSpec } from '../vms/machine-spec.ts';
import { setStatus, settle, untilSettled } from '../vms/vm-workflows.ts';
import { endSnapshot } from './end-snapshots.ts';

declare module '../../operations/operation-kinds.ts' {
  interface OperationInputs {
    /** `shows`: the machine ran when it was asked for, and its status shows it since. */
    'snapshot.create': { shows: boolean };
    /** `from`: the snapshot's state before. */
    'snapshot.restore': { from: 'ready' | 'active' };
    'snapshot.delete': Record<never, never>;
  }
}

/** Whose snapshot it is: work on it is done in that machine's queue. The machine may be gone already, and with it what is to go. */
async function machineOf({ services, operation }: Work): Promise<MachineRef> {
  const { queue } = operation;
  const vm = await services.db.selectFrom('vms').select('name').where('id', '=', queue).executeTakeFirst();
  return { id: queue, name: vm?.name ?? '' };
}

const removeSnapshot = async (work: Work) =>
  work.engine.snapshots.delete(await machineOf(work), work.operation.resource_id);

/** What is taken or put back is what the machine was last put to: what was active is not any more. */
async function nothingIsActive(tx: Transaction, { operation }: Written): Promise<void> {
  await tx.db
    .updateTable('snapshots')
    .set({ state: 'ready' })
    .where('vm_id', '=', operation.queue)
    .where('state', '=', 'active')
    .execute();
}

const take: Workflow<'snapshot.create'> = {
  steps: [
    {
      name: 'take the snapshot',
      act: async (work) => work.engine.snapshots.take(await machineOf(work), work.operation.resource_id),
      undo: removeSnapshot,
      commit: async (tx, work) => {
        if (work.input.shows) await setStatus(tx, work, 'active');
        await nothingIsActive(tx, work);
        await becomesReady(tx, work);
      },
    },
  ],
  // It was never there, and its place in the quota is free; what the machine says of it is why.
  failed: async (tx, work, sentence, found) => {
    if (work.input.shows) await settle(tx, work, `The snapshot was not taken: ${sentence}`, found);
    await tx.db.deleteFrom('snapshots').where('uid', '=', work.operation.resource_id).execute();
  },
};

/** From now on it is counted. It may have gone meanwhile, with a machine that is installed anew. */
async function becomesReady(tx: Transaction, { services, operation }: Written): Promise<void> {
  const now = new Date(services.clock.now());
  const snapshot = await tx.db
    .updateTable('snapshots')
    .set({ state: 'ready', ready_at: now })
    .where('uid', '=', operation.resource_id)
    .returningAll()
    .executeTakeFirst();
  if (snapshot === undefined) return;
  const { id, name, size, account_id: accountId, price_month_micros } = snapshot;
  await beginTerm(
    tx,
    {
      accountId,
      subscriptionId: null,
      item: 'snapshot',
      resource: { kind: 'snapshot', id: String(id) },
      name,
      unitPriceMicros: price_month_micros / size,
      quantity: size,
      now,
    },
    { reason: `Snapshot ${name}`, resourceId: operation.queue },
  );
}

const restore: Workflow<'snapshot.restore'> = {
  steps: [
    {
      name: 'restore the disk',
      act: async (work) =>
        work.engine.snapshots.restore(
          await machineSpec(work.services.db, work.operation.queue),
          work.operation.resource_id,
        ),
      undo: untilSettled,
      commit: async (tx, work) => {
        await nothingIsActive(tx, work);
        await tx.db
          .updateTable('snapshots')
          .set({ state: 'active' })
          .where('uid', '=', work.operation.resource_id)
          .execute();
      },
    },
  ],
  failed: async (tx, work, sentence, found) => {
    const { resource_id, queue } = work.operation;
    await settle(tx, work, `The snapshot was not restored: ${sentence}`, found);
    // Another one may have been put back since.
    await sql`
      update snapshots s set state = case when ${work.input.from} = 'active' and not exists (
               select from snapshots o where o.vm_id = ${queue} and o.state = 'active') then 'active' else 'ready' end
       where uid = ${resource_id}`.execute(tx.db);
  },
};

const remove: Workflow<'snapshot.delete'> = {
  steps: [
    {
      name: 'remove the snapshot',
      act: removeSnapshot,
      commit: async (tx, { operation }) => {
        const gone = await tx.db
          .deleteFrom('snapshots')
          .where('uid', '=', operation.resource_id)
          .returningAll()
          .executeTakeFirst();
        if (gone?.deleted_at) await endSnapshot(tx, gone, gone.deleted_at, operation.queue);
      },
    },
  ],
  // It is still there: shown again, and counted as before.
  failed: async (tx, { operation }) => {
    await tx.db.updateTable('snapshots').set({ deleted_at: null }).where('uid', '=', operation.resource_id).execute();
  },
};

/** Work on a snapshot is done in the order of what it was taken of, whose row is locked before the snapshot's, as by all others. */
export const snapshotWorkflows: WorkflowsOf<'snapshot'> = {
  'snapshot.create': take,
  'snapshot.restore': restore,
  'snapshot.delete': remove,
};
