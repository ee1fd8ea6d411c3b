import {
  attachVolume,
  createVolume,
  deleteVolume,
  detachVolume,
  getVolume,
  listVolumes,
  resizeVolume,
} from '@raffia/contract/volumes.ts';
import { list, type Route, read, write } from '../../calls/route.ts';
import { attachOneVolume, detachOneVolume } from './attach-volume.ts';
import { createOneVolume } from './create-volume.ts';
import { deleteOneVolume } from './delete-volume.ts';
import { getOneVolume, listAllVolumes } from './read-volumes.ts';
import { resizeOneVolume } from './resize-volume.ts';

export const volumeRoutes: readonly Route[] = [
  list(listVolumes, listAllVolumes),
  write(createVolume, createOneVolume),
  read(getVolume, getOneVolume),
  write(resizeVolume, resizeOneVolume),
  write(attachVolume, attachOneVolume),
  write(detachVolume, detachOneVolume),
  write(deleteVolume, deleteOneVolume),
];
