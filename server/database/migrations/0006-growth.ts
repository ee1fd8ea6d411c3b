import { type Kysely, sql } from 'kysely';

/**
 * What an account has of everything is counted as it changes, and what it may have is one table. The counters move at the commit, so
 * that an account's row in `usage` is locked for that moment only; a new row that goes over the limit fails there, whoever made it.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(statements).execute(db);
}

const rowTables = {
  images: 'images',
  volumes: 'volumes',
  ssh_keys: 'sshKeys',
  api_keys: 'apiKeys',
  projects: 'projects',
  roles: 'roles',
  invitations: 'invitations',
};

const statements = `
create table quotas (
  account_id uuid references accounts (id) on delete cascade,
  name text not null,
  "limit" bigint,
  constraint quotas_name unique nulls not distinct (account_id, name)
);
insert into quotas (account_id, name, "limit")
  select id, 'vms', vm_quota from accounts
  union all select id, 'vcpus', vcpu_quota from accounts where vcpu_quota is not null
  union all select id, 'ram', ram_quota from accounts where ram_quota is not null;
alter table accounts drop column vm_quota, drop column vcpu_quota, drop column ram_quota;

create table usage (
  account_id uuid not null,
  name text not null,
  used bigint not null,
  primary key (account_id, name)
) with (fillfactor = 50);

alter table vm_notes add column account_id uuid;
update vm_notes n set account_id = v.account_id from vms v where v.id = n.vm_id;
alter table vm_notes alter column account_id set not null;

create function quota_limit(account uuid, what text) returns bigint language sql stable as $$
  select "limit" from quotas where name = what and (account_id = account or account_id is null) order by account_id nulls last limit 1
$$;

create function count_use(account uuid, what text, amount bigint, is_new boolean) returns void language plpgsql as $$
declare now_used bigint; allowed bigint;
begin
  if amount = 0 then return; end if;
  insert into usage values (account, what, amount)
    on conflict (account_id, name) do update set used = usage.used + excluded.used
    returning used into now_used;
  if is_new and amount > 0 then
    allowed := quota_limit(account, what);
    if now_used > allowed then
      raise exception 'quota of % exceeded', what using errcode = 'RQ001', constraint = what, detail = allowed::text;
    end if;
  end if;
end $$;

create function count_vm() returns trigger language plpgsql as $$
declare had boolean := false; has boolean := false;
begin
  if tg_op <> 'INSERT' then had := old.deleted_at is null and old.status <> 'failure'; end if;
  if tg_op <> 'DELETE' then has := new.deleted_at is null and new.status <> 'failure'; end if;
  if tg_op = 'INSERT' then
    if has then
      perform count_use(new.account_id, 'ram', new.ram, true), count_use(new.account_id, 'vcpus', new.cpu, true),
              count_use(new.account_id, 'vms', 1, true);
    end if;
  elsif tg_op = 'DELETE' then
    if had then
      perform count_use(old.account_id, 'ram', -old.ram, false), count_use(old.account_id, 'vcpus', -old.cpu, false),
              count_use(old.account_id, 'vms', -1, false);
    end if;
  else
    -- What is given back to a machine that a host lost and found again, or whose smaller plan failed, is never refused.
    perform count_use(new.account_id, 'ram', has::int * new.ram - had::int * old.ram, false),
            count_use(new.account_id, 'vcpus', has::int * new.cpu - had::int * old.cpu, false),
            count_use(new.account_id, 'vms', has::int - had::int, false);
  end if;
  return null;
end $$;
create constraint trigger vms_use after insert or delete or update of status, deleted_at, cpu, ram on vms
  deferrable initially deferred for each row execute function count_vm();

create function count_vpc() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then perform count_use(new.account_id, 'vpcs', (new.deleted_at is null)::int, true);
  elsif tg_op = 'DELETE' then perform count_use(old.account_id, 'vpcs', -((old.deleted_at is null)::int), false);
  else perform count_use(new.account_id, 'vpcs', (new.deleted_at is null)::int - (old.deleted_at is null)::int, false);
  end if;
  return null;
end $$;
create constraint trigger vpcs_use after insert or delete or update of deleted_at on vpcs
  deferrable initially deferred for each row execute function count_vpc();

create function count_note() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then perform count_use(new.account_id, 'noteBytes', octet_length(new.content), true);
  elsif tg_op = 'DELETE' then perform count_use(old.account_id, 'noteBytes', -octet_length(old.content), false);
  else perform count_use(new.account_id, 'noteBytes', octet_length(new.content) - octet_length(old.content), true);
  end if;
  return null;
end $$;
create constraint trigger vm_notes_use after insert or delete or update of content on vm_notes
  deferrable initially deferred for each row execute function count_note();

create function count_row() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    if new.account_id is not null then perform count_use(new.account_id, tg_argv[0], 1, true); end if;
  elsif old.account_id is not null then perform count_use(old.account_id, tg_argv[0], -1, false);
  end if;
  return null;
end $$;
${Object.entries(rowTables)
  .map(
    ([table, name]) => `create constraint trigger ${table}_use after insert or delete on ${table}
  deferrable initially deferred for each row execute function count_row('${name}');`,
  )
  .join('\n')}
`;
