import { randomUUIDv7 } from 'node:crypto';
import { sql } from 'kysely';
import { beginTerm } from '../billing/terms.ts';
import type { KnownNic, Row } from '../database/tables.ts';
import type { Transaction } from '../database/transaction.ts';
import { transact } from '../database/transaction.ts';
import { isUuid } from '../foundation/canonical-form.ts';
import { macOf } from '../foundation/cidr.ts';
import { recordDeletion } from '../operations/found-machines.ts';
import type { Services } from '../services.ts';
import { audit, type Command, onAccount, projectOf } from './operator-command.ts';

type Found = Row<'found_machines'>;

const listFound: Command['run'] = async ({ services }) => {
  const rows = await services.db
    .selectFrom('found_machines as f')
    .leftJoin('machine_deletions as d', 'd.id', 'f.id')
    .selectAll('f')
    .select('d.id as deletion')
    .orderBy('f.found_at')
    .orderBy('f.id')
    .execute();
  if (rows.length === 0) return 'Every machine on the host is known.\n';
  const lines = rows.map(({ id, power, known, found_at, deletion }) => {
    const size = `${known.cpu ?? '?'} vCPU, ${known.ram ?? '?'} GB, disk ${known.disk ?? '?'} GB`;
    const addresses = known.nics.map((nic) => nic.address).join(', ') || 'no address known';
    return `${id}  ${known.name ?? '(name unknown)'}  ${deletion === null ? power : 'is being deleted'}  ${size}  ${addresses}  found ${found_at.toISOString()}\n`;
  });
  return `Machines on the host that no row knows, as after an older backup was restored. They are left alone; adopt or delete each:\n${lines.join('')}`;
};

const deleteFound: Command['run'] = async ({ services }, [id]) =>
  transact(services.db, async (tx) => {
    const machine = await lockFound(tx, id);
    await recordDeletion(tx, machine.id, machine.generation);
    return 'it is removed at the next comparison with the host\n';
  });

/** Makes the row of a machine from what its host knows of it; what nobody knows any more, such as its template, is the nearest there is. */
const adopt: Command['run'] = (context, [account, project, id]) =>
  onAccount(context, account, async (tx, { id: accountId, owner_id }) => {
    const { services } = context;
    const machine = await lockFound(tx, id);
    const projectId = await projectOf(tx, accountId, project);
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
      if (!(await adoptNic(tx, accountId, projectId, source.region, machine.id, nicId, nic, now)))
        left.push(nic.address);
    }
    await tx.db.deleteFrom('found_machines').where('id', '=', machine.id).execute();
    await audit(services, tx, accountId, 'vm.adopt', { id: machine.id, name }, machine.id, projectId);
    const about = left.length === 0 ? '' : `; nothing is known of the networks of ${left.join(', ')}`;
    return `VM ${machine.id} is ${name} now, with plan ${plan.id}${about}\n`;
  });

async function lockFound(tx: Transaction, id: string | undefined): Promise<Found> {
  const machine = isUuid(id ?? '')
    ? await tx.db
        .selectFrom('found_machines')
        .selectAll()
        .where('id', '=', id as string)
        .forUpdate()
        .executeTakeFirst()
    : undefined;
  if (machine === undefined)
    throw new Error(`There is no such unknown machine ${id ?? ''}; raffia operator machines lists all`);
  return machine;
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
  if (template === undefined) throw new Error('The catalogue has no templates');
  return template;
}

/** The smallest plan that has what the machine has. */
function planOf({ catalogue }: Services, { known }: Found, region: string) {
  const plans = catalogue.plans
    .filter((plan) => plan.region === region && plan.vcpu >= (known.cpu ?? 1) && plan.memoryGib >= (known.ram ?? 1))
    .sort((a, b) => a.monthMicros - b.monthMicros);
  const plan = plans[0] ?? catalogue.plans.find((other) => other.region === region);
  if (plan === undefined) throw new Error(`The catalogue has no plan in region ${region}`);
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

export const foundMachineCommands: Record<string, Command> = {
  machines: { usage: 'machines', about: 'Lists machines on the host that no row knows', run: listFound },
  'machines adopt': {
    usage: 'machines adopt ACCOUNT PROJECT ID',
    about: 'Makes a VM of a machine that no row knows, from what its host knows of it',
    run: adopt,
  },
  'machines delete': {
    usage: 'machines delete ID',
    about: 'Removes a machine that no row knows from its host, for good',
    run: deleteFound,
  },
};
