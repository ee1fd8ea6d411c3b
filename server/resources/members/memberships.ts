import type { MemberStatus } from '@raffia/contract/enums.ts';
import { type Kysely, sql, type Transaction } from 'kysely';
import { type Page, readPage } from '../../database/read-page.ts';
import type { Tables } from '../../database/tables.ts';

export type Db = Kysely<Tables> | Transaction<Tables>;

/** Of what somebody is a member: of the account, or of one of its projects. */
export interface Place {
  readonly accountId: string;
  readonly projectId: string | null;
}

export interface Membership {
  id: string;
  account_id: string;
  project_id: string | null;
  user_id: string | null;
  api_key_id: string | null;
  email: string;
  role_id: string;
  role_name: string;
  role_slug: string;
  status: MemberStatus;
  invited_by: string | null;
  invited_at: Date | null;
  accepted_at: Date | null;
  /** Of an invitation that waits. */
  expires_at: Date | null;
  created_at: Date;
  updated_at: Date | null;
}

/**
 * The memberships of a place, newest first: people, the Owner among those of the account, keys, and invitations that wait, each under
 * the one id that it has from the invitation to the removal.
 *
 * @param now milliseconds since 1970: what waits until then is no membership any more
 */
export async function membershipsOf(
  db: Db,
  now: number,
  { accountId, projectId }: Place,
  page: { id?: string; status?: string | undefined; limit: number; offset: number },
): Promise<Page<Membership>> {
  const all = sql`
    select id, account_id, null::uuid as project_id, user_id, api_key_id, email, role_id, status, invited_by, invited_at, accepted_at,
           null::timestamptz as expires_at, created_at, updated_at
      from members where account_id = ${accountId} and ${projectId}::uuid is null
    union all
    select id, account_id, project_id, user_id, api_key_id, email, role_id, status, invited_by, invited_at, accepted_at,
           null, created_at, null
      from project_members where account_id = ${accountId} and project_id = ${projectId}
    union all
    select id, account_id, project_id, null, null, email, role_id, 'pending', invited_by, created_at, null,
           expires_at, created_at, updated_at
      from invitations
     where account_id = ${accountId} and project_id is not distinct from ${projectId} and expires_at > ${new Date(now)}`;
  const matching = sql`
    select * from (${all}) as one
     where (${page.id ?? null}::uuid is null or id = ${page.id ?? null})
       and (${page.status ?? null}::text is null or status = ${page.status ?? null})`;
  // An address is shown as it was written, as long as it is the person's. Keys have none, but clients need a valid one in the place
  // (client-expectations.md §4.4): it is made of the key's id.
  const view = sql<Membership>`
    select m.id, m.account_id, m.project_id, m.user_id, m.api_key_id, m.status, m.invited_by, m.invited_at, m.accepted_at, m.expires_at,
           m.created_at, m.updated_at, r.id as role_id, r.name as role_name, r.slug as role_slug,
           case when m.api_key_id is not null then 'key-' || m.api_key_id || '@apikeys.invalid'
                when m.user_id is null or lower(m.email) = u.email then m.email
                else u.email end as email
      from (${matching}) as m
      left join users u on u.id = m.user_id
      left join api_keys k on k.id = m.api_key_id
      join roles r on r.id = coalesce(m.role_id, k.role_id)
     order by m.created_at desc, m.id desc limit ${page.limit} offset ${page.offset}`;
  return readPage(db, matching, view);
}

/** One membership of a place, or undefined. */
export async function membershipOf(db: Db, now: number, place: Place, id: string): Promise<Membership | undefined> {
  return (await membershipsOf(db, now, place, { id, limit: 1, offset: 0 })).rows[0];
}

/** What somebody is in an account, whether of the whole or of a project; undefined where nothing. */
export async function standingIn(db: Db, accountId: string, userId: string): Promise<'owner' | 'member' | undefined> {
  const { rows } = await sql<{ is_owner: boolean }>`
    select a.owner_id = ${userId} as is_owner from accounts a
     where a.id = ${accountId}
       and (exists (select 1 from members m where m.account_id = a.id and m.user_id = ${userId})
            or exists (select 1 from project_members m where m.account_id = a.id and m.user_id = ${userId}))`.execute(
    db,
  );
  if (rows[0] === undefined) return undefined;
  return rows[0].is_owner ? 'owner' : 'member';
}

/** What members of an account and of a project are shown as alike. */
export function presentMembership(row: Membership) {
  const time = (name: string, value: Date | null) => (value === null ? {} : { [name]: value.toISOString() });
  return {
    id: row.id,
    user_id: row.user_id,
    email: row.email,
    role: row.role_slug,
    role_id: row.role_id,
    role_name: row.role_name,
    status: row.status,
    ...(row.invited_by === null ? {} : { invited_by: row.invited_by }),
    ...time('invited_at', row.invited_at),
    ...time('accepted_at', row.accepted_at),
    ...(row.status === 'pending' ? { invitation_id: row.id } : {}),
    ...time('invitation_expires_at', row.expires_at),
    created_at: row.created_at.toISOString(),
  };
}
