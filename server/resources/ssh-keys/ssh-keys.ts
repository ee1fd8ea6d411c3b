import { randomUUIDv7 } from 'node:crypto';
import type { AnswerOf } from '@raffia/contract/operation.ts';
import { largestWholeList } from '@raffia/contract/schemas.ts';
import type { createSSHKey, deleteSSHKey, getSSHKey, listSSHKeys, updateSSHKey } from '@raffia/contract/ssh-keys.ts';
import type { ReadCall, WriteCall } from '../../calls/route.ts';
import { readPage } from '../../database/read-page.ts';
import type { Row } from '../../database/tables.ts';
import { notFound } from '../../foundation/api-error.ts';
import { parseSshPublicKey, type SshKeyType } from './ssh-public-key.ts';

type SshKeyAnswer = NonNullable<AnswerOf<typeof getSSHKey>['data']>;

/** As many as an account may have, where the operator says no other: clients that know of no page see all. */

/** SSH keys of the account, newest first. */
export async function listKeys({ services, principal, query }: ReadCall<typeof listSSHKeys>) {
  const keys = services.db.selectFrom('ssh_keys').where('account_id', '=', principal.accountId);
  const { rows, total } = await readPage(
    services.db,
    keys.select('id'),
    keys
      .selectAll()
      .orderBy('created_at', 'desc')
      .orderBy('id', 'desc')
      .limit(Math.min(query.limit ?? largestWholeList, largestWholeList))
      .offset(query.offset ?? 0),
  );
  return { success: true, data: rows.map(present), total };
}

export async function getKey({ services, principal, params }: ReadCall<typeof getSSHKey>) {
  const row = await services.db
    .selectFrom('ssh_keys')
    .selectAll()
    .where('id', '=', params.id)
    .where('account_id', '=', principal.accountId)
    .executeTakeFirst();
  if (row === undefined) throw notFound('sshKey');
  return { success: true, data: present(row) };
}

/** Stores a public key, byte for byte as it was sent: clients compare it. The same key material can be stored once. */
export async function createKey({ services, tx, principal, body }: WriteCall<typeof createSSHKey>) {
  const { type, fingerprint } = parseSshPublicKey(body.public_key);
  const now = new Date(services.clock.now());
  const row = await tx.db
    .insertInto('ssh_keys')
    .values({
      id: randomUUIDv7(),
      account_id: principal.accountId,
      name: body.name,
      public_key: body.public_key,
      key_type: type,
      fingerprint,
      created_at: now,
      updated_at: now,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  return { success: true, data: present(row) };
}

/** Only the name can change. */
export async function renameKey({ services, tx, principal, params, body }: WriteCall<typeof updateSSHKey>) {
  const row = await tx.db
    .updateTable('ssh_keys')
    .set({ name: body.name, updated_at: new Date(services.clock.now()) })
    .where('id', '=', params.id)
    .where('account_id', '=', principal.accountId)
    .returningAll()
    .executeTakeFirst();
  if (row === undefined) throw notFound('sshKey');
  return { success: true, data: present(row) };
}

/** Machines keep what was installed. */
export async function deleteKey({ tx, principal, params }: WriteCall<typeof deleteSSHKey>) {
  const row = await tx.db
    .deleteFrom('ssh_keys')
    .where('id', '=', params.id)
    .where('account_id', '=', principal.accountId)
    .returningAll()
    .executeTakeFirst();
  if (row === undefined) throw notFound('sshKey');
  return { success: true, data: present(row) };
}

function present(key: Row<'ssh_keys'>): SshKeyAnswer {
  return {
    id: key.id,
    name: key.name,
    public_key: key.public_key,
    key_type: key.key_type as SshKeyType,
    created_at: key.created_at.toISOString(),
    updated_at: key.updated_at.toISOString(),
  };
}
