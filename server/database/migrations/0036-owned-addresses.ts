import { type Kysely, sql } from 'kysely';

/**
 * A public address is somebody's by its own row: an account has it, for itself (reserved) or as long as an interface has it, and the
 * interface refers to it. So a machine can have several, and an account some that no machine has. Free ones are in order by family.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(statements).execute(db);
}

const statements = `
alter table nics add column public_address inet generated always as (case when type <> 'vpc' then address end) stored;
drop index nics_public_address;
create unique index nics_public_address on nics (public_address) where public_address is not null;

alter table public_addresses
  add column state text not null default 'free' check (state in ('free', 'reserved', 'attached')),
  add column is_reserved boolean not null default false,
  add column id uuid,
  add column account_id uuid references accounts (id),
  add column project_id uuid references projects (id),
  add column created_by uuid,
  add column created_at timestamptz,
  add column updated_at timestamptz;
update public_addresses a
   set state = 'attached', id = gen_random_uuid(), account_id = v.account_id, project_id = v.project_id,
       created_by = v.created_by, created_at = v.created_at, updated_at = v.created_at
  from nics n join vms v on v.id = n.vm_id
 where n.public_address = a.address;
alter table public_addresses
  drop column vm_id,
  add check ((state = 'free') = (id is null) and (state = 'free') = (account_id is null) and (state = 'free') = (project_id is null)),
  add check (case state when 'free' then not is_reserved when 'reserved' then is_reserved else true end);
create index public_addresses_free on public_addresses (region, family(address), address) where state = 'free' and held_for is null;
create unique index public_addresses_id on public_addresses (id) where id is not null;
create index public_addresses_account on public_addresses (account_id, id desc) where account_id is not null;

alter table nics add foreign key (public_address) references public_addresses (address);
`;
