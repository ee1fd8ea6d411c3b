import { operationsOf } from './operation.ts';
import { viewersOf } from './resources.ts';
import { answered, answeredWithPage, byId, count, named, page, SuccessResponse, time, uuid, word } from './schemas.ts';
import { snapshotTypes } from './snapshot-states.ts';
import { Type } from './type.ts';

const name = () => Type.String({ minLength: 1, maxLength: 128 });

export const Snapshot = named(
  'Snapshot',
  Type.Object({
    id: count(1),
    account_id: Type.Optional(uuid()),
    project_id: Type.Optional(uuid()),
    created_by: Type.Optional(Type.String()),
    type: word(snapshotTypes),
    name: Type.String({ maxLength: 128 }),
    size: Type.Optional(Type.String()),
    target_size: Type.Optional(Type.String()),
    status: Type.Optional(word(['', 'active'])),
    product_vm: Type.Optional(uuid()),
    volume_id: Type.Optional(count(1)),
    price_per_hour: Type.Optional(Type.String()),
    created_at: Type.Optional(time()),
  }),
);

export const CreateSnapshotRequest = named(
  'CreateSnapshotRequest',
  Type.Object({
    resource_type: word(snapshotTypes),
    resource_id: Type.Optional(uuid()),
    volume_id: Type.Optional(count(1)),
    name: name(),
  }),
);

export const RenameSnapshotRequest = named('RenameSnapshotRequest', Type.Object({ name: name() }));

const snapshotChange = operationsOf({
  tag: 'Snapshots',
  project: 'header',
  projectHeader: 'required',
  ...byId('snapshot'),
});

/** Lists snapshots. */
export const listSnapshots = operationsOf({ tag: 'Snapshots', project: 'readable', projectHeader: 'optional' })({
  id: 'listSnapshots',
  method: 'GET',
  path: '/api/v1/snapshots',
  summary: 'Lists snapshots, newest first',
  access: viewersOf('snapshot'),
  query: Type.Object({
    vm_id: Type.Optional(uuid()),
    volume_id: Type.Optional(count(1)),
    type: Type.Optional(word(snapshotTypes)),
    ...page(50),
  }),
  answer: answeredWithPage(Snapshot),
});

/** Takes a snapshot. */
export const createSnapshot = operationsOf({ tag: 'Snapshots', project: 'header', projectHeader: 'required' })({
  id: 'createSnapshot',
  method: 'POST',
  path: '/api/v1/snapshots',
  summary: 'Takes a snapshot of a VM or a volume',
  description:
    'The disk is taken as it is at one moment, as after a loss of power; the guest runs on. A VM must run, or be about to: its snapshot is taken once it does. A volume may be attached or not; its snapshots outlive it. One is counted by the hour from when it is there.',
  access: { who: 'permission', anyOf: ['snapshot.create'] },
  billing: 'charge',
  quota: ['snapshots'],
  body: CreateSnapshotRequest,
  status: 201,
  answer: answered(Snapshot),
  audit: 'snapshot.create',
});

/** Shows a snapshot. */
export const getSnapshot = operationsOf({
  tag: 'Snapshots',
  project: 'resource',
  projectHeader: 'unused',
  ...byId('snapshot'),
})({
  id: 'getSnapshot',
  method: 'GET',
  path: '/api/v1/snapshots/{id}',
  summary: 'Shows a snapshot',
  access: { who: 'permission', anyOf: ['snapshot.view'] },
  answer: answered(Snapshot),
});

/** Deletes a snapshot that is not in use. */
export const deleteSnapshot = snapshotChange({
  id: 'deleteSnapshot',
  method: 'DELETE',
  path: '/api/v1/snapshots/{id}',
  summary: 'Deletes a snapshot that is not in use',
  access: { who: 'permission', anyOf: ['snapshot.delete'] },
  answer: SuccessResponse,
  audit: 'snapshot.delete',
});

/** Puts a disk back to what it was in a snapshot. */
export const restoreSnapshot = snapshotChange({
  id: 'restoreSnapshot',
  method: 'POST',
  path: '/api/v1/snapshots/{id}/restore',
  summary: 'Puts the disk of a stopped VM, or a volume, back to what it was in the snapshot',
  description:
    'A volume is detached, or its VM stopped. Size, plan, addresses and interfaces stay as they are now. Once it is done the snapshot is active, and the one that was is not any more.',
  access: { who: 'permission', anyOf: ['snapshot.restore'] },
  answer: SuccessResponse,
  audit: 'snapshot.restore',
});

/** Renames a snapshot. */
export const renameSnapshot = snapshotChange({
  id: 'renameSnapshot',
  method: 'PATCH',
  path: '/api/v1/snapshots/{id}/rename',
  summary: 'Renames a snapshot',
  access: { who: 'permission', anyOf: ['snapshot.manage'] },
  body: RenameSnapshotRequest,
  answer: answered(Snapshot),
  audit: 'snapshot.rename',
});
