import { type Kysely, sql } from 'kysely';

/** A change of authority waits for the writes that stand on it, and they for it. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(statements).execute(db);
}

// The number is the class of locks in access/authority.ts. A transaction that stands on the authority which it changes must have
// declared so, since two of them would wait for each other.
const statements = `
create function change_authority(holder uuid) returns void language plpgsql as $$
declare
  object integer := hashtext(holder::text);
begin
  if exists (select from pg_locks where pid = pg_backend_pid() and locktype = 'advisory' and classid = 7238433
                and objid = (object::bigint & 4294967295)::oid and objsubid = 2 and mode = 'ShareLock')
     and not exists (select from pg_locks where pid = pg_backend_pid() and locktype = 'advisory' and classid = 7238433
                and objid = (object::bigint & 4294967295)::oid and objsubid = 2 and mode = 'ExclusiveLock') then
    raise exception 'this operation changes authority, and does not declare changesAuthority';
  end if;
  perform pg_advisory_xact_lock(7238433, object);
end $$;

create function change_account_authority() returns trigger language plpgsql as $$
begin
  perform change_authority(old.account_id);
  return case when tg_op = 'DELETE' then old else new end;
end $$;

create function change_own_authority() returns trigger language plpgsql as $$
begin
  perform change_authority(old.id);
  return new;
end $$;

create function change_person_authority() returns trigger language plpgsql as $$
begin
  perform change_authority(old.user_id);
  return case when tg_op = 'DELETE' then old else new end;
end $$;

create trigger authority before delete on api_keys for each row execute function change_account_authority();
create trigger authority_changed before update of key_hash, is_active, expires_at, role_id on api_keys for each row
  when (old.key_hash <> new.key_hash or old.is_active <> new.is_active or old.expires_at is distinct from new.expires_at
        or (old.role_id is not null and old.role_id is distinct from new.role_id))
  execute function change_account_authority();
create trigger authority before delete on members for each row execute function change_account_authority();
create trigger authority_changed before update of user_id, role_id, status on members for each row
  when (old.user_id is distinct from new.user_id or old.role_id is distinct from new.role_id or old.status <> new.status)
  execute function change_account_authority();
create trigger authority before delete on project_members for each row execute function change_account_authority();
create trigger authority_changed before update of role_id, status on project_members for each row
  when (old.role_id is distinct from new.role_id or old.status <> new.status) execute function change_account_authority();
create trigger authority before delete on roles for each row when (old.account_id is not null)
  execute function change_account_authority();
create trigger authority_changed before update of permissions on roles for each row
  when (old.account_id is not null and old.permissions <> new.permissions) execute function change_account_authority();
create trigger authority_changed before update of owner_id, is_suspended on accounts for each row
  when (old.owner_id <> new.owner_id or old.is_suspended <> new.is_suspended) execute function change_own_authority();
create trigger authority before delete on sessions for each row when (old.expires_at > now())
  execute function change_person_authority();
`;
