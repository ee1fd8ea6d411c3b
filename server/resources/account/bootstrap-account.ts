import { randomUUIDv7 } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { ownerRoleId } from '@raffia/contract/system-roles.ts';
import { type Kysely, sql } from 'kysely';
import { makeApiKey } from '../../access/api-key.ts';
import type { Catalogue } from '../../catalogue/catalogue.ts';
import type { Configuration } from '../../configuration/configuration.ts';
import type { Tables } from '../../database/tables.ts';
import { type Transaction, transact } from '../../database/transaction.ts';

const bootstrapLock = 7_238_443;

export interface NewAccount {
  readonly account_id: string;
  readonly project_id: string;
  readonly api_key: string;
}

/** Makes an account with its owner, a default project and an Owner key that does not expire. The key is in the answer only. */
export async function createAccount(
  tx: Transaction,
  configuration: Configuration,
  catalogue: Catalogue,
  account: { name: string; email: string },
): Promise<NewAccount> {
  const { user_id, ...made } = await createAccountWithoutKey(tx, configuration, catalogue, account);
  return { ...made, api_key: await createOwnerKey(tx, made.account_id, user_id, 'First key') };
}

/** The same for a person who signs in and makes keys himself. */
export async function createAccountWithoutKey(
  tx: Transaction,
  configuration: Configuration,
  catalogue: Catalogue,
  account: { name: string; email: string },
): Promise<Omit<NewAccount, 'api_key'> & { readonly user_id: string }> {
  const now = new Date();
  const user = await tx.db
    .insertInto('users')
    // The operator answers for who is new here; whoever signs up is there already.
    .values({
      id: randomUUIDv7(),
      email: account.email.toLowerCase(),
      name: account.email.split('@')[0] as string,
      email_verified: true,
    })
    .onConflict((conflict) => conflict.column('email').doUpdateSet({ email: account.email.toLowerCase() }))
    .returning('id')
    .executeTakeFirstOrThrow();
  const accountId = randomUUIDv7();
  const { billing } = configuration;
  await tx.db
    .insertInto('accounts')
    .values({
      id: accountId,
      name: account.name,
      owner_id: user.id,
      billing_mode: billing.mode,
      balance_micros: billing.balance,
    })
    .execute();
  await tx.db
    .insertInto('members')
    .values({
      id: randomUUIDv7(),
      account_id: accountId,
      user_id: user.id,
      role_id: ownerRoleId,
      created_at: now,
      updated_at: now,
    })
    .execute();
  const projectId = randomUUIDv7();
  await tx.db
    .insertInto('projects')
    .values({
      id: projectId,
      account_id: accountId,
      name: 'Default',
      slug: 'default',
      default_region: catalogue.defaultRegion,
      is_default: true,
      created_by: user.id,
      created_at: now,
      updated_at: now,
    })
    .execute();
  return { account_id: accountId, project_id: projectId, user_id: user.id };
}

/** Makes a key with the Owner role, standard tier, no expiry; the answer is its secret. */
export async function createOwnerKey(
  tx: Transaction,
  accountId: string,
  userId: string,
  name: string,
): Promise<string> {
  const { secret, ...stored } = makeApiKey();
  const now = new Date();
  await tx.db
    .insertInto('api_keys')
    .values({
      id: randomUUIDv7(),
      account_id: accountId,
      name,
      ...stored,
      rate_limit_tier: 'standard',
      issued_at: now,
      role_id: ownerRoleId,
      created_by: userId,
      created_at: now,
    })
    .execute();
  return secret;
}

/** On an empty database, makes the first account; undefined where there is one. The bootstrap file is written before it counts. */
export async function bootstrapAccount(
  db: Kysely<Tables>,
  configuration: Configuration,
  catalogue: Catalogue,
): Promise<NewAccount | undefined> {
  return transact(db, async (tx) => {
    // Several nodes may start at once: one makes it, and the others find it.
    await sql`select pg_advisory_xact_lock(${bootstrapLock})`.execute(tx.db);
    const any = await tx.db.selectFrom('accounts').select('id').limit(1).executeTakeFirst();
    if (any !== undefined) return undefined;
    const { account, email, file } = configuration.bootstrap;
    const made = await createAccount(tx, configuration, catalogue, { name: account, email });
    if (file !== null) writePrivateFile(file, `${JSON.stringify(made)}\n`);
    return made;
  });
}

/** Writes a file that only its owner reads, in place of whatever was there. */
export function writePrivateFile(path: string, text: string): void {
  rmSync(path, { force: true });
  writeFileSync(path, text, { mode: 0o600, flag: 'wx' });
}
