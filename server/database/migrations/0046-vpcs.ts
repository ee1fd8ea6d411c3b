import { type Kysely, sql } from 'kysely';

/** What a VPC that is asked for by itself says beyond its block, and the order in which a list shows them. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table vpcs add column description text, add column dns text`.execute(db);
  await sql`create index vpcs_newest on vpcs (account_id, created_at desc, id desc) where deleted_at is null`.execute(
    db,
  );
}
