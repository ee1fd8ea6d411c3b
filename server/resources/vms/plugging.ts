import { sql } from 'kysely';
import type { Transaction } from '../../database/transaction.ts';
import { done, EngineError, type MachineState } from '../../engines/engine.ts';
import type { Step, Work, Workflow, Written } from '../../operations/workflow.ts';
import { settleAddresses } from '../ips/public-addresses.ts';
import { lockLeftVpcs, removeEmptyVpcs } from '../vpcs/left-vpcs.ts';
import { machineSpec } from './machine-spec.ts';
import type { Nic } from './nics.ts';

declare module '../../operations/operation-kinds.ts' {
  interface OperationInputs {
    'vm.attach-vpc': { nicId: number };
    'vm.detach-vpc': { nicId: number };
    'vm.attach-ip': { nicId: number };
    'vm.detach-ip': { nicId: number };
  }
}

type AttachKind = 'vm.attach-vpc' | 'vm.attach-ip';
type DetachKind = 'vm.detach-vpc' | 'vm.detach-ip';
type PlugWork = Work<AttachKind | DetachKind>;
type PlugWritten = Written<AttachKind | DetachKind>;

/** The machine has the interface, beside whatever else it has. */
async function plug({ services, engine, operation, input }: PlugWork) {
  return engine.machines.apply(await machineSpec(services.db, operation.resource_id, { withNic: input.nicId }));
}

/** The machine has the interface no more. */
async function unplug({ services, engine, operation, input }: PlugWork) {
  return engine.machines.apply(await machineSpec(services.db, operation.resource_id, { withoutNic: input.nicId }));
}

/** Writes down whether the host has the interface; what that means for its address follows. */
function becomes(state: Nic['state'], before?: Nic['state']) {
  return async (tx: Transaction, { services, operation, input }: PlugWritten): Promise<void> => {
    const { rows } = await sql<Pick<Nic, 'public_address'>>`
      update nics set state = ${state}
       where vm_id = ${operation.resource_id} and nic_id = ${input.nicId}
         and state = coalesce(${before ?? null}::text, state)
      returning host(public_address) as public_address`.execute(tx.db);
    for (const { public_address } of rows)
      if (public_address !== null) await settleAddresses(tx, [public_address], new Date(services.clock.now()));
  };
}

/** Unless its detaching has been accepted meanwhile. */
const isAttached = becomes('attached', 'attaching');

/** Nobody sees it, but its address is nobody else's as long as the host may have it: the reconciler asks for its detaching. */
const isLeaving = becomes('detaching');

/** The host has let go of an interface: its address is free, and a VPC that waited for it disappears with the last of its own. */
async function isGone(tx: Transaction, { services, operation, input }: PlugWritten): Promise<void> {
  const vpcs = await lockLeftVpcs(tx, sql`vm_id = ${operation.resource_id} and nic_id = ${input.nicId}`);
  const gone = await tx.db
    .deleteFrom('nics')
    .where('vm_id', '=', operation.resource_id)
    .where('nic_id', '=', input.nicId)
    .returning('public_address')
    .executeTakeFirst();
  if (gone?.public_address) await settleAddresses(tx, [gone.public_address], new Date(services.clock.now()));
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
  return found.known.nics.some(
    (nic) => nic.address === address && (vpc_id === null || (nic.network?.id ?? vpc_id) === vpc_id),
  );
}

async function nicOf(tx: Transaction, { operation, input }: PlugWritten): Promise<Nic | undefined> {
  return tx.db
    .selectFrom('nics')
    .selectAll()
    .where('vm_id', '=', operation.resource_id)
    .where('nic_id', '=', input.nicId)
    .executeTakeFirst();
}

/**
 * Whether an interface that was being detached could be one of its machine again: its VPC is there, and neither has its machine another of
 * the kind, nor its address another machine. The machine's row is locked.
 */
async function hasItsPlace(tx: Transaction, { vm_id, nic_id, type, vpc_id, public_address }: Nic): Promise<boolean> {
  await sql`select from vpcs where id = ${vpc_id} for share`.execute(tx.db);
  await sql`select from public_addresses where address = ${public_address}::inet for update`.execute(tx.db);
  const { rows } = await sql`
    select where (${vpc_id}::uuid is null or exists (select from vpcs where id = ${vpc_id} and deleted_at is null))
             and not exists (select from nics n
                              where n.state <> 'detaching' and (n.vm_id, n.nic_id) <> (${vm_id}::uuid, ${nic_id}::integer)
                                and (n.public_address = ${public_address}::inet
                                     or n.vm_id = ${vm_id} and n.type = ${type} and n.vpc_id is not distinct from ${vpc_id}::uuid))`.execute(
    tx.db,
  );
  return rows.length > 0;
}

/** Plugs an interface in, once nobody else has its address. */
function attaching<K extends AttachKind>(what: string, ...before: Step<K>[]): Workflow<K> {
  return {
    steps: [...before, { name: 'plug the interface', act: plug, undo: unplug, commit: isAttached }],
    failed: async (tx, work, sentence, found) => {
      await tell(tx, work, `The ${what} was not attached: ${sentence}`);
      const nic = await nicOf(tx, work);
      if (nic !== undefined) await (has(found, nic) === false ? isGone(tx, work) : isLeaving(tx, work));
    },
  };
}

/** Takes an interface away. */
function detaching<K extends DetachKind>(what: string): Workflow<K> {
  return {
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
    // One that the machine still has is shown again, so that nobody takes it for gone. Where its place is not there any more, it only
    // leaves later.
    failed: async (tx, work, sentence, found) => {
      await tell(tx, work, `The ${what} was not detached: ${sentence}`);
      const nic = await nicOf(tx, work);
      if (nic === undefined) return;
      const isThere = has(found, nic);
      if (isThere === false) await isGone(tx, work);
      else if (isThere && (await hasItsPlace(tx, nic))) await becomes('attached')(tx, work);
    },
  };
}

/** Another machine's host has let go of the address; its own has, where it was detached before, by the order of its work. */
const awaitAddress: Step<'vm.attach-ip'> = {
  name: 'wait for the address',
  waitsForGuest: true,
  act: async ({ services, operation, input, elapsedMs }) => {
    const { rows } = await sql<{ is_own: boolean }>`
      select o.vm_id = n.vm_id as is_own from nics n join nics o on o.public_address = n.public_address
       where n.vm_id = ${operation.resource_id} and n.nic_id = ${input.nicId} and (o.vm_id, o.nic_id) <> (n.vm_id, n.nic_id)`.execute(
      services.db,
    );
    if (rows.some(({ is_own }) => is_own)) throw new EngineError('The VM has not let go of it yet; try it again later');
    return rows.length === 0 ? done : { done: false, retryInMs: elapsedMs < 10_000 ? 100 : 1000 };
  },
};

export const attachVpcWorkflow = attaching<'vm.attach-vpc'>('VPC');
export const detachVpcWorkflow = detaching<'vm.detach-vpc'>('VPC');
export const attachIpWorkflow = attaching<'vm.attach-ip'>('public IP', awaitAddress);
export const detachIpWorkflow = detaching<'vm.detach-ip'>('public IP');

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
