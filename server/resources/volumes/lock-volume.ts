import { type VolumeAction, type VolumeStatus, volumeActions } from '@raffia/contract/volume-states.ts';
import { lockOwnRow } from '../../access/own-row.ts';
import type { Change } from '../../calls/route.ts';
import { type ApiError, invalid } from '../../foundation/api-error.ts';
import type { Volume } from './present-volume.ts';

/**
 * A volume of the account, locked. Who locks its machine too does so before.
 *
 * @throws ApiError 404 where it is gone, 400 where its state forbids what is to be done with it
 */
export async function lockVolume({ tx, principal }: Change, id: number, action: VolumeAction): Promise<Volume> {
  const volume = await lockOwnRow(tx, 'volume', principal.accountId, id);
  if (!volumeActions.runs(action, volume.status)) throw refusal(volume, action);
  return volume;
}

function refusal({ status }: Volume, action: VolumeAction): ApiError {
  if (status === 'attached' && action === 'attach') {
    return invalid('This volume is attached to a VM already; detach it first');
  }
  if (status === 'attached') return invalid('This volume is attached to a VM; detach it first');
  if (action === 'detach') return invalid('This volume is not attached to a VM');
  return invalid(`This volume ${inWords[status]}`);
}

/** Why nothing can be done in a state, where that is not about a machine. */
const inWords: Readonly<Record<VolumeStatus, string>> = {
  creating: 'is being created; try again when that is done',
  available: 'is available',
  attached: 'is attached to a VM',
  deleting: 'is being deleted',
  failed: 'could not be made, and can only be deleted',
};
