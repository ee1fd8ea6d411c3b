import { type Kysely, sql } from 'kysely';

/**
 * One membership from the invitation to the removal: who accepts is a member under the invitation's id, the Owner stands among the
 * members, a key that was made a member has a row of its own, and an address is kept as it was written.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(statements).execute(db);
}

const ownerRoleId = '01900000-0000-7000-8000-000000000001';

// A key's role stays with the key: its membership has none of its own. Keys that were made members by an older server are known by
// what was audited, and were answered with the key's id as the member's.
const statements = `
alter table members
  alter column user_id drop not null,
  alter column role_id drop not null,
  add column api_key_id uuid unique references api_keys (id) on delete cascade,
  add column email text,
  add constraint members_holder check (num_nonnulls(user_id, api_key_id) = 1),
  add constraint members_key_role check ((role_id is null) = (user_id is null));
alter table project_members add column email text;
alter table invitations add column updated_at timestamptz;
update invitations set updated_at = created_at;
alter table invitations alter column updated_at set not null;

drop index invitations_pending;
create unique index invitations_pending on invitations (account_id, project_id, lower(email)) nulls not distinct;

insert into members (id, account_id, user_id, role_id, created_at, updated_at)
  select gen_random_uuid(), id, owner_id, '${ownerRoleId}', created_at, created_at from accounts
  on conflict (account_id, user_id) do update set role_id = excluded.role_id, status = 'active';
create unique index members_owner on members (account_id) where role_id = '${ownerRoleId}';
alter table accounts add constraint accounts_owner_is_member foreign key (id, owner_id) references members (account_id, user_id)
  deferrable initially deferred;

insert into members (id, account_id, api_key_id, created_at, updated_at)
  select k.id, k.account_id, k.id, given.at, given.at
    from api_keys k
    join lateral (select max(a.created_at) as at from audit_log a
                   where a.account_id = k.account_id and a.resource_id = k.id::text and a.verb = 'member.add') given on given.at is not null
   where k.role_id is not null;
`;
