import type { VmStatus } from '@raffia/contract/vm-states.ts';
import { sql } from 'kysely';
import { endTerms, finishChange, undoChange } from '../../billing/terms.ts';
import type { Transaction } from '../../database/transaction.ts';
import { done, type MachineRef, type MachineSpec, type MachineState, type Progress } from '../../engines/engine.ts';
import { recordDeletion } from '../../operations/found-machines.ts';
import type { OperationKind } from '../../operations/operation-kinds.ts';
import type { Step, Work, Workflow, WorkflowsOf, Written } from '../../operations/workflow.ts';
import { detachPublicAddresses } from '../ips/public-addresses.ts';
import { lockLeftVpcs, removeEmptyVpcs } from '../vpcs/left-vpcs.ts';
import { machineSpec } from './machine-spec.ts';
import { attachIpWorkflow, attachVpcWorkflow, detachIpWorkflow, detachVpcWorkflow } from './plugging.ts';
import type { Vm } from './queries.ts';

declare module '../../operations/operation-kinds.ts' {
  interface OperationInputs {
    'vm.create': Record<never, never>;
    'vm.start': Record<never, never>;
    'vm.stop': Record<never, never>;
    'vm.reboot': Record<never, never>;
    'vm.reboot-hard': Record<never, never>;
    'vm.reset-password': { wasActive: boolean };
    'vm.reinstall': Record<never, never>;
    'vm.factory-reset': Record<never, never>;
    'vm.resize': PlanChange;
    'vm.disk-resize': DiskChange;
    /** Of a snapshot, by its object's id, or of the disk as it is then. */
    'vm.save-image': { imageId: string; snapshotId?: string };
    'vm.delete': Record<never, never>;
    'vm.filter': Record<never, never>;
    'vm.network': Record<never, never>;
  }
}

/**
 * A change of a machine's size, and the term's change that goes with it; null where nothing is billed. What grows counts from its
 * acceptance on and is given back where it fails; what shrinks frees its room when it is done, which older versions did at once.
 */
interface PlanChange {
  from: { planId: number; cpu: number; ram: number; priceMonthMicros: number };
  to?: { cpu: number; ram: number };
  change: string | null;
}

interface DiskChange {
  from: { storage: number; priceMonthMicros: number };
  change: string | null;
}

/** The machine of an operation, for a verb that changes nothing of what it is. */
async function machineOf({ services, operation }: Work): Promise<MachineRef> {
  return services.db
    .selectFrom('vms')
    .select(['id', 'name'])
    .where('id', '=', operation.resource_id)
    .executeTakeFirstOrThrow();
}

const specOf = ({ services, operation }: Work): Promise<MachineSpec> => machineSpec(services.db, operation.resource_id);

/** Work on what a machine has is done in the machine's queue: it is the machine of both. */
export async function setStatus(
  tx: Transaction,
  work: Written,
  status: VmStatus,
  reason: string | null = null,
): Promise<void> {
  await tx.db
    .updateTable('vms')
    .set({ status, failure_reason: reason, updated_at: new Date(work.services.clock.now()) })
    .where('id', '=', work.operation.queue)
    .execute();
}

function becomes(status: VmStatus) {
  return (tx: Transaction, work: Written) => setStatus(tx, work, status);
}

const build = {
  name: 'build the machine',
  act: async (work: Work) => work.engine.machines.apply(await specOf(work), { builds: true }),
} satisfies Step;

const givePassword = {
  name: 'set the password',
  act: async (work: Work) => {
    if (work.password === undefined) return done;
    return work.engine.machines.setPassword(await machineOf(work), work.password);
  },
} satisfies Step;

const boot = {
  name: 'start the machine',
  act: async (work: Work) => work.engine.machines.start(await machineOf(work)),
  commit: becomes('active'),
} satisfies Step;

/** A guest that does not shut down in time loses its power. */
const shutDown = {
  name: 'stop the machine',
  waitsForGuest: true,
  act: async (work: Work) => {
    const graceMs = remainingGraceMs(work);
    const progress = await work.engine.machines.stop(await machineOf(work), { force: graceMs <= 0 });
    return progress.done ? done : { done: false, retryInMs: Math.min(progress.retryInMs, Math.max(0, graceMs)) };
  },
} satisfies Step;

