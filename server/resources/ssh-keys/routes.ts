import { createSSHKey, deleteSSHKey, getSSHKey, listSSHKeys, updateSSHKey } from '@raffia/contract/ssh-keys.ts';
import { type Route, read, write } from '../../calls/route.ts';
import { createKey, deleteKey, getKey, listKeys, renameKey } from './ssh-keys.ts';

export const sshKeyRoutes: readonly Route[] = [
  read(listSSHKeys, listKeys),
  write(createSSHKey, createKey),
  read(getSSHKey, getKey),
  write(updateSSHKey, renameKey),
  write(deleteSSHKey, deleteKey),
];
