import { operationsOf } from './operation.ts';
import {
  answered,
  answeredWithPage,
  byId,
  largestWholeList,
  named,
  page,
  publicKey,
  time,
  uuid,
  word,
} from './schemas.ts';
import { Type } from './type.ts';

export const SSHKey = named(
  'SSHKey',
  Type.Object({
    id: uuid(),
    name: Type.String({ maxLength: 128 }),
    public_key: publicKey(),
    key_type: word(['ssh-rsa', 'ssh-ed25519', 'ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp384', 'ecdsa-sha2-nistp521']),
    created_at: Type.Optional(time()),
    updated_at: Type.Optional(time()),
  }),
);

export const CreateSSHKeyRequest = named(
  'CreateSSHKeyRequest',
  Type.Object({
    name: Type.String({ minLength: 1, maxLength: 128 }),
    public_key: publicKey(),
  }),
);

export const UpdateSSHKeyRequest = named(
  'UpdateSSHKeyRequest',
  Type.Object({
    name: Type.String({ minLength: 1, maxLength: 128 }),
  }),
);

const ofKey = operationsOf({
  tag: 'SSH Keys',
  project: 'account',
  projectHeader: 'unused',
  ...byId('sshKey'),
});
const ofKeys = operationsOf({
  tag: 'SSH Keys',
  project: 'account',
  projectHeader: 'unused',
});

/** Lists the SSH keys of the account. */
export const listSSHKeys = ofKeys({
  id: 'listSSHKeys',
  method: 'GET',
  path: '/api/v1/ssh-keys',
  summary: 'Lists the SSH keys of the account',
  access: { who: 'key' },
  query: Type.Object(page(largestWholeList)),
  answer: answeredWithPage(SSHKey, { maxItems: largestWholeList }),
});

/** Stores an SSH public key. */
export const createSSHKey = ofKeys({
  id: 'createSSHKey',
  method: 'POST',
  path: '/api/v1/ssh-keys',
  quota: ['sshKeys'],
  summary: 'Stores an SSH public key',
  access: { who: 'permission', anyOf: ['account.settings.manage'] },
  body: CreateSSHKeyRequest,
  status: 201,
  answer: answered(SSHKey),
  audit: 'sshkey.create',
});

/** Shows an SSH key. */
export const getSSHKey = ofKey({
  id: 'getSSHKey',
  method: 'GET',
  path: '/api/v1/ssh-keys/{id}',
  summary: 'Shows an SSH key',
  access: { who: 'key' },
  answer: answered(SSHKey),
});

/** Renames an SSH key. */
export const updateSSHKey = ofKey({
  id: 'updateSSHKey',
  method: 'PUT',
  path: '/api/v1/ssh-keys/{id}',
  summary: 'Renames an SSH key',
  access: { who: 'permission', anyOf: ['account.settings.manage'] },
  body: UpdateSSHKeyRequest,
  answer: answered(SSHKey),
  audit: 'sshkey.update',
});

/** Deletes an SSH key. */
export const deleteSSHKey = ofKey({
  id: 'deleteSSHKey',
  method: 'DELETE',
  path: '/api/v1/ssh-keys/{id}',
  summary: 'Deletes an SSH key',
  access: { who: 'permission', anyOf: ['account.settings.manage'] },
  answer: answered(SSHKey),
  audit: 'sshkey.delete',
});
