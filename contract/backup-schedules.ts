import { operationsOf } from './operation.ts';
import { viewersOf } from './resources.ts';
import {
  answered,
  answeredWithPage,
  byId,
  count,
  named,
  page,
  region,
  SuccessResponse,
  time,
  uuid,
  word,
} from './schemas.ts';
import { Type } from './type.ts';
import { backupFrequencies, limits, weekdays } from './vm-rules.ts';

const keepCount = () => Type.Integer({ minimum: 1, maximum: limits.keptBackups });
/** A time of day in UTC, such as `8am`, `8:30pm` or `20:30`. */
const timeOfDay = () => Type.String({ maxLength: 16, description: 'In UTC, such as `8am`, `8:30pm` or `20:30`' });

export const BackupSchedule = named(
  'BackupSchedule',
  Type.Object({
    id: count(1),
    account_id: Type.Optional(uuid()),
    project_id: Type.Optional(uuid()),
    created_by: Type.Optional(Type.String()),
    region: Type.Optional(region()),
    product_vm: Type.Optional(uuid()),
    name: Type.String(),
    type: word(backupFrequencies),
    runtime: Type.Optional(Type.String()),
    keep_count: keepCount(),
    price_per_hour: Type.Optional(Type.String()),
    size: Type.Optional(Type.String()),
    created_at: Type.Optional(time()),
  }),
);

export const CreateBackupScheduleRequest = named(
  'CreateBackupScheduleRequest',
  Type.Object({
    vm_id: uuid(),
    type: word(backupFrequencies),
    time: timeOfDay(),
    day_of_week: Type.Optional(word(weekdays)),
    keep_count: keepCount(),
  }),
);

export const UpdateBackupScheduleRequest = named(
  'UpdateBackupScheduleRequest',
  Type.Object({
    type: Type.Optional(word(backupFrequencies)),
    time: Type.Optional(timeOfDay()),
    day_of_week: Type.Optional(word(weekdays, { 'x-also': 'nothing' })),
    keep_count: Type.Optional(keepCount()),
  }),
);

const inProject = operationsOf({ tag: 'Backup Schedules', project: 'header', projectHeader: 'required' });
const change = operationsOf({
  tag: 'Backup Schedules',
  project: 'header',
  projectHeader: 'required',
  ...byId('backupSchedule'),
});

/** Lists backup schedules. */
export const listBackupSchedules = operationsOf({
  tag: 'Backup Schedules',
  project: 'readable',
  projectHeader: 'optional',
})({
  id: 'listBackupSchedules',
  method: 'GET',
  path: '/api/v1/backup-schedules',
  summary: 'Lists backup schedules, newest first',
  access: viewersOf('backupSchedule'),
  query: Type.Object({ vm_id: Type.Optional(uuid()), ...page(50) }),
  answer: answeredWithPage(BackupSchedule),
});

/** Creates a backup schedule. */
export const createBackupSchedule = inProject({
  id: 'createBackupSchedule',
  method: 'POST',
  path: '/api/v1/backup-schedules',
  summary: 'Creates a schedule of backups of a VM',
  description:
    'The first backup is taken at the next time of the schedule, in UTC. A VM that is stopped then is left out; a time that was missed because the cloud was away is made up for once. Of the backups of a schedule the newest `keep_count` are kept.',
  access: { who: 'permission', anyOf: ['backup.manage'] },
  quota: ['backupSchedules'],
  body: CreateBackupScheduleRequest,
  status: 201,
  answer: answered(BackupSchedule),
  audit: 'backupschedule.create',
});

/** Shows a backup schedule. */
export const getBackupSchedule = operationsOf({
  tag: 'Backup Schedules',
  project: 'resource',
  projectHeader: 'unused',
  ...byId('backupSchedule'),
})({
  id: 'getBackupSchedule',
  method: 'GET',
  path: '/api/v1/backup-schedules/{id}',
  summary: 'Shows a backup schedule',
  access: { who: 'permission', anyOf: ['backup.view'] },
  answer: answered(BackupSchedule),
});

/** Changes a backup schedule. */
export const updateBackupSchedule = change({
  id: 'updateBackupSchedule',
  method: 'PATCH',
  path: '/api/v1/backup-schedules/{id}',
  summary: 'Changes a backup schedule',
  description: 'What is left out stays. With a smaller `keep_count` the oldest backups go at once.',
  access: { who: 'permission', anyOf: ['backup.manage'] },
  body: UpdateBackupScheduleRequest,
  answer: answered(BackupSchedule),
  audit: 'backupschedule.update',
});

/** Deletes a backup schedule. */
export const deleteBackupSchedule = change({
  id: 'deleteBackupSchedule',
  method: 'DELETE',
  path: '/api/v1/backup-schedules/{id}',
  summary: 'Deletes a backup schedule; its backups are kept',
  access: { who: 'permission', anyOf: ['backup.manage'] },
  answer: SuccessResponse,
  audit: 'backupschedule.delete',
});
