import { type Kysely, sql } from 'kysely';

/** Who invited, key or person: the invitation does not outlive what allowed it. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table invitations
      add column inviter_kind text check (inviter_kind in ('key', 'user')),
      add column inviter_id uuid`.execute(db);
}