const powerOff = {
  name: 'cut the power',
  act: async (work: Work) => work.engine.machines.stop(await machineOf(work), { force: true }),
} satisfies Step;

function remainingGraceMs({ services, elapsedMs }: Work): number {
  return services.configuration.operations.stopGraceMs - elapsedMs;
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
  await tx.db.updateTable('vms').set({ failure_reason: sentence }).where('id', '=', work.operation.queue).execute();
}

/** Stops half-done power changes, so that the machine's state is a settled one. */
export async function untilSettled(work: Work): Promise<Progress> {
  const state = await work.engine.machines.inspect(work.operation.queue);
  return state?.power === 'changing' || state?.power === 'building' ? { done: false, retryInMs: 500 } : done;
}

async function removeMachine(work: Work): Promise<Progress> {
  return work.engine.machines.delete(await machineOf(work));
}

/**
 * The machine is gone from its host and nothing brings it back: its public address is free for others. Where its host did not answer,
 * something of it may still be there: in an older generation, which the reconciler removes.
 */
async function fails(tx: Transaction, work: Written, sentence: string): Promise<void> {
  const vm = await tx.db
    .selectFrom('vms')
    .selectAll()
    .where('id', '=', work.operation.resource_id)
    .executeTakeFirstOrThrow();
  await refund(tx, work, vm);
  await recordDeletion(tx, vm.id, vm.generation);
  await detachPublicAddresses(tx, vm.id, new Date(work.services.clock.now()));
  await tx.db
    .updateTable('vms')
    .set({ generation: vm.generation + 1 })
    .where('id', '=', vm.id)
    .execute();
  await setStatus(tx, work, 'failure', sentence);
}

/** A failed machine is not billed: what is left of its month goes back to the balance. */
async function refund(tx: Transaction, work: Written, vm: Vm): Promise<void> {
  const reason = `VM ${vm.name} failed, unused time`;
  await endTerms(tx, { kind: 'vm', id: vm.id }, new Date(work.services.clock.now()), { reason, resourceId: vm.id });
  await tx.db.updateTable('vms').set({ subscription_id: null }).where('id', '=', vm.id).execute();
}

const create: Workflow = {
  steps: [
    { name: 'take up', commit: becomes('provisioning') },
    { ...build, undo: removeMachine },
    { ...givePassword, commit: becomes('booting') },
    boot,
  ],
  failed: fails,
};

/** Building anew in a higher generation replaces the disk; identity, addresses and volumes stay. */
const rebuild: Workflow = {
  steps: [
    { ...powerOff, undo: removeMachine },
    { ...build, undo: removeMachine },
    { ...givePassword, commit: becomes('booting') },
    boot,
  ],
  failed: fails,
};

/** An action leaves the machine as its host has it, once it has come to rest. */
function action<K extends OperationKind>(...steps: Step<K>[]): Workflow<K> {
  return { steps: steps.map((step) => ({ ...step, undo: untilSettled })), failed: settle };
}

const resetPassword = action<'vm.reset-password'>(
  givePassword,
  {
    name: 'restart a running machine',
    act: async (work) => (work.input.wasActive ? powerOff.act(work) : done),
  },
  {
    name: 'start it again',
    act: async (work) => (work.input.wasActive ? boot.act(work) : done),
    commit: async (tx, work) => {
      if (work.input.wasActive) await setStatus(tx, work, 'active');
    },
  },
);

type ResizeWork = Written<'vm.resize'> | Written<'vm.disk-resize'>;

const finishResize = (tx: Transaction, { operation, input }: ResizeWork) =>
  finishChange(tx, input.change, { reason: 'VM resized', resourceId: operation.resource_id });

const undoResize = (tx: Transaction, { operation, input }: ResizeWork) =>
  undoChange(tx, input.change, { reason: 'Resize failed', resourceId: operation.resource_id });

const resize: Workflow<'vm.resize'> = {
  steps: [
    {
      name: 'resize the machine',
      act: async (work) => work.engine.machines.apply({ ...(await specOf(work)), ...work.input.to }),
      undo: async (work) => {
        const { cpu, ram } = work.input.from;
        return work.engine.machines.apply({ ...(await specOf(work)), cpu, ram });
      },
      commit: async (tx, work) => {
        const { to } = work.input;
        if (to !== undefined) {
          await tx.db.updateTable('vms').set(to).where('id', '=', work.operation.resource_id).execute();
        }
        await finishResize(tx, work);
      },
    },
  ],
  failed: async (tx, work, sentence) => {
    const { from } = work.input;
    await tx.db
      .updateTable('vms')
      .set({
        plan_id: from.planId,
        cpu: from.cpu,
        ram: from.ram,
        price_month_micros: from.priceMonthMicros,
        failure_reason: sentence,
      })
      .where('id', '=', work.operation.resource_id)
      .execute();
    await undoResize(tx, work);
  },
};

