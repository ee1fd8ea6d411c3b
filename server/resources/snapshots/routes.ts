import {
  createSnapshot,
  deleteSnapshot,
  getSnapshot,
  listSnapshots,
  renameSnapshot,
  restoreSnapshot,
} from '@raffia/contract/snapshots.ts';
import { list, type Route, read, write } from '../../calls/route.ts';
import { deleteOneSnapshot, renameOneSnapshot, restoreOneSnapshot } from './change-snapshots.ts';
import { getOneSnapshot, listAllSnapshots } from './read-snapshots.ts';
import { takeSnapshot } from './take-snapshot.ts';

export const snapshotRoutes: readonly Route[] = [
  list(listSnapshots, listAllSnapshots),
  write(createSnapshot, takeSnapshot),
  read(getSnapshot, getOneSnapshot),
  write(deleteSnapshot, deleteOneSnapshot),
  write(restoreSnapshot, restoreOneSnapshot),
  write(renameSnapshot, renameOneSnapshot),
];
