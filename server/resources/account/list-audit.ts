import type { listAuditEntries } from '@raffia/contract/account.ts';
import { type Kysely, type RawBuilder, sql } from 'kysely';
import { countedAtMost, pageOf } from '../../calls/page.ts';
import type { ReadCall } from '../../calls/route.ts';
import { type Newest, readNewest } from '../../database/read-newest.ts';
import type { Row, Tables } from '../../database/tables.ts';
import { invalid } from '../../foundation/api-error.ts';
import { isUuid } from '../../foundation/canonical-form.ts';

type Entry = Row<'audit_log'>;

/** How many different actors one question may be about. */
const mostActors = 20;

/**
 * The audit log, newest first. Whatever is asked for, an index has it in the order of the answer: a verb's beginning and an actor's
 * are turned into the verbs and names that there are, and each of these is read from its newest entry on. An actor that is told by its id
 * is turned into the verbs of what it did.
 */
export async function listAudit({ services, principal, query }: ReadCall<typeof listAuditEntries>) {
  const { db } = services;
  const { accountId } = principal;
  const since = timeOf('since', query.since);
  const until = timeOf('until', query.until);
  const where = [sql`r.account_id = ${accountId}`];
  if (query.resource_id !== undefined) where.push(sql`r.resource_id = ${query.resource_id}`);
  if (since !== undefined) where.push(sql`r.created_at >= ${since}`);
  const ends = [
    ...(until === undefined ? [] : [sql`select ${until}::timestamptz as created_at, 0 as id`]),
    ...(query.before === undefined
      ? []
      : [
          sql`select e.created_at, e.id from (select) one left join audit_log e on e.id = ${query.before} and e.account_id = ${accountId}`,
        ]),
  ];
  // Of two bounds the index would begin at one and read on to the other: the smaller one is asked alone. None is before an entry that is not there.
  if (ends.length > 0) {
    where.push(sql`(r.created_at, r.id) < (select created_at, id from (${sql.join(ends, sql` union all `)}) e
                    order by created_at nulls first, id limit 1)`);
  }
  const { rows, total, isCapped } = await readNewest<Entry>(
    db,
    { table: 'audit_log', order: ['created_at', 'id'], ...(await asked(db, accountId, query, where)) },
    pageOf(query, 50),
    sql`r.*`,
    countedAtMost,
  );
  return { success: true, data: rows.map(present), total, ...(isCapped ? { total_is_capped: true } : {}) };
}

/** What is asked for: the entries of a verb, of an actor, or of one by the other are a part that an index has in order. */
async function asked(
  db: Kysely<Tables>,
  accountId: string,
  query: { verb?: string; actor?: string; resource_id?: string },
  where: readonly RawBuilder<unknown>[],
): Promise<Pick<Newest, 'where' | 'by' | 'parts'>> {
  const verb = query.verb === '' ? undefined : query.verb;
  const actor = query.actor === '' ? undefined : query.actor;
  const isId = actor !== undefined && isUuid(actor);
  const hasId = sql`r.actor_id = ${actor}::uuid`;
  // Few entries are about one resource: they are looked through.
  if (query.resource_id !== undefined) {
    const isVerb = sql`(r.verb = ${verb} or starts_with(r.verb, ${`${verb}.`}))`;
    const isActor = isId ? hasId : sql`starts_with(folded(r.actor_name), folded(${actor}))`;
    const its = [...(verb === undefined ? [] : [isVerb]), ...(actor === undefined ? [] : [isActor])];
    return { where: [...where, ...its], by: [], parts: [[]] };
  }
  if (isId) {
    const verbs = await distinctVerbs(db, accountId, verb, actor);
    return { where: [...where, hasId], by: [byOfVerb], parts: verbs.map((its) => [its]) };
  }
  const names = actor === undefined ? undefined : await distinctActors(db, accountId, actor);
  if (names !== undefined && names.length > mostActors) {
    throw invalid(`actor is the beginning of more than ${mostActors} names; give more of the one you look for`);
  }
  const verbs = verb === undefined ? undefined : await distinctVerbs(db, accountId, verb);
  const byVerb = verbs?.map((its) => [its]) ?? [[]];
  const byActor = names?.map((its) => [its]) ?? [[]];
  return {
    where,
    by: [
      ...(verbs === undefined ? [] : [byOfVerb]),
      ...(names === undefined ? [] : [{ value: foldedName, type: 'text' } as const]),
    ],
    parts: byVerb.flatMap((one) => byActor.map((other) => [...one, ...other])),
  };
}

const byOfVerb = { value: sql`r.verb collate "C"`, type: 'text' } as const;

/** An actor's name whatever its case, as the indexes have it: what is asked for goes through the same function. */
const foldedName = sql`folded(r.actor_name) collate "C"`;

/** The verbs of an account's entries, or of one actor's, that begin so, one probe of an index for each that there is. */
async function distinctVerbs(
  db: Kysely<Tables>,
  accountId: string,
  beginning: string | undefined,
  actorId?: string,
): Promise<string[]> {
  const its = sql`account_id = ${accountId}${actorId === undefined ? sql`` : sql` and actor_id = ${actorId}::uuid`}`;
  const { rows } = await sql<{ verb: string }>`
    with recursive verbs as (
      (select verb from audit_log where ${its} order by verb collate "C" limit 1)
      union all
      select (select verb from audit_log where ${its} and verb collate "C" > v.verb collate "C" order by verb collate "C" limit 1)
        from verbs v where v.verb is not null
    ) select verb from verbs where verb is not null`.execute(db);
  const all = rows.map((row) => row.verb);
  return beginning === undefined ? all : all.filter((verb) => verb === beginning || verb.startsWith(`${beginning}.`));
}

/** The names of actors that begin so, whatever their case; one more than may be asked about at most. */
async function distinctActors(db: Kysely<Tables>, accountId: string, beginning: string): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    with recursive names as (
      (select folded(r.actor_name) as name from audit_log r
        where r.account_id = ${accountId} and ${foldedName} >= folded(${beginning}) collate "C" order by ${foldedName} limit 1)
      union all
      select (select folded(r.actor_name) from audit_log r where r.account_id = ${accountId} and ${foldedName} > n.name collate "C"
               order by ${foldedName} limit 1)
        from names n where starts_with(n.name, folded(${beginning}))
    ) select name from names where starts_with(name, folded(${beginning})) limit ${mostActors + 1}`.execute(db);
  return rows.map((row) => row.name);
}

function present(row: Entry) {
  return {
    id: row.id,
    verb: row.verb,
    actor_kind: row.actor_kind,
    ...(row.actor_id === null ? {} : { actor_id: row.actor_id }),
    actor_name: row.actor_name,
    ...(row.project_id === null ? {} : { project_id: row.project_id }),
    ...(row.resource_id === null ? {} : { resource_id: row.resource_id }),
    details: row.details,
    ...(row.request_id === null ? {} : { request_id: row.request_id }),
    created_at: row.created_at.toISOString(),
  };
}

function timeOf(name: string, text: string | undefined): Date | undefined {
  if (text === undefined) return undefined;
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) throw invalid(`${name} must be a time such as 2027-01-31T12:00:00Z`);
  return time;
}
