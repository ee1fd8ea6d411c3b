import { hash, randomBytes, randomUUIDv7 } from 'node:crypto';
import type { AccessStatus } from '@raffia/contract/enums.ts';
import { authPath } from '@raffia/contract/sign-in.ts';
import { ownerRoleId } from '@raffia/contract/system-roles.ts';
import { CompiledQuery, type Kysely, sql } from 'kysely';
import type { Pool } from 'pg';
import type { Configuration } from '../configuration/configuration.ts';
import type { Tables } from '../database/tables.ts';
import type { Transaction } from '../database/transaction.ts';
import { ApiError } from '../foundation/api-error.ts';
import { holdPersonAuthority } from './authority.ts';
import { makeAuth, passwordLength, sessionDays } from './make-auth.ts';
import { PasswordHasher } from './password-hasher.ts';
import type { Principal } from './principal.ts';
import type { Secrets } from './secrets.ts';
import { type Attempts, admitted } from './sign-in-limiter.ts';

/** How long a link can be used. */
export const linkHours = 24;

/** Somebody who is signed in. */
export interface Person {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly hasSecondFactor: boolean;
  readonly sessionId: string;
  /** The session's token: what only this session knows. */
  readonly token: string;
  /** When the session ends by itself. */
  readonly expiresAt: Date;
}

/** Who a request says that it is from: signed in, or with the second factor still to show. */
export type Caller =
  | ({ readonly state: 'in' } & Person)
  | { readonly state: 'halfway'; readonly id: string; readonly email: string };

/** A request to better-auth, of what we know of the one that we got. */
export interface AuthQuestion {
  readonly method: 'GET' | 'POST';
  /** Below its base, such as `/sign-out`. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly body: object | undefined;
  readonly cookie: string | undefined;
  readonly userAgent: string | undefined;
  readonly address: string;
  /** Where our own pages are. */
  readonly origin: string;
}

export interface AuthAnswer {
  readonly status: number;
  readonly body: { readonly message?: string; readonly code?: string } | null;
  readonly cookies: readonly string[];
  readonly location: string | undefined;
}

/**
 * People: passwords, sessions and second factors through better-auth, and what a person may do in an account. Nothing of a session is
 * kept in memory or in a cookie: each request reads it, so that what was ended or taken away is refused by the next one.
 */
export class People {
  readonly #pool: Pool;
  readonly #makeAuth: (withPasskeys: boolean) => ReturnType<typeof makeAuth>;
  readonly #limiter: Attempts;
  #auth: ReturnType<typeof makeAuth> | undefined;
  #passkeyAuth: ReturnType<typeof makeAuth> | undefined;
  readonly #onSessionsEnded: ((personId: string, isElsewhere: boolean) => void)[] = [];
  /** Every hash of a person's password is made here. */
  readonly hasher = new PasswordHasher();

  constructor(configuration: Configuration, db: Kysely<Tables>, pool: Pool, secrets: Secrets, limiter: Attempts) {
    this.#pool = pool;
    this.#limiter = limiter;
    const ended = (personId: string) => this.sessionsEnded(personId);
    this.#makeAuth = (withPasskeys) =>
      makeAuth(configuration, db, pool, secrets.digest('sessions'), this.hasher, ended, { withPasskeys });
  }

  /** Calls back when sessions of a person have ended: signing out, a new password, one ended from another. */
  onSessionsEnded(call: (personId: string, isElsewhere: boolean) => void): void {
    this.#onSessionsEnded.push(call);
  }

