import { randomUUIDv7 } from 'node:crypto';
import type { adoptFoundMachine, deleteFoundMachine, listFoundMachines } from '@raffia/contract/operator.ts';
import { sql } from 'kysely';
import { beginTerm } from '../../billing/terms.ts';
import { pageOf } from '../../calls/page.ts';
import type { OpenWriteCall, ReadCall } from '../../calls/route.ts';
import { readPage } from '../../database/read-page.ts';
import type { KnownNic, Row } from '../../database/tables.ts';
import type { Transaction } from '../../database/transaction.ts';
import { ApiError, notFound } from '../../foundation/api-error.ts';
import { macOf } from '../../foundation/cidr.ts';
import { recordDeletion } from '../../operations/found-machines.ts';
import type { Services } from '../../services.ts';
import type { Db } from '../members/memberships.ts';
import { lockAccount } from './accounts.ts';
import { type Deed, enterDeed, enterOperator } from './deed.ts';

type Found = Row<'found_machines'>;
type Listed = Found & { readonly deletion: string | null };

/** All machines on the hosts that no row knows; `deletion` is there where one is to be removed. */
export function foundMachines(db: Db) {
  return db
    .selectFrom('found_machines as f')
    .leftJoin('machine_deletions as d', 'd.id', 'f.id')
    .selectAll('f')
    .select('d.id as deletion')
    .orderBy('f.found_at')
    .orderBy('f.id');
}

/** Takes hold of one that nobody has decided on: what is to be removed is as good as gone. */
export async function lockFound(tx: Transaction, id: string): Promise<Found | undefined> {
  const found = await tx.db
    .selectFrom('found_machines')
    .selectAll()
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst();
  if (found === undefined) return undefined;
  const deletion = await tx.db
    .selectFrom('machine_deletions')
    .select('id')
    .where('id', '=', id)
    .where('generation', '>=', found.generation)
    .executeTakeFirst();
  return deletion === undefined ? found : undefined;
}

/** Has one removed from its host, at the next comparison. */
export async function deleteFound(tx: Transaction, { id, generation }: Found): Promise<void> {
  await recordDeletion(tx, id, generation);
}

export interface Adopted {
  readonly name: string;
  readonly planId: number;
  /** Of whose networks nothing is known. */
  readonly left: readonly string[];
  readonly deed: Deed;
}

/**
 * Makes the row of a machine from what its host knows of it; what nobody knows any more, such as its template, is the nearest there is.
 *
 * @param account taken hold of, as the machine is
 */
export async function adoptFound(
  services: Services,
  tx: Transaction,
  { id: accountId, owner_id }: { readonly id: string; readonly owner_id: string },
  projectId: string,
  machine: Found,
): Promise<Adopted> {
  const name = await freeName(tx, accountId, machine);
  const source = sourceOf(services, machine);
  const now = new Date(services.clock.now());
  const plan = planOf(services, machine, source.region);
  await tx.db
    .insertInto('vms')
    .values({
      id: machine.id,
      account_id: accountId,
      project_id: projectId,
      name,
      status: machine.power === 'on' ? 'active' : 'passive',
      cpu: machine.known.cpu ?? plan.vcpu,
      ram: machine.known.ram ?? plan.memoryGib,
      storage: machine.known.disk ?? plan.ssdGib,
      plan_id: plan.id,
      template_id: source.id,
      original_template_id: source.id,
      template_name: source.name,
      template_version: source.version,
      is_windows: source.isWindows,
      image_reference: machine.known.image ?? source.id,
      region: source.region,
      generation: machine.generation,
      ssh_keys: [],
      price_month_micros: plan.monthMicros,
      billing_type: 'payg',
      subscription_id: null,
      created_by: owner_id,
      created_at: now,
      updated_at: now,
    })
    .execute();
  await beginTerm(
    tx,
    {
      accountId,
      projectId,
      subscriptionId: null,
      item: 'vm',
      resource: { kind: 'vm', id: machine.id },
      name,
      unitPriceMicros: plan.monthMicros,
      now,
    },
    { reason: 'VM adopted', resourceId: machine.id },
  );
  const left: string[] = [];
  for (const [i, nic] of machine.known.nics.entries()) {
    const nicId = nic.nicId ?? i;
    if (!(await adoptNic(tx, accountId, projectId, source.region, machine.id, nicId, nic, now))) left.push(nic.address);
  }
  await tx.db.deleteFrom('found_machines').where('id', '=', machine.id).execute();
  const deed = { accountId, projectId, resourceId: machine.id, details: { id: machine.id, name } };
  return { name, planId: plan.id, left, deed };
}

export async function listFound({ services: { db }, query }: ReadCall<typeof listFoundMachines>) {
  const { limit, offset } = pageOf(query, 50);
  const all = db.selectFrom('found_machines').select('id');
  const { rows, total } = await readPage<Listed>(db, all, foundMachines(db).limit(limit).offset(offset));
  return { success: true, data: rows.map(present), total };
}

