import { type Kysely, sql } from 'kysely';

/**
 * An address can be asked for by itself: it is counted, listed in order, and hidden once its account let go of it while a machine that
 * is being deleted has it still.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(statements).execute(db);
}

const statements = `
alter table public_addresses add column deleted_at timestamptz;
update public_addresses a set deleted_at = v.deleted_at
  from nics n join vms v on v.id = n.vm_id
 where n.public_address = a.address and v.deleted_at is not null;
alter table public_addresses add check (deleted_at is null or (state = 'attached' and not is_reserved));

drop index public_addresses_account;
create index public_addresses_newest on public_addresses (account_id, created_at desc, id desc) include (project_id, is_reserved, state)
 where account_id is not null and deleted_at is null;
create index public_addresses_project on public_addresses (project_id) where project_id is not null;

create function count_address() returns trigger language plpgsql as $$
declare had uuid; has uuid;
begin
  if tg_op <> 'INSERT' and old.is_reserved then had := old.account_id; end if;
  if tg_op <> 'DELETE' and new.is_reserved then has := new.account_id; end if;
  if had is not distinct from has then return null; end if;
  if had is not null then perform count_use(had, 'reservedIps', -1, false); end if;
  if has is not null then perform count_use(has, 'reservedIps', 1, true); end if;
  return null;
end $$;
create constraint trigger public_addresses_use after insert or delete or update of is_reserved, account_id on public_addresses
  deferrable initially deferred for each row execute function count_address();
`;
