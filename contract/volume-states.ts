import { stateTable } from './state-table.ts';

export const volumeStatuses = ['creating', 'available', 'attached', 'deleting', 'failed'] as const;
export type VolumeStatus = (typeof volumeStatuses)[number];

/**
 * Which action may begin in which status (behaviour/storage.md §1). One that is being created can be attached already: clients do so right
 * after its creation was answered, and the work on it is done in order.
 */
export const volumeActions = stateTable(volumeStatuses, {
  attach: { run: ['creating', 'available'] },
  detach: { run: ['attached'] },
  resize: { run: ['available', 'attached'] },
  // Whatever was accepted before comes first: clients take one right after the creation was answered.
  snapshot: { run: ['creating', 'available', 'attached'] },
  restore: { run: ['available', 'attached'] },
  delete: { run: ['available', 'failed'] },
});

export type VolumeAction = (typeof volumeActions.actions)[number];
