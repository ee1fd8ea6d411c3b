import { sql } from 'kysely';
import { finishChange, undoChange, undoTerms } from '../../billing/terms.ts';
import type { Transaction } from '../../database/transaction.ts';
import { done, EngineError, MachineGone, type Progress, VolumeGone, type VolumeSpec } from '../../engines/engine.ts';
import type { OperationKind } from '../../operations/operation-kinds.ts';
import type { Step, Work, Workflow, WorkflowsOf, Written } from '../../operations/workflow.ts';
import { machineSpec } from '../vms/machine-spec.ts';
import { hasOlderVolumeWork } from './older-volume-work.ts';
import type { Volume } from './present-volume.ts';
import { volumeSpec } from './volume-spec.ts';

declare module '../../operations/operation-kinds.ts' {
  interface OperationInputs {
    /** With the machine that it is attached to then. */
    'volume.create': { vmId: string | null };
    'volume.attach': { vmId: string };
    'volume.detach': { vmId: string };
    'volume.resize': { from: { size: number; priceMonthMicros: number }; change: string | null };
    'volume.delete': Record<never, never>;
  }
}

type VolumeKind = Extract<OperationKind, `volume.${string}`>;
type PlugKind = 'volume.create' | 'volume.attach' | 'volume.detach';

const waitMs = 200;

async function volumeOf({ services, operation }: Pick<Work, 'services' | 'operation'>): Promise<Volume> {
  return services.db
    .selectFrom('volumes')
    .selectAll()
    .where('uid', '=', operation.resource_id)
    .executeTakeFirstOrThrow();
}

const specOf = ({ services, operation }: Work<VolumeKind>): Promise<VolumeSpec> =>
  volumeSpec(services.db, operation.resource_id);

async function update(tx: Transaction, work: Written<VolumeKind>, changes: Partial<Omit<Volume, 'id'>>): Promise<void> {
  await tx.db
    .updateTable('volumes')
    .set({ ...changes, updated_at: new Date(work.services.clock.now()) })
    .where('uid', '=', work.operation.resource_id)
    .execute();
}

/** Whether no machine may have it on its host but, where one is named, that one. */
async function isLetGo(work: Work<VolumeKind>, but: string | null): Promise<boolean> {
  const { plugged_vm_id } = await volumeOf(work);
  return plugged_vm_id === null || plugged_vm_id === but;
}

function waiting<K extends VolumeKind>(
  isReady: (work: Work<K>) => Promise<boolean>,
  commit?: (tx: Transaction, work: Written<K>) => Promise<void>,
): Step<K> {
  return {
    name: 'wait for earlier work',
    waitsForGuest: true,
    act: async (work) =>
      !(await hasOlderVolumeWork(work, work.operation.resource_id)) && (await isReady(work))
        ? done
        : { done: false, retryInMs: waitMs },
    ...(commit === undefined ? {} : { commit }),
  };
}

/** Whether it is still to be attached where the work says: it may have been detached, or its machine deleted, since. */
const isWanted = (volume: Volume, vmId: string | null) => vmId !== null && volume.vm_id === vmId;

/** From before its machine may have it, nobody else is given it. */
async function isPlugged(tx: Transaction, { operation, input }: Written<'volume.create' | 'volume.attach'>) {
  await sql`update volumes set plugged_vm_id = vm_id
             where uid = ${operation.resource_id} and vm_id = ${input.vmId} and plugged_vm_id is null`.execute(tx.db);
}

/**
 * The machine as it is to be, of volumes with those that its host gives it, and this one or not: what is amiss with another is not for work
 * on this one to say.
 */
async function specWith({ services, engine, operation }: Work<PlugKind>, vmId: string, isWith: boolean) {
  const spec = await machineSpec(services.db, vmId);
  const has = (await engine.machines.inspect(vmId))?.known.volumes ?? [];
  const isThis = (id: string) => id === operation.resource_id;
  return { ...spec, volumes: spec.volumes.filter(({ id }) => (isThis(id) ? isWith : has.includes(id))) };
}

/** The machine has the volume, where that is still wanted, beside whatever else it has. */
async function plug(work: Work<'volume.create' | 'volume.attach'>): Promise<Progress> {
  const { vmId } = work.input;
  const volume = await volumeOf(work);
  if (vmId === null || !isWanted(volume, vmId)) return done;
  if (volume.status === 'failed') throw new EngineError('The volume could not be made');
  return work.engine.machines.apply(await specWith(work, vmId, true));
}

/** The machine has the volume no more. One that is gone from its host has none. */
async function unplug(work: Work<PlugKind>): Promise<Progress> {
  const { services, engine, input } = work;
  const { vmId } = input;
  const machine = await services.db.selectFrom('vms').select('id').where('id', '=', vmId).executeTakeFirst();
  if (vmId === null || machine === undefined) return done;
  try {
    return await engine.machines.apply(await specWith(work, vmId, false));
  } catch (error) {
    if (error instanceof MachineGone) return done;
    throw error;
  }
}

/** What was undone is known to be undone, unless the work has ended meanwhile. */
async function undoPlug(work: Work<PlugKind>): Promise<Progress> {
  const progress = await unplug(work);
  if (progress.done) await letGo(work);
  return progress;
}

