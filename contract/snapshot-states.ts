import { stateTable } from './state-table.ts';

export const snapshotTypes = ['vm', 'volume'] as const;
export type SnapshotType = (typeof snapshotTypes)[number];

/** `active`: what it was taken of was put back to it, and nothing was taken or put back since. */
export const snapshotStates = ['creating', 'ready', 'restoring', 'active'] as const;
export type SnapshotState = (typeof snapshotStates)[number];

/** Which action may begin in which state (behaviour/storage.md §2). One that is being taken can go: it is deleted once it is there. */
export const snapshotActions = stateTable(snapshotStates, {
  restore: { run: ['ready', 'active'], noop: ['restoring'] },
  // What is asked for while it is being put back comes after.
  saveImage: { run: ['ready', 'restoring', 'active'] },
  delete: { run: ['creating', 'ready'] },
  rename: { run: 'always' },
});