  /** Tells that sessions of a person have ended, in this process or elsewhere. */
  sessionsEnded(personId: string, isElsewhere = false): void {
    for (const call of this.#onSessionsEnded) call(personId, isElsewhere);
  }

  /** Loaded when the first person comes: a cloud that only programs use does without its 30 MB. */
  #loadedAuth(): ReturnType<typeof makeAuth> {
    this.#auth ??= this.#makeAuth(false).catch((error) => {
      this.#auth = undefined;
      throw error;
    });
    return this.#auth;
  }

  /** The same library on the same tables, with its passkeys: loaded with the first one. */
  #loadedPasskeys(): ReturnType<typeof makeAuth> {
    this.#passkeyAuth ??= this.#makeAuth(true).catch((error) => {
      this.#passkeyAuth = undefined;
      throw error;
    });
    return this.#passkeyAuth;
  }

  /** Asks one of better-auth's endpoints, as the page would that asks us. It writes in transactions of its own. */
  async ask({ method, path, query, body, origin, address, ...sent }: AuthQuestion): Promise<AuthAnswer> {
    const headers = new Headers({ origin, 'x-raffia-client-address': address });
    if (sent.cookie !== undefined) headers.set('cookie', sent.cookie);
    if (sent.userAgent !== undefined) headers.set('user-agent', sent.userAgent);
    if (method === 'POST') headers.set('content-type', 'application/json');
    const url = new URL(`${authPath}${path}`, origin);
    url.search = new URLSearchParams(query).toString();
    const posted = method === 'POST' ? { body: JSON.stringify(body ?? {}) } : {};
    const auth = await (path.startsWith('/passkey/') ? this.#loadedPasskeys() : this.#loadedAuth());
    const response = await auth.handler(new Request(url, { method, headers, ...posted }));
    const text = await response.text();
    return {
      status: response.status,
      body: text === '' ? null : JSON.parse(text),
      cookies: response.headers.getSetCookie(),
      location: response.headers.get('location') ?? undefined,
    };
  }

  /** Who a request's cookies say that it is from. */
  async callerOf(cookie: string | undefined): Promise<Caller | undefined> {
    const person = await this.personOf(cookie);
    if (person !== undefined) return { state: 'in', ...person };
    const halfway = await this.#halfSignedIn(cookie);
    return halfway && { state: 'halfway', id: halfway.id, email: halfway.email };
  }

  /** The paths that better-auth offers, served or not. */
  async offeredPaths(): Promise<string[]> {
    const { api } = await this.#loadedPasskeys();
    return Object.values(api).flatMap(({ path }) => path ?? []);
  }

  /** Who has shown a password, and has to show the second factor yet. */
  async #halfSignedIn(cookie: string | undefined): Promise<{ id: string; email: string } | undefined> {
    if (cookie === undefined || !cookie.includes('two_factor')) return undefined;
    const { api } = await this.#loadedAuth();
    return (await api.halfSignedIn({ headers: new Headers({ cookie }) })) ?? undefined;
  }

  /**
   * Does what finds out whether somebody is a person, limited by the person: an attempt counts until `isGuess` denies that it failed.
   *
   * @throws ApiError 429
   */
  async limited<T>(
    { email, address }: { readonly email: string; readonly address: string },
    work: () => Promise<T>,
    isGuess: (answer: T) => boolean,
  ): Promise<T> {
    // The person may have been here from this address before.
    const { rowCount } = await this.#pool.query(
      `select 1 from sessions s join users u on u.id = s.user_id where u.email = $1 and s.ip_address = $2 limit 1`,
      [email.toLowerCase(), address],
    );
    const isKnown = rowCount !== 0;
    const attempt = admitted(await this.#limiter.admit(email, address, isKnown));
    const answer = await (isKnown ? this.hasher.asKnown(work) : work()).catch(async (error) => {
      await this.#limiter.withdraw(attempt);
      throw error;
    });
    if (!isGuess(answer)) await this.#limiter.withdraw(attempt);
    return answer;
  }

  /** Who a request's session cookie belongs to; undefined where it has none that is valid. */
  async personOf(cookie: string | undefined): Promise<Person | undefined> {
    if (cookie === undefined || !cookie.includes('session_token')) return undefined;
    const found = await (await this.#loadedAuth()).api.getSession({ headers: new Headers({ cookie }) });
    if (found === null) return undefined;
    const { user, session } = found;
    return {
      id: user.id,
      email: user.email,
      name: user.name,
      hasSecondFactor: (user as { twoFactorEnabled?: boolean | null }).twoFactorEnabled === true,
      sessionId: session.id,
      token: session.token,
      expiresAt: session.expiresAt,
    };
  }

  /**
   * Prolongs a session that is in use, once a day. Whatever else changes it meanwhile comes first: one that is being ended is not waited
   * for and not kept.
   *
   * @returns the cookies with which the browser keeps it as long; none where it was prolonged within the last day
   */
  async prolong({ sessionId, expiresAt }: Person, cookie: string | undefined): Promise<readonly string[]> {
    if (expiresAt.getTime() - Date.now() > (sessionDays - 1) * 24 * 3_600_000) return [];
    const { rowCount } = await this.#pool.query(prolongQuery, [sessionId, sessionDays]);
    if (rowCount === 0) return [];
    const { api } = await this.#loadedAuth();
    const { headers } = await api.keepSignedIn({ headers: new Headers({ cookie: cookie ?? '' }), returnHeaders: true });
    return headers.getSetCookie();
  }

  /**
   * What a person may do in an account.
   *
   * @throws ApiError 401 where the session ended; 403 where the person has no access to the account, or it is suspended
   */
  async principalOf(person: Person, accountId: string): Promise<Principal> {
    const values = [person.id, accountId, person.sessionId];
    const { rows } = await this.#pool.query<MemberRow>({ name: 'person', text: personQuery, values });
    return principalFrom(rows[0], person.id, person.email, accountId, person.sessionId);
  }

  /** Many people as they are now, in their order; undefined for one whose session or access has ended. */
  async all(callers: readonly Principal[]): Promise<(Principal | undefined)[]> {
    if (callers.length === 0) return [];
    const column = (of: (caller: Principal) => string) => callers.map(of);
    const values = [
      column(({ id }) => id),
      column(({ accountId }) => accountId),
      column(({ credential }) => credential),
    ];
    const { rows } = await this.#pool.query<MemberRow & { number: number }>({
      name: 'people',
      text: peopleQuery,
      values,
    });
    const found = new Map(rows.map((row) => [row.number, row]));
    return callers.map(({ id, name, accountId, credential }, index) => {
      try {
        return principalFrom(found.get(index + 1), id, name, accountId, credential);
      } catch {
        return undefined;
      }
    });
  }

  /** What a person may do, whether signed in or not; undefined where it is nothing. */
  async standingById(tx: Transaction, id: string, accountId: string): Promise<Principal | undefined> {
    const { rows } = await tx.db.executeQuery<MemberRow>(CompiledQuery.raw(personQuery, [id, accountId, null]));
    const [row] = rows;
    if (row === undefined || row.status === 'suspended') return undefined;
    if (!row.is_owner && row.role_id === null && row.grants.length === 0) return undefined;
    return principalFrom({ ...row, has_session: true }, id, '', accountId, '');
  }

  /**
   * The principal as it stands in a transaction that holds the account's and the person's authority.
   *
   * @throws ApiError as {@link principalOf}
   */
  async standing(tx: Transaction, { id, name, accountId, credential }: Principal): Promise<Principal> {
    const { rows } = await tx.db.executeQuery<MemberRow>(CompiledQuery.raw(personQuery, [id, accountId, credential]));
    return principalFrom(rows[0], id, name, accountId, credential);
  }

  /**
   * Finds out that a person is an operator of this cloud, signed in now.
   *
   * @throws ApiError 401 where the session ended, 403 where the person is none
   */
  async checkOperator(person: SignedIn): Promise<void> {
    const values = [person.id, person.sessionId];
    const { rows } = await this.#pool.query<OperatorRow>({ name: 'operator', text: operatorQuery, values });
    refuseOthers(rows[0]);
  }

  /**
   * The same in a transaction, until whose end it stays so.
   *
   * @throws ApiError as {@link checkOperator}
   */
  async holdOperator(tx: Transaction, person: SignedIn): Promise<void> {
    await holdPersonAuthority(tx, person.id);
    const { rows } = await tx.db.executeQuery<OperatorRow>(
      CompiledQuery.raw(operatorQuery, [person.id, person.sessionId]),
    );
    refuseOthers(rows[0]);
  }

  /** Makes a person an operator of this cloud; open pages hear of it. Whether it was none before. */
  async makeOperator(tx: Transaction, userId: string): Promise<boolean> {
    const made = await tx.db
      .insertInto('operators')
      .values({ user_id: userId })
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirst();
    tx.onSettled(() => this.sessionsEnded(userId));
    return made.numInsertedOrUpdatedRows === 1n;
  }

  /** Takes that away, from all sessions that there are. Whether it was one. */
  async endOperator(tx: Transaction, userId: string): Promise<boolean> {
    const ended = await tx.db.deleteFrom('operators').where('user_id', '=', userId).executeTakeFirst();
    tx.onSettled(() => this.sessionsEnded(userId));
    return ended.numDeletedRows === 1n;
  }

  /** Sets a person's password, and ends all sessions that there are. */
  async setPassword(tx: Transaction, userId: string, { stored }: HashedPassword): Promise<void> {
    const changed = await tx.db
      .updateTable('credentials')
      .set({ password: stored })
      .where('user_id', '=', userId)
      .where('provider_id', '=', 'credential')
      .executeTakeFirst();
    if (changed.numUpdatedRows === 0n) {
      await tx.db
        .insertInto('credentials')
        .values({
          id: randomUUIDv7(),
          user_id: userId,
          account_id: userId,
          provider_id: 'credential',
          password: stored,
        })
        .execute();
    }
    await tx.db.deleteFrom('sessions').where('user_id', '=', userId).execute();
    tx.onSettled(() => this.sessionsEnded(userId));
  }

  /** Whether this is the person's password; undefined where there is none. It is a guess, and limited by who asks. */
  async hasPassword(userId: string, password: string): Promise<boolean | undefined> {
    const { rows } = await this.#pool.query<{ password: string | null }>(
      `select password from credentials where user_id = $1 and provider_id = 'credential'`,
      [userId],
    );
    const hash = rows[0]?.password;
    return hash ? this.hasher.verify({ hash, password }) : undefined;
  }

  /**
   * Finds out in a transaction that a person is signed in still, until whose end it stays so.
   *
   * @throws ApiError 401
   */
  async holdSession(tx: Transaction, { id, sessionId }: SignedIn): Promise<void> {
    await holdPersonAuthority(tx, id);
    const found = await tx.db
      .selectFrom('sessions')
      .select('id')
      .where('id', '=', sessionId)
      .where('user_id', '=', id)
      .where('expires_at', '>', sql<Date>`now()`)
      .executeTakeFirst();
    if (found === undefined) throw new ApiError('sessionEnded');
  }

  /**
   * Hashes a password that somebody chose, before any transaction: it may take its time.
   *
   * @throws ApiError 400 where it is too short; 429; 503
   */
  async hashPassword(
    password: string,
    of: { readonly email: string; readonly address: string },
  ): Promise<HashedPassword> {
    if (password.length < passwordLength) throw new ApiError('weakPassword', { length: passwordLength });
    const stored = await this.limited(
      of,
      () => this.hasher.hash(password),
      () => false,
    );
    return { stored };
  }

  /**
   * Makes a link with which a person sets a password, once; only its hash is stored. It makes those void that were made alike: what
   * anybody may ask for ends no link of the operator's.
   *
   * @returns the link's token
   */
  async makeLink(tx: Transaction, userId: string, now: number, by: 'operator' | 'mail'): Promise<string> {
    const isFromOperator = by === 'operator';
    const token = randomBytes(32).toString('base64url');
    await tx.db
      .deleteFrom('one_time_links')
      .where('user_id', '=', userId)
      .where('is_from_operator', '=', isFromOperator)
      .execute();
    await tx.db
      .insertInto('one_time_links')
      .values({
        token_hash: hashToken(token),
        user_id: userId,
        expires_at: new Date(now + linkHours * 3_600_000),
        is_from_operator: isFromOperator,
      })
      .execute();
    return token;
  }
}

