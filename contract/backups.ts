import { backupStates } from './backup-states.ts';
import { operationsOf } from './operation.ts';
import { viewersOf } from './resources.ts';
import { answered, answeredWithPage, byId, named, page, region, SuccessResponse, time, uuid } from './schemas.ts';
import { Type } from './type.ts';

export const Backup = named(
  'Backup',
  Type.Object({
    id: uuid(),
    account_id: Type.Optional(uuid()),
    project_id: Type.Optional(uuid()),
    created_by: Type.Optional(Type.String()),
    region: Type.Optional(region()),
    product_vm: Type.Optional(uuid()),
    name: Type.String({ maxLength: 128 }),
    storage_size: Type.Integer({ description: 'MB that it takes: what changed since the one before it in its series' }),
    status: Type.String({ description: `One of ${backupStates.join(', ')}` }),
    status_reason: Type.Optional(Type.String({ description: 'Why it failed' })),
    price_per_hour: Type.Optional(Type.String()),
    expire_date: Type.Optional(time()),
    increment_id: Type.Optional(
      Type.Union([Type.Integer(), Type.Null()], {
        description: 'Its place in its series, 0 for the oldest; there once it is ready',
      }),
    ),
    created_at: Type.Optional(time()),
  }),
);

export const CreateBackupRequest = named(
  'CreateBackupRequest',
  Type.Object({ vm_id: uuid(), name: Type.Optional(Type.String({ maxLength: 128 })) }),
);

const change = operationsOf({ tag: 'Backups', project: 'header', projectHeader: 'required', ...byId('backup') });

/** Lists backups. */
export const listBackups = operationsOf({ tag: 'Backups', project: 'readable', projectHeader: 'optional' })({
  id: 'listBackups',
  method: 'GET',
  path: '/api/v1/backups',
  summary: 'Lists backups, newest first',
  access: viewersOf('backup'),
  query: Type.Object({ vm_id: Type.Optional(uuid()), ...page(50) }),
  answer: answeredWithPage(Backup),
});

/** Takes a backup. */
export const createBackup = operationsOf({ tag: 'Backups', project: 'header', projectHeader: 'required' })({
  id: 'createBackup',
  method: 'POST',
  path: '/api/v1/backups',
  summary: 'Takes a backup of a VM',
  description:
    'The disk is taken as it is at one moment, as after a loss of power; a guest that runs runs on. Of a VM that is being set up it is taken once that has ended. The three newest of a VM are free; all others are counted by the hour.',
  access: { who: 'permission', anyOf: ['backup.create'] },
  billing: 'charge',
  quota: ['backups'],
  body: CreateBackupRequest,
  status: 202,
  answer: answered(Backup),
  audit: 'backup.create',
});

/** Shows a backup. */
export const getBackup = operationsOf({
  tag: 'Backups',
  project: 'resource',
  projectHeader: 'unused',
  ...byId('backup'),
})({
  id: 'getBackup',
  method: 'GET',
  path: '/api/v1/backups/{id}',
  summary: 'Shows a backup',
  access: { who: 'permission', anyOf: ['backup.view'] },
  answer: answered(Backup),
});

/** Deletes a backup that stands alone. */
export const deleteBackup = change({
  id: 'deleteBackup',
  method: 'DELETE',
  path: '/api/v1/backups/{id}',
  summary: 'Deletes a backup that is the only one of its series',
  description: 'Of a series with others all are deleted together: `DELETE /api/v1/backups/{id}/chain`.',
  access: { who: 'permission', anyOf: ['backup.delete'] },
  answer: SuccessResponse,
  audit: 'backup.delete',
});

/** Puts the disk of a stopped VM back to what it was in a backup. */
export const restoreBackup = change({
  id: 'restoreBackup',
  method: 'POST',
  path: '/api/v1/backups/{id}/restore',
  summary: 'Puts the disk of a stopped VM back to what it was in the backup',
  description: 'Size, plan, addresses and interfaces stay as they are now.',
  access: { who: 'permission', anyOf: ['backup.restore'] },
  status: 202,
  answer: answered(Backup),
  audit: 'backup.restore',
});

/** Deletes a whole series. */
export const deleteBackupChain = change({
  id: 'deleteBackupChain',
  method: 'DELETE',
  path: '/api/v1/backups/{id}/chain',
  summary: 'Deletes all backups of the series that a backup belongs to',
  access: { who: 'permission', anyOf: ['backup.delete'] },
  answer: SuccessResponse,
  audit: 'backup.delete-chain',
});

/** Closes the series of a VM. */
export const resetBackupChain = operationsOf({
  tag: 'Backups',
  project: 'header',
  projectHeader: 'required',
  ...byId('vm'),
})({
  id: 'resetBackupChain',
  method: 'POST',
  path: '/api/v1/vms/{id}/backups/reset-chain',
  summary: 'Closes the series of a VM: its next backup begins a new one',
  description: 'What there is of the series stays, and can be restored.',
  access: { who: 'permission', anyOf: ['backup.manage'] },
  status: 202,
  answer: SuccessResponse,
  audit: 'vm.reset-backup-chain',
});
