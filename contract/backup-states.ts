import { stateTable } from './state-table.ts';

export const backupStates = ['pending', 'creating', 'ready', 'restoring', 'failed'] as const;
export type BackupState = (typeof backupStates)[number];

/** Which action may begin in which state (behaviour/storage.md §3). One that is being taken can go: it is deleted when that is done. */
export const backupActions = stateTable(backupStates, {
  restore: { run: ['ready'], noop: ['restoring'] },
  delete: { run: ['pending', 'creating', 'ready', 'failed'] },
});