type SignedIn = Pick<Person, 'id' | 'sessionId'>;

function refuseOthers(row: OperatorRow | undefined): void {
  if (row?.has_session !== true) throw new ApiError('sessionEnded');
  if (!row.is_operator) throw new ApiError('notOperator');
}

/** What is stored of a password. */
export interface HashedPassword {
  readonly stored: string;
}

/** What is stored of the token of a link. */
export function hashToken(token: string): string {
  return hash('sha256', token, 'hex');
}

function principalFrom(
  row: MemberRow | undefined,
  id: string,
  email: string,
  accountId: string,
  sessionId: string,
): Principal {
  if (row === undefined) throw new ApiError('accountForbidden');
  if (!row.has_session) throw new ApiError('sessionEnded');
  if (row.status === 'suspended') throw new ApiError('memberSuspended');
  if (!row.is_owner && row.role_id === null && row.grants.length === 0) throw new ApiError('accountForbidden');
  return {
    kind: 'user',
    id,
    credential: sessionId,
    name: email,
    accountId,
    tier: 'standard',
    waitMs: 0,
    expiresAt: Number.POSITIVE_INFINITY,
    isActive: true,
    isAccountSuspended: row.is_suspended,
    isOwner: row.is_owner,
    isOperator: row.is_operator,
    accountPermissions: new Set(row.account_permissions ?? []),
    projectPermissions: new Map(row.grants.map((grant) => [grant.project_id, new Set(grant.permissions)])),
    actorId: id,
  };
}

