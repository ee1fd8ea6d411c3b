import { filesystems } from './enums.ts';
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
import { ResizeResponse } from './vm-actions.ts';
import { limits } from './vm-rules.ts';
import { volumeStatuses } from './volume-states.ts';

/** GB, from 1 on. */
const size = () => Type.Integer({ minimum: 1, maximum: limits.extraStorage, 'x-also': 'digits' });

export const Volume = named(
  'Volume',
  Type.Object({
    id: count(1),
    account_id: Type.Optional(uuid()),
    project_id: Type.Optional(uuid()),
    product_vm: Type.Optional(uuid()),
    name: Type.String({ maxLength: 64 }),
    volume_type: word(['nvme']),
    size: Type.Integer({ minimum: 1, maximum: limits.extraStorage }),
    status: word(volumeStatuses),
    price_per_hour: Type.Optional(Type.String()),
    region: Type.Optional(region()),
    created_at: Type.Optional(time()),
    updated_at: Type.Optional(time()),
  }),
);

export const CreateVolumeRequest = named(
  'CreateVolumeRequest',
  Type.Object({
    name: Type.String({ minLength: 1, maxLength: 64 }),
    size: size(),
    volume_type: word(['nvme']),
    filesystem_type: Type.Optional(word(filesystems, { 'x-also': 'nothing' })),
    vm_id: Type.Optional(uuid()),
    region: Type.Optional(region()),
  }),
);

export const AttachVolumeRequest = named('AttachVolumeRequest', Type.Object({ vm_id: uuid() }));

export const ResizeVolumeRequest = named('ResizeVolumeRequest', Type.Object({ new_size: size() }));

const inProject = operationsOf({ tag: 'Volumes', project: 'header', projectHeader: 'required' });
const change = operationsOf({ tag: 'Volumes', project: 'header', projectHeader: 'required', ...byId('volume') });

/** Lists volumes. */
export const listVolumes = operationsOf({ tag: 'Volumes', project: 'readable', projectHeader: 'optional' })({
  id: 'listVolumes',
  method: 'GET',
  path: '/api/v1/volumes',
  summary: 'Lists volumes, newest first',
  access: viewersOf('volume'),
  query: Type.Object({ vm_id: Type.Optional(uuid()), region: Type.Optional(region()), ...page(50) }),
  answer: answeredWithPage(Volume),
});

/** Creates a volume. */
export const createVolume = inProject({
  id: 'createVolume',
  method: 'POST',
  path: '/api/v1/volumes',
  summary: 'Creates a volume, and attaches it to a VM where one is named',
  description:
    'A virtual machine has it as a block device, on which filesystem_type is made at the first attachment (an empty one makes none); nothing ' +
    'mounts it. A container has it as a directory, mounted at /mnt/volume- and its id, of the file system that the host has.',
  access: { who: 'permission', anyOf: ['volume.create'] },
  billing: 'charge',
  quota: ['volumes'],
  body: CreateVolumeRequest,
  status: 202,
  answer: answered(Volume),
  audit: 'volume.create',
});

/** Shows a volume. */
export const getVolume = operationsOf({
  tag: 'Volumes',
  project: 'resource',
  projectHeader: 'unused',
  ...byId('volume'),
})({
  id: 'getVolume',
  method: 'GET',
  path: '/api/v1/volumes/{id}',
  summary: 'Shows a volume',
  access: { who: 'permission', anyOf: ['volume.view'] },
  answer: answered(Volume),
});

/** Grows a volume. */
export const resizeVolume = change({
  id: 'resizeVolume',
  method: 'PATCH',
  path: '/api/v1/volumes/{id}',
  summary: 'Grows a volume, attached or not; a file system on a block device is grown in its VM',
  description: 'A subscription is charged for the rest of its month, credits first.',
  access: { who: 'permission', anyOf: ['volume.manage'] },
  billing: 'charge',
  body: ResizeVolumeRequest,
  answer: ResizeResponse,
  audit: 'volume.resize',
});

/** Attaches a volume to a VM. */
export const attachVolume = change({
  id: 'attachVolume',
  method: 'POST',
  path: '/api/v1/volumes/{id}/attach',
  summary: 'Attaches a volume to a VM of its project, running or stopped; one VM at a time has it',
  access: { who: 'permission', anyOf: ['volume.attach'] },
  body: AttachVolumeRequest,
  answer: answered(Volume),
  audit: 'volume.attach',
});

/** Detaches a volume from its VM. */
export const detachVolume = change({
  id: 'detachVolume',
  method: 'POST',
  path: '/api/v1/volumes/{id}/detach',
  summary: 'Detaches a volume from its VM; what is written to it and not unmounted before may be lost',
  access: { who: 'permission', anyOf: ['volume.attach'] },
  answer: answered(Volume),
  audit: 'volume.detach',
});

/** Deletes a volume that no VM has. */
export const deleteVolume = change({
  id: 'deleteVolume',
  method: 'DELETE',
  path: '/api/v1/volumes/{id}',
  summary: 'Deletes a volume that no VM has, and all that is on it',
  access: { who: 'permission', anyOf: ['volume.delete'] },
  answer: SuccessResponse,
  audit: 'volume.delete',
});
