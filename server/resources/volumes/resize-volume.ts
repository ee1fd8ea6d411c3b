import type { resizeVolume } from '@raffia/contract/volumes.ts';
import { lockAccount } from '../../billing/lock-account.ts';
import { resizeBilling } from '../../billing/resize-billing.ts';
import { changeTerm } from '../../billing/terms.ts';
import type { Change, WriteCall } from '../../calls/route.ts';
import { ApiError, invalid } from '../../foundation/api-error.ts';
import { enqueueNumbered } from '../../operations/enqueue.ts';
import { lockVolume } from './lock-volume.ts';
import type { Volume } from './present-volume.ts';

/** Grows a volume, attached or not. The new size is shown and billed at once; where the host cannot, both are taken back. */
export async function resizeOneVolume(call: WriteCall<typeof resizeVolume>) {
  const { services, tx, principal, params, body } = call;
  const size = body.new_size;
  // Room is taken before the account is locked, as whoever creates a machine does.
  const before = await tx.db.selectFrom('volumes').select('size').where('id', '=', params.id).executeTakeFirst();
  await services.capacity.claim(tx, { disk: size - (before?.size ?? 0) });
  await lockAccount(tx, principal.accountId);
  const volume = await lockVolume(call, params.id, 'resize');
  if (size <= volume.size) throw new ApiError('diskTooSmall', { size: volume.size });
  await refuseSecondChange(call, volume);
  const now = new Date(services.clock.now());
  const change = await changeTerm(tx, { kind: 'volume', id: String(volume.id) }, 'volume', { quantity: size }, now, {
    reason: `Volume ${volume.name} resized`,
    resourceId: volume.uid,
  });
  const from = { size: volume.size, priceMonthMicros: volume.price_month_micros };
  // By what it was given for, not by what the catalogue says today.
  const price = Math.round((from.priceMonthMicros / from.size) * size);
  await tx.db
    .updateTable('volumes')
    .set({ size, price_month_micros: price, updated_at: now })
    .where('id', '=', volume.id)
    .execute();
  await enqueueNumbered(services, tx, volume, {
    kind: 'volume.resize',
    queue: volume.vm_id ?? volume.uid,
    input: { from, change: change.id },
    createdBy: principal.actorId,
  });
  call.audit.details = { name: volume.name, size };
  return {
    success: true,
    message: 'The volume is being resized',
    id: String(volume.id),
    ...resizeBilling(change, from.priceMonthMicros, price),
  };
}

/** Each is taken back to what was before it: one at a time. */
async function refuseSecondChange({ tx }: Change, { uid }: Volume): Promise<void> {
  const pending = await tx.db
    .selectFrom('operations')
    .select('id')
    .where('resource_id', '=', uid)
    .where('kind', '=', 'volume.resize')
    .where('finished_at', 'is', null)
    .executeTakeFirst();
  if (pending !== undefined) throw invalid('This volume is being resized; try again when that is done');
}
