import { passwordProblems } from '@raffia/contract/vm-rules.ts';
import type { Transaction } from '../../database/transaction.ts';
import { invalid } from '../../foundation/api-error.ts';
import { isUuid } from '../../foundation/canonical-form.ts';
import { parseSshPublicKey } from '../ssh-keys/ssh-public-key.ts';

/** How one gets into a machine. */
export interface MachineAccess {
  readonly sshKeys: string[];
  readonly password: string | undefined;
}

/** The stored keys that a request names, by their ids. */
export type StoredKeys = ReadonlyMap<string, string>;

/** Looks up what a request names, in one query: to be done before anything is locked. */
export async function storedKeys(
  tx: Transaction,
  accountId: string,
  { ssh_keys = [] }: { readonly ssh_keys?: string[] | undefined },
): Promise<StoredKeys> {
  const ids = [...new Set(ssh_keys.filter(isUuid))];
  if (ids.length === 0) return new Map();
  const rows = await tx.db
    .selectFrom('ssh_keys')
    .select(['id', 'public_key'])
    .where('account_id', '=', accountId)
    .where('id', 'in', ids)
    .execute();
  return new Map(rows.map((row) => [row.id, row.public_key]));
}

/**
 * Checks password and SSH keys for an operating system (compute.md §2): Windows wants a password and ignores keys, Linux wants
 * either. A key may be given as text or as the id of a stored one.
 *
 * @throws ApiError 400
 */
export function checkAccess(
  stored: StoredKeys,
  isWindows: boolean,
  asked: { ssh_keys?: string[] | undefined; password?: string | undefined },
  neededSentence: string,
): MachineAccess {
  const password = asked.password === '' ? undefined : asked.password;
  if (password !== undefined) {
    const problems = passwordProblems(password);
    if (problems.length > 0) throw invalid(`password ${problems.join('; ')}`);
  }
  if (isWindows) {
    if (password === undefined) throw invalid('Windows needs a password; SSH keys are not supported there');
    return { sshKeys: [], password };
  }
  const sshKeys = sshKeyTexts(stored, asked.ssh_keys ?? []);
  if (sshKeys.length === 0 && password === undefined) throw invalid(neededSentence);
  return { sshKeys, password };
}

function sshKeyTexts(stored: StoredKeys, keys: readonly string[]): string[] {
  return keys.map((key) => {
    const text = isUuid(key) ? stored.get(key) : key;
    if (text === undefined) throw invalid(`ssh_keys names ${key}, which is no SSH key of this account`);
    if (!isUuid(key)) parseSshPublicKey(key);
    return text.trim();
  });
}
