import { randomUUIDv7 } from 'node:crypto';
import type { Filesystem } from '@raffia/contract/enums.ts';
import type { createVolume } from '@raffia/contract/volumes.ts';
import { lockAccount } from '../../billing/lock-account.ts';
import { beginTerm } from '../../billing/terms.ts';
import type { Change, WriteCall } from '../../calls/route.ts';
import type { Transaction } from '../../database/transaction.ts';
import { ApiError, invalid, notFound } from '../../foundation/api-error.ts';
import { enqueueNumbered } from '../../operations/enqueue.ts';
import { refuseOverQuota } from '../../quotas/usage.ts';
import { defaultRegionOf } from '../projects/default-region.ts';
import { refuseByState } from '../vms/accept-action.ts';
import { lockVm } from '../vms/queries.ts';
import { presentVolume, type Volume } from './present-volume.ts';
import { refuseTooManyVolumes } from './refuse-too-many-volumes.ts';

/** Creates a volume; answers at once, with the machine that it is to be attached to. A subscription pays for the first month. */
export async function createOneVolume(call: WriteCall<typeof createVolume>) {
  const { services, tx, principal, projectId, body } = call;
  const { accountId } = principal;
  const { name, size } = body;
  await refuseOverQuota(tx, accountId, { volumes: 1 });
  await services.capacity.claim(tx, { disk: size });
  const { billingMode } = await lockAccount(tx, accountId);
  const vm = body.vm_id === undefined ? undefined : await lockVm(tx.db, accountId, body.vm_id);
  if (body.vm_id !== undefined) {
    if (vm === undefined || vm.project_id !== projectId) throw notFound('vm');
    refuseByState(vm, 'attachNewVolume');
    await refuseTooManyVolumes(tx, vm.id);
  }
  const region = body.region ?? vm?.region ?? (await defaultRegionOf(tx, projectId));
  if (vm !== undefined && vm.region !== region) throw new ApiError('volumeElsewhere');
  const volume = await addVolume(call, {
    projectId,
    name,
    size,
    filesystem: vm?.is_windows === true ? null : filesystemOf(body.filesystem_type),
    region,
    vmId: vm?.id ?? null,
    isPaidAhead: billingMode === 'subscription',
    now: new Date(services.clock.now()),
  });
  await beginVolumeTerm(call, volume, `Volume ${name}, first month`);
  call.audit.details = { name, size, ...(vm === undefined ? {} : { vm_id: vm.id }) };
  return { success: true, data: presentVolume(volume) };
}

/** An empty text asks for none. */
function filesystemOf(word: string | undefined): Filesystem | null {
  return word === '' ? null : ((word as Filesystem | undefined) ?? 'ext4');
}

export interface NewVolume {
  readonly projectId: string;
  readonly name: string;
  /** GB. */
  readonly size: number;
  /** What is made on it at its first attachment; null: nothing. */
  readonly filesystem: Filesystem | null;
  readonly region: string;
  /** The machine that it is to be attached to. */
  readonly vmId: string | null;
  readonly isPaidAhead: boolean;
  readonly now: Date;
}

/** Writes down a volume, and the work that makes and attaches it. Its term is begun by itself, since that locks the account. */
export async function addVolume({ services, tx, principal }: Change, volume: NewVolume): Promise<Volume> {
  const { projectId, vmId, now } = volume;
  const { accountId, actorId } = principal;
  if (services.catalogue.region(volume.region) === undefined) throw invalid('region names no region');
  const row = await tx.db
    .insertInto('volumes')
    .values({
      uid: randomUUIDv7(),
      account_id: accountId,
      project_id: projectId,
      vm_id: vmId,
      name: volume.name,
      size: volume.size,
      filesystem: volume.filesystem,
      status: 'creating',
      region: volume.region,
      price_month_micros: services.catalogue.volumeMonthMicros(volume.region) * volume.size,
      subscription_id: volume.isPaidAhead ? randomUUIDv7() : null,
      created_by: actorId,
      created_at: now,
      updated_at: now,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  await enqueueNumbered(services, tx, row, {
    kind: 'volume.create',
    queue: vmId ?? row.uid,
    input: { vmId },
    createdBy: actorId,
  });
  return row;
}

/** Begins to bill a volume; a subscription's first month is charged. */
export async function beginVolumeTerm(
  { services, tx }: { services: Change['services']; tx: Transaction },
  volume: Volume,
  reason: string,
): Promise<void> {
  await beginTerm(
    tx,
    {
      accountId: volume.account_id,
      projectId: volume.project_id,
      subscriptionId: volume.subscription_id,
      item: 'volume',
      resource: { kind: 'volume', id: String(volume.id) },
      name: volume.name,
      unitPriceMicros: services.catalogue.volumeMonthMicros(volume.region),
      quantity: volume.size,
      now: volume.created_at,
    },
    { reason, resourceId: volume.uid },
  );
}
