import { type Kysely, sql } from 'kysely';
import type { Tables } from '../database/tables.ts';

/** What happens to somebody's own way in. */
export type PersonVerb =
  | 'person.sign-in'
  | 'person.sign-in-failed'
  | 'person.check-failed'
  | 'person.password'
  | 'person.second-factor-on'
  | 'person.second-factor-off'
  | 'person.backup-codes'
  | 'person.single-sign-on'
  | 'person.sign-in-link';

/** Who did it, from where: an address, or the operator. */
export interface PersonEntry {
  readonly verb: PersonVerb;
  readonly address: string;
  readonly actor?: 'user' | 'operator';
  readonly requestId?: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

/**
 * Puts down what happened to a person's way in, in the audit log of every account where the person may do something. Who failed to be
 * the person has no id there; the limit of attempts bounds how many can. An Owner is a member of the account as well.
 */
export async function auditPerson(
  db: Kysely<Tables>,
  email: string,
  { verb, address, actor = 'user', requestId, details = {} }: PersonEntry,
): Promise<void> {
  const isStranger = verb === 'person.sign-in-failed';
  await sql`
    insert into audit_log (account_id, verb, actor_kind, actor_id, actor_name, resource_id, details, request_id)
    select a.id, ${verb}, ${actor}, ${actor === 'user' && !isStranger ? sql`u.id` : sql`null::uuid`},
           ${actor === 'user' ? sql`u.email` : sql`'operator'`}, u.id,
           ${JSON.stringify({ address, email: email.toLowerCase(), ...details })}::jsonb, ${requestId ?? null}
      from users u
     cross join lateral (select account_id as id from members where user_id = u.id
                         union select account_id from project_members where user_id = u.id) a
     where u.email = ${email.toLowerCase()}`.execute(db);
}
