import { type Kysely, sql } from 'kysely';

/** An index for each filter of each list, so that none reads more than it shows: also with millions of rows. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(statements).execute(db);
}

const statements = `
create index operations_resource on operations (resource_id, sequence desc);
create index operations_account_status on operations (account_id, status, sequence desc);
create index operations_project on operations (account_id, project_id, status, sequence desc);

drop index audit_log_account;
create index audit_log_newest on audit_log (account_id, created_at desc, id desc);
create index audit_log_verb on audit_log (account_id, verb collate "C", created_at desc, id desc);
create index audit_log_actor on audit_log (account_id, lower(actor_name) collate "C", verb collate "C", created_at desc, id desc);
create index audit_log_resource on audit_log (account_id, resource_id, created_at desc, id desc) where resource_id is not null;

-- What a list of machines filters by lies in the index: counting and skipping touch no rows.
drop index vms_newest;
create index vms_newest on vms (account_id, created_at desc, id desc) include (project_id, region, status) where deleted_at is null;

alter table images add column deleted_at timestamptz;
-- For housekeeping, which takes the oldest: next to nothing beside tables that are written in the order of time.
create index operations_age on operations using brin (finished_at) with (autosummarize = true);
create index audit_log_age on audit_log using brin (created_at) with (autosummarize = true);

drop index images_account;
create index images_newest on images (account_id, id desc);
`;
