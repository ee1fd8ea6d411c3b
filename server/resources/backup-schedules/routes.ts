import {
  createBackupSchedule,
  deleteBackupSchedule,
  getBackupSchedule,
  listBackupSchedules,
  updateBackupSchedule,
} from '@raffia/contract/backup-schedules.ts';
import { list, type Route, read, write } from '../../calls/route.ts';
import { addSchedule, changeSchedule, deleteSchedule } from './change-schedules.ts';
import { getOneSchedule, listAllSchedules } from './read-schedules.ts';

export const backupScheduleRoutes: readonly Route[] = [
  list(listBackupSchedules, listAllSchedules),
  write(createBackupSchedule, addSchedule),
  read(getBackupSchedule, getOneSchedule),
  write(updateBackupSchedule, changeSchedule),
  write(deleteBackupSchedule, deleteSchedule),
];
