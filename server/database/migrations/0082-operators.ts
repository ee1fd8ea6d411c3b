import { type Kysely, sql } from 'kysely';

/** People whom the host's command has made operators of this cloud. Taking it away waits for the writes that stand on it, as with a session. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(statements).execute(db);
}

const statements = `
create table operators (
  user_id uuid primary key references users (id) on delete cascade,
  created_at timestamptz not null default now()
);
create trigger authority before delete on operators for each row execute function change_person_authority();
`;
