import { type Kysely, sql } from 'kysely';

/** A VPC may have a gateway, which is seen outside under a public address of its own, and holds it until its host has let go of it. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(statements).execute(db);
}

const statements = `
alter table vpcs
  add column gateway_type text not null default 'none' check (gateway_type in ('none', 'nat')),
  add column router_address inet references public_addresses (address),
  add column router_status text check (router_status in ('provisioning', 'active', 'failure')),
  add check (gateway_type = 'none' or router_address is not null),
  add check ((gateway_type = 'none') = (router_status is null));
create unique index vpcs_router_address on vpcs (router_address) where router_address is not null;

create function count_gateway() returns trigger language plpgsql as $$
declare had uuid; has uuid;
begin
  if tg_op <> 'INSERT' and old.router_address is not null then had := old.account_id; end if;
  if tg_op <> 'DELETE' and new.router_address is not null then has := new.account_id; end if;
  if had is not distinct from has then return null; end if;
  if had is not null then perform count_use(had, 'gateways', -1, false); end if;
  if has is not null then perform count_use(has, 'gateways', 1, true); end if;
  return null;
end $$;
create constraint trigger vpcs_gateways after insert or delete or update of router_address, account_id on vpcs
  deferrable initially deferred for each row execute function count_gateway();

alter table simulated_machines add column name_servers text[] not null default '{}';
`;
