import { sql } from 'kysely';
import type { Transaction } from '../../database/transaction.ts';
import { EngineError, type MachineState } from '../../engines/engine.ts';
import type { Work, Workflow, Written } from '../../operations/workflow.ts';
import { lockLeftVpcs, removeEmptyVpcs } from '../vpcs/left-vpcs.ts';
import { machineSpec } from './machine-spec.ts';
import type { Nic } from './nics.ts';

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

/** Writes down whether the host has the interface. */
function becomes(state: Nic['state'], before?: Nic['state']) {
  return async (tx: Transaction, { operation, input }: PlugWritten): Promise<void> => {
    await sql`
      update nics set state = ${state}
       where vm_id = ${operation.resource_id} and nic_id = ${input.nicId}
         and state = coalesce(${before ?? null}::text, state)`.execute(tx.db);
  };
}

/** Unless its detaching has been accepted meanwhile. */
const isAttached = becomes('attached', 'attaching');

/** Nobody sees it, but its address is nobody else's as long as the host may have it: the reconciler asks for its detaching. */
const isLeaving = becomes('detaching');

/** The host has let go of an interface: its address is free, and a VPC that waited for it disappears with the last of its own. */
async function isGone(tx: Transaction, { operation, input }: PlugWritten): Promise<void> {
  const vpcs = await lockLeftVpcs(tx, sql`vm_id = ${operation.resource_id} and nic_id = ${input.nicId}`);
  await tx.db.deleteFrom('nics').where('vm_id', '=', operation.resource_id).where('nic_id', '=', input.nicId).execute();
  await removeEmptyVpcs(tx, vpcs);
}

/**
 * The machine itself is as it was, so its status stays: work that was accepted since may have set it. Comes first, as its row is locked
 * before those of its interfaces by whoever changes them.
 */
async function tell(tx: Transaction, { operation }: PlugWritten, sentence: string): Promise<void> {
  await tx.db.updateTable('vms').set({ failure_reason: sentence }).where('id', '=', operation.resource_id).execute();
}

type Found = MachineState | 'gone' | 'unknown';

/** Whether a machine has an interface; undefined where its host does not tell. */
function has(found: Found, { address, vpc_id }: Nic): boolean | undefined {
  if (found === 'unknown') return undefined;
  if (found === 'gone') return false;
  return found.known.nics.some((nic) => nic.address === address && (nic.network?.id ?? vpc_id) === vpc_id);
}

async function nicOf(tx: Transaction, { operation, input }: PlugWritten): Promise<Nic | undefined> {
  return tx.db
    .selectFrom('nics')
    .selectAll()
    .where('vm_id', '=', operation.resource_id)
    .where('nic_id', '=', input.nicId)
    .executeTakeFirst();
}

/** Whether an interface that was being detached could be one of its machine again. The machine's row is locked. */
async function hasItsPlace(tx: Transaction, { vm_id, nic_id, vpc_id }: Nic): Promise<boolean> {
  const { rows } = await sql`
    select from vpcs p
     where p.id = ${vpc_id} and p.deleted_at is null
       and not exists (select from nics n where n.vm_id = ${vm_id} and n.nic_id <> ${nic_id} and n.vpc_id = p.id
                                            and n.state <> 'detaching')
       for share`.execute(tx.db);
  return rows.length > 0;
}

export const attachNic: Workflow<'vm.attach-vpc'> = {
  steps: [{ name: 'plug the interface', act: plug, undo: unplug, commit: isAttached }],
  failed: async (tx, work, sentence, found) => {
    await tell(tx, work, `The VPC was not attached: ${sentence}`);
    const nic = await nicOf(tx, work);
    if (nic !== undefined) await (has(found, nic) === false ? isGone(tx, work) : isLeaving(tx, work));
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
  // One that the machine still has is shown again, so that nobody takes it for gone. Where its VPC is gone, or another interface has been
  // given its place, it only leaves later.
  failed: async (tx, work, sentence, found) => {
    await tell(tx, work, `The VPC was not detached: ${sentence}`);
    const nic = await nicOf(tx, work);
    if (nic === undefined) return;
    const isThere = has(found, nic);
    if (isThere === false) await isGone(tx, work);
    else if (isThere && (await hasItsPlace(tx, nic))) await becomes('attached')(tx, work);
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