interface OperatorRow {
  has_session: boolean;
  is_operator: boolean;
}

const operatorQuery = `
select exists (select from sessions where id = $2::uuid and user_id = $1::uuid and expires_at > now()) as has_session,
       exists (select from operators where user_id = $1::uuid) as is_operator`;

interface MemberRow {
  has_session: boolean;
  is_suspended: boolean;
  is_owner: boolean;
  is_operator: boolean;
  role_id: string | null;
  status: AccessStatus | null;
  account_permissions: string[] | null;
  grants: { project_id: string; permissions: string[] }[];
}

const prolongQuery = `
update sessions set expires_at = now() + $2 * interval '1 day', updated_at = now()
 where id = (select id from sessions
              where id = $1 and expires_at > now() and expires_at <= now() + ($2 - 1) * interval '1 day'
                for update skip locked)`;

/** What a person may do in an account with a session; `p` has the three. */
const standingOf = (p: string, columns = '') => `
select ${columns}
       exists (select from sessions s where s.id = p.session and s.user_id = p.person and s.expires_at > now()) as has_session,
       a.is_suspended, a.owner_id = p.person as is_owner,
       exists (select from operators o where o.user_id = p.person) as is_operator, m.role_id, m.status, r.permissions as account_permissions,
       coalesce((select json_agg(json_build_object('project_id', g.project_id, 'permissions', gr.permissions))
                   from project_members g join roles gr on gr.id = g.role_id
                  where g.account_id = a.id and g.user_id = p.person and g.status = 'active'), '[]') as grants
  from ${p}
  join accounts a on a.id = p.account
  left join members m on m.account_id = a.id and m.user_id = p.person
  left join roles r on r.id = m.role_id and r.scope = 'account' and r.id <> '${ownerRoleId}'`;

const personQuery = standingOf('(select $1::uuid as person, $2::uuid as account, $3::uuid as session) p');
const peopleQuery = standingOf(
  'unnest($1::uuid[], $2::uuid[], $3::uuid[]) with ordinality p (person, account, session, number)',
  'p.number,',
);
