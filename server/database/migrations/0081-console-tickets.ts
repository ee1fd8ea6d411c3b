import { type Kysely, sql } from 'kysely';

/**
 * With a ticket a console of a machine is opened, once; of the ticket there is only its hash. Simulated machines count how often they were
 * started: what ran before has ended.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(statements).execute(db);
}

const statements = `
create table console_tickets (
  token_hash text primary key,
  account_id uuid not null references accounts (id) on delete cascade,
  project_id uuid not null references projects (id) on delete cascade,
  vm_id uuid not null references vms (id) on delete cascade,
  caller_kind text not null check (caller_kind in ('key', 'user')),
  caller_id uuid not null,
  caller_name text not null,
  credential text not null,
  expires_at timestamptz not null
);
alter table simulated_machines add column starts integer not null default 0;
create index console_tickets_account on console_tickets (account_id, expires_at);
`;
