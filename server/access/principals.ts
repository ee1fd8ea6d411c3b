import { ownerRoleId } from '@raffia/contract/system-roles.ts';
import { CompiledQuery } from 'kysely';
import type { Pool } from 'pg';
import type { Transaction } from '../database/transaction.ts';
import { ExactCache } from '../foundation/exact-cache.ts';
import type { Principal } from './principal.ts';
import type { Tier } from './rate-limiter.ts';
import type { Concern } from './standings.ts';

const keptPrincipals = 50_000;

/** Verified keys in memory, by the hash of their secret; a key belongs to its account. */
export class Principals {
  readonly #pool: Pool;
  readonly #cache = new ExactCache<Principal>(keptPrincipals);
  readonly #sets = new Map<string, ReadonlySet<string>>();
  readonly #onDrop: ((concern: Concern) => void)[] = [];

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** The principal of a key's hash, if it is in memory. */
  cached(keyHash: string): Principal | undefined {
    return this.#cache.get(keyHash);
  }

  /** The principal of a key's hash, read from the database; undefined where there is no such key. */
  load(keyHash: string): Promise<Principal | undefined> {
    return this.#cache.load(
      keyHash,
      ({ accountId }) => accountId,
      () => this.#read(keyHash),
    );
  }

  /** The principals of many hashes by them; what is not in memory is read in one question. */
  async all(keyHashes: readonly string[]): Promise<Map<string, Principal>> {
    const found = new Map<string, Principal>();
    const unknown: string[] = [];
    for (const keyHash of keyHashes) {
      const principal = this.#cache.get(keyHash);
      if (principal === undefined) unknown.push(keyHash);
      else found.set(keyHash, principal);
    }
    if (unknown.length === 0) return found;
    const text = principalQuery
      .replace('k.key_hash = $1', 'k.key_hash = any ($1)')
      .replace('select ', 'select k.key_hash, ');
    const { rows } = await this.#pool.query<KeyRow & { key_hash: string }>({
      name: 'principals',
      text,
      values: [unknown],
    });
    for (const row of rows) found.set(row.key_hash, this.#made(row, row.key_hash) as Principal);
    return found;
  }

  /** Calls back when something changed for the worse or the better of the callers whom it may concern. */
  onDrop(call: (concern: Concern) => void): void {
    this.#onDrop.push(call);
  }

  /** The principal as it stands in a transaction that holds its account's authority; undefined where the key is gone. */
  async standing(tx: Transaction, keyHash: string): Promise<Principal | undefined> {
    const { rows } = await tx.db.executeQuery<KeyRow>(CompiledQuery.raw(principalQuery, [keyHash]));
    return this.#made(rows[0], keyHash);
  }

  /** Forgets one key of an account. */
  dropKey(accountId: string, id: string): void {
    this.#cache.dropGroup(accountId, (principal) => principal.id === id);
    for (const call of this.#onDrop) call((caller) => caller.kind === 'key' && caller.id === id);
  }

  /** Forgets all keys of an account: after a change of a role or of project access. */
  dropAccount(accountId: string): void {
    this.#cache.dropGroup(accountId);
    for (const call of this.#onDrop) call((caller) => caller.accountId === accountId);
  }

  setSole(isSole: boolean): void {
    this.#cache.setSole(isSole);
  }

  async #read(keyHash: string): Promise<Principal | undefined> {
    const { rows } = await this.#pool.query<KeyRow>({ name: 'principal', text: principalQuery, values: [keyHash] });
    return this.#made(rows[0], keyHash);
  }

  /** The same by the key's id. */
  async standingById(tx: Transaction, id: string): Promise<Principal | undefined> {
    const text = principalQuery.replace('k.key_hash = $1', 'k.id = $1');
    const { rows } = await tx.db.executeQuery<KeyRow>(CompiledQuery.raw(text, [id]));
    return this.#made(rows[0], '');
  }

  #made(row: KeyRow | undefined, keyHash: string): Principal | undefined {
    if (row === undefined) return undefined;
    return {
      kind: 'key',
      id: row.id,
      credential: keyHash,
      name: row.name,
      accountId: row.account_id,
      tier: row.rate_limit_tier,
      waitMs: row.wait_ms,
      expiresAt: row.expires_at?.getTime() ?? Number.POSITIVE_INFINITY,
      isActive: row.is_active,
      isAccountSuspended: row.is_suspended,
      isOwner: row.role_id === ownerRoleId,
      isOperator: false,
      accountPermissions: this.#shared(row.account_permissions ?? []),
      projectPermissions: new Map(row.grants.map((grant) => [grant.project_id, this.#shared(grant.permissions)])),
      actorId: row.created_by ?? row.id,
    };
  }

  /** One set per distinct list: thousands of keys share a few roles. */
  #shared(permissions: string[]): ReadonlySet<string> {
    const name = permissions.join(' ');
    let set = this.#sets.get(name);
    if (set === undefined) {
      if (this.#sets.size >= 10_000) this.#sets.clear();
      set = new Set(permissions);
      this.#sets.set(name, set);
    }
    return set;
  }
}

interface KeyRow {
  id: string;
  name: string;
  account_id: string;
  rate_limit_tier: Tier;
  wait_ms: number;
  expires_at: Date | null;
  is_active: boolean;
  is_suspended: boolean;
  role_id: string | null;
  created_by: string | null;
  account_permissions: string[] | null;
  grants: { project_id: string; permissions: string[] }[];
}

const principalQuery = `
select k.id, k.name, k.account_id, k.rate_limit_tier, k.wait_ms, k.expires_at, k.is_active, a.is_suspended, r.id as role_id, k.created_by,
       r.permissions as account_permissions,
       coalesce((select json_agg(json_build_object('project_id', g.project_id, 'permissions', gr.permissions))
                   from project_members g join roles gr on gr.id = g.role_id
                  where g.api_key_id = k.id and g.status = 'active'), '[]') as grants
  from api_keys k
  join accounts a on a.id = k.account_id
  left join members m on m.api_key_id = k.id
  left join roles r on r.id = k.role_id and r.scope = 'account' and m.status is distinct from 'suspended'
 where k.key_hash = $1`;
