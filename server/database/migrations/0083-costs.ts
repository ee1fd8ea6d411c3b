import { type Kysely, sql } from 'kysely';

/**
 * What was spent is told by project, also when that is gone: a term says in which one it began, and refers to nothing. Terms of before are
 * of the project in which what they are of still lies. They are found by when they ended as well: what is asked for is mostly the latest.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(statements).execute(db);
}

export const besideRelease = {
  'index on terms':
    'it takes about a second for a million rows, and docs/operating.md says how to make it before the upgrade',
};

const statements = `
alter table terms add column project_id uuid;
create index if not exists terms_until on terms (account_id, until);
`;
