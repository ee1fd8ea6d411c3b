import { sql } from 'kysely';
import type { Transaction } from '../../database/transaction.ts';
import { EngineError, type MachineState } from '../../engines/engine.ts';
import type { Work, Workflow, Written } from '../../operations/workflow.ts';
import { lockLeftVpcs, removeEmptyVpcs } from '../vpcs/left-vpcs.ts';
import { machineSpec } from './machine-spec.ts';
import type { Nic } from './nics.ts';
import { settle } from './status-of-work.ts';

declare module '../../operations/operation-kinds.ts' {
  interface OperationInputs {
    'vm.attach-vpc': { nicId: number };
    'vm.detach-vpc': { nicId: number };
  }
}

type PlugWork = Work<'vm.attach-vpc'> | Work<'vm.detach-vpc'>;
type PlugWritten = Written<'vm.attach-vpc'> | Written<'vm.detach-vpc'>;

/** The machine has the interface, beside whatever else it has. */
async function plug({ services, engine, operation, input }: PlugWork) {
  return engine.machines.apply(await machineSpec(services.db, operation.resource_id, { withNic: input.nicId }));
}

/** The machine has the interface no more. */
async function unplug({ services, engine, operation, input }: PlugWork) {
  return engine.machines.apply(await machineSpec(services.db, operation.resource_id, { withoutNic: input.nicId }));
}

/** An interface is attached, unless its detaching has been accepted meanwhile. */
async function isAttached(tx: Transaction, { operation, input }: PlugWritten): Promise<void> {
  await tx.db
    .updateTable('nics')
    .set({ state: 'attached' })
    .where('vm_id', '=', operation.resource_id)
    .where('nic_id', '=', input.nicId)
    .where('state', '=', 'attaching')
    .execute();
}

/** The host has let go of an interface: its address is free, and a VPC that waited for it disappears with the last of its own. */
async function isGone(tx: Transaction, { operation, input }: PlugWritten): Promise<void> {
  const vpcs = await lockLeftVpcs(tx, sql`vm_id = ${operation.resource_id} and nic_id = ${input.nicId}`);
  await tx.db.deleteFrom('nics').where('vm_id', '=', operation.resource_id).where('nic_id', '=', input.nicId).execute();
  await removeEmptyVpcs(tx, vpcs);
}

/** Nobody sees it, but its address is nobody else's as long as the host may have it: the reconciler asks for its detaching. */
async function isLeaving(tx: Transaction, { operation, input }: PlugWritten): Promise<void> {
  await tx.db
    .updateTable('nics')
    .set({ state: 'detaching' })
    .where('vm_id', '=', operation.resource_id)
    .where('nic_id', '=', input.nicId)
    .execute();
}

type Found = MachineState | 'gone' | 'unknown';

/** Whether a machine has an interface; undefined where its host does not tell. */
function has(found: Found, { address, vpc_id }: Nic): boolean | undefined {
  if (found === 'unknown') return undefined;
  if (found === 'gone') return false;
  return found.known.nics.some((nic) => nic.address === address && (nic.network?.id ?? vpc_id) === vpc_id);
}

async function nicOf(tx: Transaction, { operation, input }: PlugWritten) {
  return tx.db
    .selectFrom('nics as n')
    .innerJoin('vpcs as p', 'p.id', 'n.vpc_id')
    .selectAll('n')
    .select('p.deleted_at as vpc_deleted_at')
    .where('n.vm_id', '=', operation.resource_id)
    .where('n.nic_id', '=', input.nicId)
    .executeTakeFirst();
}

export const attachNic: Workflow<'vm.attach-vpc'> = {
  steps: [{ name: 'plug the interface', act: plug, undo: unplug, commit: isAttached }],
  failed: async (tx, work, sentence, found) => {
    const nic = await nicOf(tx, work);
    if (nic !== undefined) await (has(found, nic) === false ? isGone(tx, work) : isLeaving(tx, work));
    await settle(tx, work, `The VPC was not attached: ${sentence}`, found);
  },
};

export const detachNic: Workflow<'vm.detach-vpc'> = {
  steps: [
    {
      name: 'unplug the interface',
      act: async (work) => {
        await refuseLast(work);
        return unplug(work);
      },
      undo: plug,
      commit: isGone,
    },
  ],
  // One that the machine still has is shown again, so that nobody takes it for gone; but in a VPC that is gone it only leaves later.
  failed: async (tx, work, sentence, found) => {
    const nic = await nicOf(tx, work);
    const isThere = nic === undefined ? false : has(found, nic);
    if (isThere === false) await isGone(tx, work);
    else if (isThere === true && nic?.vpc_deleted_at === null) {
      await tx.db
        .updateTable('nics')
        .set({ state: 'attached' })
        .where('vm_id', '=', nic.vm_id)
        .where('nic_id', '=', nic.nic_id)
        .execute();
    }
    await settle(tx, work, `The VPC was not detached: ${sentence}`, found);
  },
};

/** What was to be attached before it may have failed since: then this one is the last. */
async function refuseLast({ services, operation, input }: PlugWork): Promise<void> {
  const other = await services.db
    .selectFrom('nics')
    .select('nic_id')
    .where('vm_id', '=', operation.resource_id)
    .where('nic_id', '<>', input.nicId)
    .where('state', '<>', 'attaching')
    .executeTakeFirst();
  if (other === undefined) throw new EngineError('VM has no other interfaces');
}
