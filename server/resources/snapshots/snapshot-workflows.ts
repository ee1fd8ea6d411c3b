import { sql } from 'kysely';
import { beginTerm } from '../../billing/terms.ts';
import type { Transaction } from '../../database/transaction.ts';
import { done, type MachineRef, type Progress, type VolumeRef } from '../../engines/engine.ts';
import type { Step, Work, Workflow, WorkflowsOf, Written } from '../../operations/workflow.ts';
import { machineSpec } from '../vms/machine-spec.ts';
import { setStatus, settle, untilSettled } from '../vms/vm-workflows.ts';
import { hasOlderVolumeWork } from '../volumes/older-volume-work.ts';
import { volumeSpec } from '../volumes/volume-spec.ts';
import { endSnapshot } from './end-snapshots.ts';

declare module '../../operations/operation-kinds.ts' {
  interface OperationInputs {
    /** `shows`: the machine ran when it was asked for, and its status shows it since. */
    'snapshot.create': { shows: boolean } & OfVolume;
    /** `from`: the snapshot's state before. */
    'snapshot.restore': { from: 'ready' | 'active' } & OfVolume;
    'snapshot.delete': OfVolume;
  }
}

/** The volume that it is of; without one it is of the machine whose queue the work is in. */
interface OfVolume {
  readonly volumeUid?: string;
}

type Kind = 'snapshot.create' | 'snapshot.restore' | 'snapshot.delete';

const waitMs = 200;

/** A volume goes from machine to machine, and the work on it from queue to queue. */
const waitForVolume: Step<Kind> = {
  name: 'wait for earlier work',
  waitsForGuest: true,
  act: async (work) => {
    const { volumeUid } = work.input;
    const waits = volumeUid !== undefined && (await hasOlderVolumeWork(work, volumeUid));
    return waits ? { done: false, retryInMs: waitMs } : done;
  },
};

/** The machine may be gone already, and with it what is to go. */
async function machineOf({ services, operation }: Work<Kind>): Promise<MachineRef> {
  const { queue } = operation;
  const vm = await services.db.selectFrom('vms').select('name').where('id', '=', queue).executeTakeFirst();
  return { id: queue, name: vm?.name ?? '' };
}

/** A volume that was deleted is still there for its host. */
async function volumeRef({ services }: Work<Kind>, uid: string): Promise<VolumeRef> {
  const volume = await services.db.selectFrom('volumes').select('name').where('uid', '=', uid).executeTakeFirst();
  return { id: uid, name: volume?.name ?? '' };
}

async function takeSnapshot(work: Work<'snapshot.create'>): Promise<Progress> {
  const { engine, input, operation } = work;
  if (input.volumeUid === undefined) return engine.snapshots.take(await machineOf(work), operation.resource_id);
  return engine.volumeSnapshots.take(await volumeRef(work, input.volumeUid), operation.resource_id);
}

async function restoreSnapshot({ services, engine, input, operation }: Work<'snapshot.restore'>): Promise<Progress> {
  const { queue, resource_id } = operation;
  if (input.volumeUid === undefined)
    return engine.snapshots.restore(await machineSpec(services.db, queue), resource_id);
  return engine.volumeSnapshots.restore(await volumeSpec(services.db, input.volumeUid), resource_id);
}

async function removeSnapshot(work: Work<'snapshot.create' | 'snapshot.delete'>): Promise<Progress> {
  const { engine, input, operation } = work;
  if (input.volumeUid === undefined) return engine.snapshots.delete(await machineOf(work), operation.resource_id);
  return engine.volumeSnapshots.delete(await volumeRef(work, input.volumeUid), operation.resource_id);
}

/** The column that says what a snapshot is of, and the id there. */
function sourceOf({ input, operation }: Written<Kind>): { column: 'vm_id' | 'volume_uid'; id: string } {
  const { volumeUid } = input;
  return volumeUid === undefined ? { column: 'vm_id', id: operation.queue } : { column: 'volume_uid', id: volumeUid };
}

/** What is taken or put back is what its machine or volume was last put to: what was active is not any more. */
async function nothingIsActive(tx: Transaction, work: Written<Kind>): Promise<void> {
  const { column, id } = sourceOf(work);
  await tx.db
    .updateTable('snapshots')
    .set({ state: 'ready' })
    .where(column, '=', id)
    .where('state', '=', 'active')
    .execute();
}

const take: Workflow<'snapshot.create'> = {
  steps: [
    waitForVolume,
    {
      name: 'take the snapshot',
      act: takeSnapshot,
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
async function becomesReady(tx: Transaction, work: Written<'snapshot.create'>): Promise<void> {
  const { services, operation } = work;
  const now = new Date(services.clock.now());
  const snapshot = await tx.db
    .updateTable('snapshots')
    .set({ state: 'ready', ready_at: now })
    .where('uid', '=', operation.resource_id)
    .returningAll()
    .executeTakeFirst();
  if (snapshot === undefined) return;
  const { id, name, size, account_id: accountId, project_id: projectId, price_month_micros } = snapshot;
  await beginTerm(
    tx,
    {
      accountId,
      projectId,
      subscriptionId: null,
      item: 'snapshot',
      resource: { kind: 'snapshot', id: String(id) },
      name,
      unitPriceMicros: price_month_micros / size,
      quantity: size,
      now,
    },
    { reason: `Snapshot ${name}`, resourceId: sourceOf(work).id },
  );
}

const restore: Workflow<'snapshot.restore'> = {
  steps: [
    waitForVolume,
    {
      name: 'restore the disk',
      act: restoreSnapshot,
      undo: async (work) => (work.input.volumeUid === undefined ? untilSettled(work) : done),
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
    const { input, operation } = work;
    const { column, id } = sourceOf(work);
    if (input.volumeUid === undefined) await settle(tx, work, `The snapshot was not restored: ${sentence}`, found);
    // Another one may have been put back since.
    await sql`
      update snapshots s set state = case when ${input.from} = 'active' and not exists (
               select from snapshots o where o.${sql.ref(column)} = ${id} and o.state = 'active') then 'active' else 'ready' end
       where uid = ${operation.resource_id}`.execute(tx.db);
  },
};

const remove: Workflow<'snapshot.delete'> = {
  steps: [
    waitForVolume,
    {
      name: 'remove the snapshot',
      act: removeSnapshot,
      commit: async (tx, work) => {
        const { operation } = work;
        const gone = await tx.db
          .deleteFrom('snapshots')
          .where('uid', '=', operation.resource_id)
          .returningAll()
          .executeTakeFirst();
        if (gone?.deleted_at) await endSnapshot(tx, gone, gone.deleted_at, sourceOf(work).id);
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