async function letGo({ services, operation, input }: Work<PlugKind>): Promise<void> {
  await sql`update volumes set plugged_vm_id = null where uid = ${operation.resource_id} and plugged_vm_id = ${input.vmId}
               and exists (select from operations where id = ${operation.id} and finished_at is null)`.execute(
    services.db,
  );
}

/** What no host has, no machine has: hosts keep what a machine uses. */
async function undoMake(work: Work<'volume.create'>): Promise<Progress> {
  const progress = await work.engine.volumes.delete(await specOf(work));
  if (progress.done) await letGo(work);
  return progress;
}

const create: Workflow<'volume.create'> = {
  steps: [
    {
      name: 'make the volume',
      act: async (work) => work.engine.volumes.apply(await specOf(work), { makes: true }),
      undo: undoMake,
      commit: isPlugged,
    },
    {
      name: 'attach it to its machine',
      act: plug,
      undo: undoPlug,
      commit: async (tx, { operation }) => {
        await sql`update volumes set status = case when vm_id is null then 'available' else 'attached' end
                   where uid = ${operation.resource_id} and status = 'creating'`.execute(tx.db);
      },
    },
  ],
  /** All that was paid comes back: there was nothing. */
  failed: async (tx, { operation, services }) => {
    const { rows } = await sql<{ id: number; name: string }>`
      update volumes set status = 'failed', vm_id = null, updated_at = ${new Date(services.clock.now())}
       where uid = ${operation.resource_id} and status = 'creating' returning id, name`.execute(tx.db);
    for (const { id, name } of rows) {
      const about = { reason: `Volume ${name} could not be made`, resourceId: operation.resource_id };
      await undoTerms(tx, { kind: 'volume', id: String(id) }, about);
    }
  },
};

const attach: Workflow<'volume.attach'> = {
  steps: [
    waiting<'volume.attach'>(async (work) => isLetGo(work, work.input.vmId), isPlugged),
    { name: 'attach it to its machine', act: plug, undo: undoPlug },
  ],
  failed: async (tx, { operation, input, services }) => {
    await sql`update volumes set vm_id = null, status = case status when 'attached' then 'available' else status end,
                     updated_at = ${new Date(services.clock.now())}
               where uid = ${operation.resource_id} and vm_id = ${input.vmId}`.execute(tx.db);
  },
};

const detach: Workflow<'volume.detach'> = {
  steps: [
    waiting<'volume.detach'>(async () => true),
    {
      name: 'detach it from its machine',
      act: unplug,
      undo: undoUnplug,
      commit: async (tx, { operation, input }) => {
        await sql`update volumes set plugged_vm_id = null
                   where uid = ${operation.resource_id} and plugged_vm_id = ${input.vmId}`.execute(tx.db);
      },
    },
  ],
  // Its machine has it still, and it is shown so again; unless it is to go elsewhere: then the reconciler asks for its detaching.
  failed: async (tx, { operation, input, services }) => {
    await sql`update volumes set vm_id = plugged_vm_id, status = 'attached', updated_at = ${new Date(services.clock.now())}
               where uid = ${operation.resource_id} and plugged_vm_id = ${input.vmId} and status = 'available'
                 and exists (select from vms where id = ${input.vmId} and deleted_at is null and status <> 'failure')`.execute(
      tx.db,
    );
  },
};

/** A machine that is gone has nothing that could be given back to it. */
async function undoUnplug(work: Work<'volume.detach'>): Promise<Progress> {
  const { services, engine, input } = work;
  const machine = await services.db.selectFrom('vms').select('id').where('id', '=', input.vmId).executeTakeFirst();
  if (machine === undefined) return done;
  try {
    return await engine.machines.apply(await specWith(work, input.vmId, true));
  } catch (error) {
    if (error instanceof MachineGone || error instanceof VolumeGone) return done;
    throw error;
  }
}

const resize: Workflow<'volume.resize'> = {
  steps: [
    waiting<'volume.resize'>(async () => true),
    {
      name: 'grow the volume',
      act: async (work) => work.engine.volumes.apply(await specOf(work)),
      commit: (tx, { operation, input }) =>
        finishChange(tx, input.change, { reason: 'Volume resized', resourceId: operation.resource_id }),
    },
  ],
  failed: async (tx, work) => {
    const { from, change } = work.input;
    await update(tx, work, { size: from.size, price_month_micros: from.priceMonthMicros });
    await undoChange(tx, change, { reason: 'Resize failed', resourceId: work.operation.resource_id });
  },
};

const remove: Workflow<'volume.delete'> = {
  steps: [
    waiting<'volume.delete'>(async (work) => isLetGo(work, null)),
    {
      name: 'remove the volume',
      act: async (work) => work.engine.volumes.delete(await specOf(work)),
      commit: async (tx, { operation }) => {
        // Its snapshots stay, and nothing runs on one of them any more.
        await tx.db
          .updateTable('snapshots')
          .set({ state: 'ready' })
          .where('volume_uid', '=', operation.resource_id)
          .where('state', '=', 'active')
          .execute();
        await tx.db.deleteFrom('volumes').where('uid', '=', operation.resource_id).execute();
      },
    },
  ],
  // Its row stays, invisible, and counts: the reconciler asks for the deletion again.
  failed: async () => {},
};

/** How each kind of work on a volume is done. */
export const volumeWorkflows: WorkflowsOf<'volume'> = {
  'volume.create': create,
  'volume.attach': attach,
  'volume.detach': detach,
  'volume.resize': resize,
  'volume.delete': remove,
};