const resizeDisk: Workflow<'vm.disk-resize'> = {
  steps: [
    {
      name: 'grow the disk',
      act: async (work) => work.engine.machines.apply(await specOf(work)),
      commit: finishResize,
    },
  ],
  failed: async (tx, work, sentence) => {
    const { from } = work.input;
    await tx.db
      .updateTable('vms')
      .set({ storage: from.storage, price_month_micros: from.priceMonthMicros, failure_reason: sentence })
      .where('id', '=', work.operation.resource_id)
      .execute();
    await undoResize(tx, work);
  },
};

const saveImage: Workflow<'vm.save-image'> = {
  steps: [
    {
      name: 'capture the disk',
      act: async (work) => work.engine.images.save(await machineOf(work), work.input.imageId, work.input.snapshotId),
      undo: ({ engine, input }) => engine.images.delete(input.imageId),
      commit: async (tx, work) => {
        await tx.db.updateTable('images').set({ status: 'ready' }).where('id', '=', work.input.imageId).execute();
      },
    },
  ],
  failed: async (tx, work, sentence) => {
    await tx.db
      .updateTable('vms')
      .set({ failure_reason: `The image was not saved: ${sentence}` })
      .where('id', '=', work.operation.resource_id)
      .execute();
    await tx.db.updateTable('images').set({ status: 'failed' }).where('id', '=', work.input.imageId).execute();
  },
};

/** Removes the rows of a machine that is gone; its address is free, and VPCs that waited for it disappear with the last of theirs. */
async function forget(tx: Transaction, { operation, services }: Written): Promise<void> {
  const vmId = operation.resource_id;
  const vpcs = await lockLeftVpcs(tx, sql`vm_id = ${vmId}`);
  await detachPublicAddresses(tx, vmId, new Date(services.clock.now()));
  await tx.db.updateTable('volumes').set({ plugged_vm_id: null }).where('plugged_vm_id', '=', vmId).execute();
  await tx.db.deleteFrom('vms').where('id', '=', vmId).execute();
  await removeEmptyVpcs(tx, vpcs);
}

/** What other rows say of the machine. One that failed meanwhile is on no host, and keeps the reason. */
async function renew(work: Work): Promise<Progress> {
  const { status } = await work.services.db
    .selectFrom('vms')
    .select('status')
    .where('id', '=', work.operation.resource_id)
    .executeTakeFirstOrThrow();
  return status === 'failure' ? done : work.engine.machines.apply(await specOf(work));
}

const remove: Workflow<'vm.delete'> = {
  steps: [
    {
      name: 'remove the machine',
      act: (work) => removeMachine(work),
      commit: forget,
    },
  ],
  // The machine's row stays, invisible, and with it its addresses: the reconciler asks for the deletion again.
  failed: async () => {},
};

/** How each kind of work on a machine is done (the flows of compute.md §1). */
export const vmWorkflows: WorkflowsOf<'vm'> = {
  'vm.create': create,
  'vm.start': action(boot),
  'vm.stop': action({ ...shutDown, commit: becomes('passive') }),
  'vm.reboot': action(shutDown, boot),
  'vm.reboot-hard': action(powerOff, boot),
  'vm.reset-password': resetPassword,
  'vm.reinstall': rebuild,
  'vm.factory-reset': rebuild,
  'vm.resize': resize,
  'vm.disk-resize': resizeDisk,
  'vm.save-image': saveImage,
  'vm.delete': remove,
  'vm.filter': action({ name: 'filter the interfaces', act: renew }),
  'vm.network': action({ name: 'tell of its networks', act: renew }),
  'vm.attach-vpc': attachVpcWorkflow,
  'vm.detach-vpc': detachVpcWorkflow,
  'vm.attach-ip': attachIpWorkflow,
  'vm.detach-ip': detachIpWorkflow,
};
