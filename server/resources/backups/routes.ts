import {
  createBackup,
  deleteBackup,
  deleteBackupChain,
  getBackup,
  listBackups,
  resetBackupChain,
  restoreBackup,
} from '@raffia/contract/backups.ts';
import { list, type Route, read, write } from '../../calls/route.ts';
import { deleteOneBackup, deleteSeries, resetSeries, restoreOneBackup } from './change-backups.ts';
import { getOneBackup, listAllBackups } from './read-backups.ts';
import { takeBackup } from './take-backup.ts';

export const backupRoutes: readonly Route[] = [
  list(listBackups, listAllBackups),
  write(createBackup, takeBackup),
  read(getBackup, getOneBackup),
  write(deleteBackup, deleteOneBackup),
  write(restoreBackup, restoreOneBackup),
  write(deleteBackupChain, deleteSeries),
  write(resetBackupChain, resetSeries),
];
