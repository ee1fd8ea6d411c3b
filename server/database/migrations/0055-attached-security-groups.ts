import { type Kysely, sql } from 'kysely';

/** Which security groups the interfaces of machines have, in the order in which they were attached. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table nic_security_groups (
      vm_id uuid not null,
      nic_id integer not null,
      security_group_id uuid not null references security_groups (id),
      position bigint generated always as identity,
      primary key (vm_id, nic_id, security_group_id),
      foreign key (vm_id, nic_id) references nics (vm_id, nic_id) on delete cascade
    )`.execute(db);
  await sql`create index nic_security_groups_group on nic_security_groups (security_group_id)`.execute(db);
}
