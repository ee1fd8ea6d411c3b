import { Type } from 'typebox';
import { defineOperation } from './operation.ts';
import { largestPageOfSshKeys, named, page, publicKey, rows, total } from './schemas.ts';

export const SSHKey = named(
  'SSHKey',
  Type.Object({
    id: Type.String({ format: 'uuid' }),
    name: Type.String({ maxLength: 128 }),
    public_key: publicKey(),
    key_type: Type.Enum(
      ['ssh-rsa', 'ssh-ed25519', 'ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp384', 'ecdsa-sha2-nistp521'],
      { type: 'string' },
    ),
    created_at: Type.Optional(Type.String({ format: 'date-time' })),
    updated_at: Type.Optional(Type.String({ format: 'date-time' })),
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

/** Lists the SSH keys of the account. */
export const listSSHKeys = defineOperation({
  id: 'listSSHKeys',
  method: 'GET',
  path: '/api/v1/ssh-keys',
  tag: 'SSH Keys',
  summary: 'Lists the SSH keys of the account',
  access: { who: 'key' },
  project: 'account',
  projectHeader: 'unused',
  query: Type.Object(page(largestPageOfSshKeys)),
  status: 200,
  answer: Type.Object({
    success: Type.Optional(Type.Boolean()),
    data: Type.Optional(rows(SSHKey, { maxItems: largestPageOfSshKeys })),
    total: Type.Optional(total()),
  }),
  errors: [401],
});

/** Stores an SSH public key. */
export const createSSHKey = defineOperation({
  id: 'createSSHKey',
  method: 'POST',
  path: '/api/v1/ssh-keys',
  quota: ['sshKeys'],
  tag: 'SSH Keys',
  summary: 'Stores an SSH public key',
  access: { who: 'permission', anyOf: ['account.settings.manage'] },
  project: 'account',
  projectHeader: 'unused',
  body: CreateSSHKeyRequest,
  bodyRequired: true,
  status: 201,
  answer: Type.Object({
    success: Type.Optional(Type.Boolean()),
    data: Type.Optional(SSHKey),
  }),
  errors: [400, 401],
  audit: 'sshkey.create',
});

/** Shows an SSH key. */
export const getSSHKey = defineOperation({
  id: 'getSSHKey',
  method: 'GET',
  path: '/api/v1/ssh-keys/{id}',
  tag: 'SSH Keys',
  summary: 'Shows an SSH key',
  access: { who: 'key' },
  project: 'account',
  projectHeader: 'unused',
  resource: 'sshKey',
  params: Type.Object({ id: Type.String({ format: 'uuid' }) }),
  status: 200,
  answer: Type.Object({
    success: Type.Optional(Type.Boolean()),
    data: Type.Optional(SSHKey),
  }),
  errors: [404],
});

/** Renames an SSH key. */
export const updateSSHKey = defineOperation({
  id: 'updateSSHKey',
  method: 'PUT',
  path: '/api/v1/ssh-keys/{id}',
  tag: 'SSH Keys',
  summary: 'Renames an SSH key',
  access: { who: 'permission', anyOf: ['account.settings.manage'] },
  project: 'account',
  projectHeader: 'unused',
  resource: 'sshKey',
  params: Type.Object({ id: Type.String({ format: 'uuid' }) }),
  body: UpdateSSHKeyRequest,
  bodyRequired: true,
  status: 200,
  answer: Type.Object({
    success: Type.Optional(Type.Boolean()),
    data: Type.Optional(SSHKey),
  }),
  errors: [400, 404],
  audit: 'sshkey.update',
});

/** Deletes an SSH key. */
export const deleteSSHKey = defineOperation({
  id: 'deleteSSHKey',
  method: 'DELETE',
  path: '/api/v1/ssh-keys/{id}',
  tag: 'SSH Keys',
  summary: 'Deletes an SSH key',
  access: { who: 'permission', anyOf: ['account.settings.manage'] },
  project: 'account',
  projectHeader: 'unused',
  resource: 'sshKey',
  params: Type.Object({ id: Type.String({ format: 'uuid' }) }),
  status: 200,
  answer: Type.Object({
    success: Type.Optional(Type.Boolean()),
    data: Type.Optional(SSHKey),
  }),
  errors: [404],
  audit: 'sshkey.delete',
});
