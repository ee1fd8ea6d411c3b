import { randomUUIDv7 } from 'node:crypto';
import type { BodyOf } from '@raffia/contract/operation.ts';
import { freeBackups } from '@raffia/contract/vm-rules.ts';
import type { createVM } from '@raffia/contract/vms.ts';
import { sql } from 'kysely';
import { beginTerm } from '../../billing/terms.ts';
import type { WriteCall } from '../../calls/route.ts';
import type { Plan } from '../../catalogue/catalogue.ts';
import { invalid } from '../../foundation/api-error.ts';
import { enqueue } from '../../operations/enqueue.ts';
import { refuseOverQuota } from '../../quotas/usage.ts';
import { insertSchedule } from '../backup-schedules/change-schedules.ts';
import { addVolume, beginVolumeTerm } from '../volumes/create-volume.ts';
import type { Volume } from '../volumes/present-volume.ts';
import { checkAccess, type MachineAccess, storedKeys } from './check-access.ts';
import { checkNetwork, connectVm } from './connect-vm.ts';
import { presentVm } from './present-vm.ts';
import { findVmView } from './queries.ts';
import { type InstallSource, resolveTemplate } from './resolve-template.ts';
import { slotsOfVm } from './slots-of-vm.ts';

type Call = WriteCall<typeof createVM>;
type Body = BodyOf<typeof createVM>;

/**
 * Creates a machine: checks everything (compute.md §2), writes its rows with addresses, and leaves the building to a durable
 * operation. Answers at once with `initiating` and the addresses set.
 */
export async function createVm(call: Call) {
  const { services, tx, principal, body } = call;
  const { accountId } = principal;
  const plan = checkPlan(call);
  const keys = await storedKeys(tx, accountId, body);
  const source = await resolveTemplate(services, tx, accountId, body.template_id.toLowerCase(), body.region);
  checkFit(plan, source);
  const access = checkAccess(keys, source.isWindows, body, 'Pass ssh_keys, password or both');
  checkNetwork(body);
  checkExtras(body);
  const slots = slotsOfVm(body);
  await refuseOverQuota(tx, accountId, { vcpus: plan.vcpu, ram: plan.memoryGib });
  await services.capacity.claim(tx, {
    cpu: plan.vcpu,
    ram: plan.memoryGib,
    disk: plan.ssdGib + (body.extra_storage ?? 0),
  });

  const id = randomUUIDv7();
  const now = new Date(services.clock.now());
  const subscriptionId = await insertVm(call, id, plan, source, access, now);
  for (const name of body.tags ?? []) {
    await tx.db
      .insertInto('vm_tags')
      .values({ id: randomUUIDv7(), vm_id: id, name, priority: 0, created_at: now })
      .execute();
  }
  if (slots !== undefined) {
    const vm = { id, account_id: accountId, project_id: call.projectId, region: body.region };
    await insertSchedule(call, vm, slots, freeBackups);
  }
  await enqueue(services, tx, {
    kind: 'vm.create',
    accountId,
    projectId: call.projectId,
    resourceId: id,
    input: {},
    ...(access.password === undefined ? {} : { password: access.password }),
    createdBy: principal.actorId,
  });
  // After the machine's own work, in its order.
  const volume = await createExtraVolume(call, id, source.isWindows, subscriptionId !== null, now);
  // From here on the account of a subscription is locked, so this comes last.
  await beginTerms(call, id, subscriptionId, plan, volume, now);
  await connectVm(call, id, now);
  const view = await findVmView(tx.db, accountId, id);
  if (view === undefined) throw new Error('the new VM is not there');
  return { success: true, data: presentVm(view) };
}

function checkPlan({ services, body }: Call): Plan {
  const plan = services.catalogue.plan(body.pricing_id);
  if (plan === undefined) throw invalid('pricing_id names no plan; list plans with GET /api/v1/public/pricing/vm');
  if (services.catalogue.region(body.region) === undefined) {
    throw invalid('region names no region; list regions with GET /api/v1/public/regions');
  }
  if (plan.region !== body.region) throw invalid(`The plan is in region ${plan.region}, not ${body.region}`);
  return plan;
}