/** @throws ApiError 404 where one of the three is not there */
export async function adopt(call: OpenWriteCall<typeof adoptFoundMachine, void>) {
  const { services, tx, params, body } = call;
  const account = await lockAccount(tx, body.account_id);
  if (account === undefined) throw notFound('account');
  const machine = await lockFound(tx, params.machine_id);
  if (machine === undefined) throw notFound('found machine');
  const project = await tx.db
    .selectFrom('projects')
    .select('id')
    .where('id', '=', body.project_id)
    .where('account_id', '=', account.id)
    .executeTakeFirst();
  if (project === undefined) throw notFound('project');
  const { name, left, deed } = await adoptFound(services, tx, account, project.id, machine);
  enterDeed(call, deed);
  return { success: true, data: { id: machine.id, name, unknown_addresses: [...left] } };
}

/** @throws ApiError 404 */
export async function remove(call: OpenWriteCall<typeof deleteFoundMachine, void>) {
  const { tx, params } = call;
  const machine = await lockFound(tx, params.machine_id);
  if (machine === undefined) throw notFound('found machine');
  await deleteFound(tx, machine);
  // It is no account's: the log of the operator's own tells of it.
  enterOperator(call);
  call.audit.details = { machine: machine.id };
  return { success: true, data: { id: machine.id } };
}

function present({ id, power, known, found_at, deletion }: Listed) {
  return {
    id,
    ...(known.name === null ? {} : { name: known.name }),
    is_running: power === 'on',
    is_being_deleted: deletion !== null,
    ...(known.cpu === null ? {} : { cpu: known.cpu }),
    ...(known.ram === null ? {} : { ram: known.ram }),
    ...(known.disk === null ? {} : { disk: known.disk }),
    addresses: known.nics.map(({ address }) => address),
    found_at: new Date(found_at).toISOString(),
  };
}

async function freeName(tx: Transaction, accountId: string, { id, known }: Found): Promise<string> {
  const wanted = known.name ?? 'adopted';
  const taken = await tx.db
    .selectFrom('vms')
    .select('id')
    .where('account_id', '=', accountId)
    .where('name', '=', wanted)
    .where('deleted_at', 'is', null)
    .executeTakeFirst();
  return taken === undefined && known.name !== null ? wanted : `${wanted.slice(0, 55)}-${id.slice(-8)}`;
}

function sourceOf({ catalogue }: Services, { known }: Found) {
  const template = catalogue.template(known.image ?? '') ?? catalogue.templates[0];
  if (template === undefined)
    throw new ApiError('conflict', { detail: 'The catalogue has no templates, and a VM has to have one' });
  return template;
}

/** The smallest plan that has what the machine has. */
function planOf({ catalogue }: Services, { known }: Found, region: string) {
  const plans = catalogue.plans
    .filter((plan) => plan.region === region && plan.vcpu >= (known.cpu ?? 1) && plan.memoryGib >= (known.ram ?? 1))
    .sort((a, b) => a.monthMicros - b.monthMicros);
  const plan = plans[0] ?? catalogue.plans.find((other) => other.region === region);
  if (plan === undefined)
    throw new ApiError('conflict', {
      detail: `The catalogue has no plan in region ${region}, and a VM has to have one`,
    });
  return plan;
}

/** Whether the interface could be written down; its network must be known. */
async function adoptNic(
  tx: Transaction,
  accountId: string,
  projectId: string,
  region: string,
  vmId: string,
  nicId: number,
  nic: KnownNic,
  now: Date,
): Promise<boolean> {
  const mac = nic.mac ?? macOf(nic.address);
  const held = await tx.db
    .updateTable('public_addresses')
    .set((row) => ({
      held_for: null,
      state: 'attached',
      id: row.fn.coalesce('id', row.val(randomUUIDv7())),
      account_id: accountId,
      project_id: projectId,
      created_at: now,
      updated_at: now,
    }))
    .where('address', '=', nic.address)
    .where('held_for', '=', vmId)
    // Who reserved it meanwhile keeps it.
    .where((row) => row.or([row('account_id', 'is', null), row('account_id', '=', accountId)]))
    .executeTakeFirstOrThrow();
  if (held.numUpdatedRows === 1n) {
    await sql`
      insert into nics (vm_id, nic_id, type, address, gateway, mac)
      select ${vmId}, ${nicId}, case family(cidr) when 4 then 'public' else 'ipv6' end, ${nic.address}::inet, host(network(cidr)::inet + 1)::inet, ${mac}::macaddr
        from address_pools where cidr >>= ${nic.address}::inet limit 1`.execute(tx.db);
    return true;
  }
  if (nic.type !== 'vpc' || nic.network === null) return false;
  const { id, cidr } = nic.network;
  const made = await sql`
    insert into vpcs (id, account_id, project_id, name, cidr, region)
    values (${id}, ${accountId}, ${projectId}, ${`vpc-adopted-${id.slice(-8)}`}, ${cidr}, ${region})
    on conflict (id) do nothing`.execute(tx.db);
  const ours = await tx.db
    .selectFrom('vpcs')
    .select('id')
    .where('id', '=', id)
    .where('account_id', '=', accountId)
    .executeTakeFirst();
  if (ours === undefined && made.numAffectedRows !== 1n) return false;
  await tx.db
    .insertInto('nics')
    .values({ vm_id: vmId, nic_id: nicId, type: 'vpc', address: nic.address, gateway: nic.gateway, mac, vpc_id: id })
    .execute();
  return true;
}
