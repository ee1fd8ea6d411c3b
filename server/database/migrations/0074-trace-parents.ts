import { type Kysely, sql } from 'kysely';

/** Work belongs to the trace of the request that asked for it, whoever does it and however late. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(statements).execute(db);
}

const statements = `
alter table operations add column trace_parent text
  constraint operations_trace_parent check (trace_parent ~ '^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$');
`;