/** A plan must have what its template needs; Windows runs on premium plans only. */
export function checkFit(plan: Plan, source: InstallSource, storage = plan.ssdGib): void {
  const missing = [
    plan.vcpu < source.minCpu ? `${source.minCpu} vCPU` : '',
    plan.memoryGib < source.minRam ? `${source.minRam} GB of RAM` : '',
    storage < source.minStorage ? `${source.minStorage} GB of storage` : '',
  ].filter((part) => part !== '');
  if (missing.length > 0) throw invalid(`The template needs at least ${missing.join(', ')}; choose a larger plan`);
  if (source.isWindows && plan.vmType !== 'premium') throw invalid('Windows templates need a premium plan');
}

function checkExtras(body: Body): void {
  const tags = body.tags ?? [];
  if (new Set(tags).size < tags.length) throw invalid('Each tag can be given once');
}

async function insertVm(
  { tx, principal, projectId, body }: Call,
  id: string,
  plan: Plan,
  source: InstallSource,
  access: MachineAccess,
  now: Date,
): Promise<string | null> {
  const { accountId } = principal;
  // The account is asked within the statement: each way to the database and back counts here.
  const account = tx.db.selectFrom('accounts').where('id', '=', accountId);
  const { subscription_id } = await tx.db
    .insertInto('vms')
    .values({
      id,
      account_id: accountId,
      project_id: projectId,
      name: body.name,
      status: 'initiating',
      cpu: plan.vcpu,
      ram: plan.memoryGib,
      storage: plan.ssdGib,
      plan_id: plan.id,
      template_id: source.id,
      original_template_id: source.id,
      template_name: source.name,
      template_version: source.version,
      is_windows: source.isWindows,
      image_reference: source.imageReference,
      region: body.region,
      ssh_keys: [...access.sshKeys],
      price_month_micros: plan.monthMicros,
      billing_type: account.select('billing_mode'),
      subscription_id: account.select(
        sql<string | null>`case billing_mode when 'subscription' then ${randomUUIDv7()}::uuid end`.as('id'),
      ),
      created_by: principal.actorId,
      created_at: now,
      updated_at: now,
    })
    .returning('subscription_id')
    .executeTakeFirstOrThrow();
  return subscription_id;
}

/** The volume that `extra_storage` asks for: made and attached when the machine is there, and a resource of its own from then on. */
async function createExtraVolume(
  call: Call,
  vmId: string,
  isWindows: boolean,
  isPaidAhead: boolean,
  now: Date,
): Promise<Volume | undefined> {
  const { projectId, body } = call;
  const size = body.extra_storage ?? 0;
  if (size === 0) return undefined;
  return addVolume(call, {
    projectId,
    name: `${body.name}-storage`.slice(0, 64),
    size,
    filesystem: isWindows ? null : (body.extra_storage_type ?? 'ext4'),
    region: body.region,
    vmId,
    isPaidAhead,
    now,
  });
}

async function beginTerms(
  call: Call,
  id: string,
  subscriptionId: string | null,
  plan: Plan,
  volume: Volume | undefined,
  now: Date,
): Promise<void> {
  const { tx, principal, body } = call;
  const { accountId } = principal;
  const vm = {
    item: 'vm',
    resource: { kind: 'vm', id },
    name: body.name,
    unitPriceMicros: plan.monthMicros,
    subscriptionId,
  } as const;
  await beginTerm(
    tx,
    { ...vm, accountId, projectId: call.projectId, now },
    { reason: `VM ${body.name}, first month`, resourceId: id },
  );
  if (volume !== undefined) await beginVolumeTerm(call, volume, `Extra storage of VM ${body.name}, first month`);
}
