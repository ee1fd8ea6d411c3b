import { type Kysely, sql } from 'kysely';

/** A change of the schema that a node of the last release, which still serves, may not bear. */
export interface BreakingChange {
  /** `column vms.name`: by which a migration says, in `besideRelease`, why it is borne all the same. */
  readonly what: string;
  /** What is wrong, and how it is done in two steps. */
  readonly sentence: string;
}

interface Column {
  readonly type: string;
  readonly isRequired: boolean;
  readonly hasDefault: boolean;
}

interface Constraint {
  readonly table: string;
  readonly definition: string;
  readonly columns: readonly string[];
}

interface Reference extends Constraint {
  readonly to: string;
  /** Of what the deletion of the row that is referred to leaves. */
  readonly refusesDeletion: boolean;
}

/** What PostgreSQL's catalogue says of the schema, by name. */
export interface Structure {
  /** The columns of each table, and the file in which its rows are. */
  readonly tables: Readonly<
    Record<string, { readonly file: number; readonly columns: Readonly<Record<string, Column>> }>
  >;
  readonly checks: Readonly<Record<string, Constraint>>;
  readonly unique: Readonly<Record<string, Constraint>>;
  readonly references: Readonly<Record<string, Reference>>;
  readonly triggers: Readonly<Record<string, Constraint>>;
  readonly functions: Readonly<Record<string, string>>;
}

/** Tables that grow with what is done, and not with what there is: a lock for as long as it takes to read or write them is a stop. */
const large = ['api_key_usage', 'audit_log', 'balance_entries', 'idempotency_keys', 'operations', 'terms'];

const twoSteps = (what: string, first: string) =>
  `In two steps: ${first}, and in a migration of the release after that do this, with \`export const besideRelease = { '${what}': 'why' }\``;

/**
 * What of a migration would break nodes of the last release. It is run, and the catalogue compared: however a statement is
 * written, and whatever it was made from, what it did is found.
 *
 * @param db as the last release and the migrations before this one have made it; the migration is kept where it `stays`
 */
export async function breakingChanges(
  db: Kysely<unknown>,
  released: Structure,
  up: (db: Kysely<unknown>) => Promise<void>,
  stays = false,
): Promise<BreakingChange[]> {
  let found: BreakingChange[] = [];
  const undone = new Error('undone');
  await db
    .transaction()
    .execute(async (tx) => {
      const before = await structureOf(tx);
      await up(tx);
      found = [...changesBetween(released, before, await structureOf(tx)), ...(await locksOf(tx, released))];
      if (!stays) throw undone;
    })
    .catch((error) => {
      if (error !== undone) throw error;
    });
  return found;
}

/** What the migration does not answer for, and what it answers for that it does not do. */
export function unanswered(
  found: readonly BreakingChange[],
  besideRelease: Readonly<Record<string, string>> = {},
): string[] {
  const whats = new Set(found.map(({ what }) => what));
  return [
    ...found.filter(({ what }) => !((besideRelease[what]?.length ?? 0) >= 10)).map(({ sentence }) => sentence),
    ...Object.keys(besideRelease)
      .filter((what) => !whats.has(what))
      .map((what) => `says why ${what} is borne, and does nothing of that kind to it: take it from besideRelease`),
  ];
}

function changesBetween(released: Structure, before: Structure, after: Structure): BreakingChange[] {
  return [
    ...changesOfTables(released, before, after),
    ...newChecks(released, before, after),
    ...changesOfUnique(released, before, after),
    ...newReferences(released, before, after),
    ...changesOfTriggers(released, before, after),
  ];
}

function changesOfTables(released: Structure, before: Structure, after: Structure): BreakingChange[] {
  const found: BreakingChange[] = [];
  const say = (what: string, does: string, first: string) =>
    found.push({ what, sentence: `${does}. ${twoSteps(what, first)}` });
  for (const [table, { columns, file }] of Object.entries(before.tables)) {
    const known = released.tables[table];
    if (known === undefined) continue;
    const now = after.tables[table];
    if (now === undefined) {
      say(
        `table ${table}`,
        `drops or renames the table ${table}, which the last release reads and writes`,
        'release a version that does not use it (a new name is a new table, which both are written to meanwhile)',
      );
      continue;
    }
    if (now.file !== file) {
      say(
        `rows of ${table}`,
        `writes all rows of ${table} anew while nobody can read them`,
        'add the column without a default that differs by row, have the release fill it in as it goes',
      );
    }
    for (const [name, was] of Object.entries(columns)) {
      if (known.columns[name] === undefined) continue;
      const what = `column ${table}.${name}`;
      const is = now.columns[name];
      if (is === undefined) {
        say(
          what,
          `drops or renames the column ${table}.${name}, which the last release reads or writes`,
          'release a version that does not use it (a new name is a new column, which both are written to meanwhile)',
        );
        continue;
      }
      if (is.type !== was.type)
        say(
          what,
          `makes ${is.type} of ${table}.${name}, which is ${was.type} to the last release`,
          'add a column of the new type, and release a version that writes both and reads the new one',
        );
      if (is.isRequired && !was.isRequired)
        say(
          what,
          `has ${table}.${name} never empty, which the last release may leave empty`,
          'release a version that always writes it',
        );
      if (was.hasDefault && !is.hasDefault)
        say(
          what,
          `takes the default from ${table}.${name}, which the last release may rely on`,
          'release a version that always writes it',
        );
    }
    for (const [name, is] of Object.entries(now.columns)) {
      if (columns[name] !== undefined || !is.isRequired || is.hasDefault) continue;
      say(
        `column ${table}.${name}`,
        `adds ${table}.${name}, which must not be empty and has no default: the last release does not write it`,
        'add it with a default, or so that it may be empty, and release a version that writes it',
      );
    }
  }
  return found;
}

const added = <C extends Constraint>(before: Readonly<Record<string, C>>, after: Readonly<Record<string, C>>) =>
  Object.entries(after).filter(([name, { definition }]) => before[name]?.definition !== definition);

function newChecks(released: Structure, before: Structure, after: Structure): BreakingChange[] {
  const gone = Object.values(before.checks).filter(
    ({ table, definition }) =>
      !Object.values(after.checks).some((other) => other.table === table && other.definition === definition),
  );
  return added(before.checks, after.checks).flatMap(([name, { table, definition, columns }]) => {
    const known = released.tables[table]?.columns ?? {};
    if (!columns.some((column) => known[column] !== undefined)) return [];
    if (gone.some((other) => other.table === table && isWider(other.definition, definition))) return [];
    const what = `check ${name}`;
    const does = `has ${table} checked for something new (${definition}), which the last release may not keep`;
    const first = 'release a version that writes nothing else';
    return [{ what, sentence: `${does}. ${twoSteps(what, first)}` }];
  });
}

const lists = / = ANY \(ARRAY\[([^\]]*)\]\)/g;

/** Whether the one check is the other with more words in its lists. */
function isWider(narrow: string, wide: string): boolean {
  const wordsOf = (text: string) => [...text.matchAll(lists)].map(([, list = '']) => list.split(', '));
  if (narrow.replace(lists, ' list') !== wide.replace(lists, ' list')) return false;
  const wider = wordsOf(wide);
  return wordsOf(narrow).every((words, index) => words.every((word) => wider[index]?.includes(word)));
}

const unnamed = (definition: string) => definition.replace(/ INDEX \S+ ON /, ' INDEX ON ');

function changesOfUnique(released: Structure, before: Structure, after: Structure): BreakingChange[] {
  const found: BreakingChange[] = [];
  const say = (name: string, does: string, first: string) =>
    found.push({ what: `unique ${name}`, sentence: `${does}. ${twoSteps(`unique ${name}`, first)}` });
  for (const [name, { table, columns, definition }] of added(before.unique, after.unique)) {
    const known = released.tables[table];
    if (known === undefined) continue;
    // What the last release leaves empty, it cannot have twice.
    const isOfNew = columns.every((column) => {
      const is = after.tables[table]?.columns[column];
      return known.columns[column] === undefined && is !== undefined && !is.hasDefault;
    });
    if (isOfNew && columns.length > 0 && !/NULLS NOT DISTINCT/.test(definition)) continue;
    const does = `has ${table} hold something once (${definition}), which the last release may write twice`;
    say(name, does, 'release a version that sees to it');
  }
  const now = new Set(Object.values(after.unique).map(({ definition }) => unnamed(definition)));
  for (const [name, { table, definition }] of Object.entries(before.unique)) {
    if (released.unique[name] === undefined || after.tables[table] === undefined || now.has(unnamed(definition)))
      continue;
    const does = `no longer has ${table} hold something once (${definition}), by which the last release may find what is there`;
    say(name, does, 'release a version that does not write `on conflict` of it');
  }
  return found;
}

function newReferences(released: Structure, before: Structure, after: Structure): BreakingChange[] {
  return added(before.references, after.references).flatMap(([name, { table, columns, to, refusesDeletion }]) => {
    const what = `reference ${name}`;
    const known = released.tables[table]?.columns ?? {};
    if (columns.some((column) => known[column] !== undefined)) {
      const does = `has ${table} refer to ${to}, which the last release may write otherwise`;
      return [{ what, sentence: `${does}. ${twoSteps(what, 'release a version that writes nothing else')}` }];
    }
    if (released.tables[to] === undefined || !refusesDeletion) return [];
    const does = `keeps rows of ${to} from being deleted by the last release, which does not know of ${table}: say \`on delete cascade\` or \`on delete set null\``;
    return [{ what, sentence: `${does}. ${twoSteps(what, 'release a version that deletes those first')}` }];
  });
}

function changesOfTriggers(released: Structure, before: Structure, after: Structure): BreakingChange[] {
  const found: BreakingChange[] = [];
  const first = 'release a version whose writes it suits';
  const say = (what: string, does: string) => found.push({ what, sentence: `${does}. ${twoSteps(what, first)}` });
  for (const [name, { table }] of added(before.triggers, after.triggers)) {
    if (released.tables[table] === undefined) continue;
    say(`trigger ${name}`, `has the trigger ${name} run for what the last release writes to ${table}`);
  }
  for (const [name, { table }] of Object.entries(before.triggers)) {
    if (released.triggers[name] === undefined || after.triggers[name] !== undefined) continue;
    if (after.tables[table] === undefined) continue;
    say(`trigger ${name}`, `drops the trigger ${name}, which the last release relies on when it writes to ${table}`);
  }
  for (const [name, definition] of Object.entries(before.functions)) {
    if (released.functions[name] === undefined || after.functions[name] === definition) continue;
    say(`function ${name}`, `changes or drops the function ${name}, which runs for what the last release writes`);
  }
  return found;
}

/** By what a transaction has locked it is seen what it did: writing rows, or reading all of them for an index. */
async function locksOf(tx: Kysely<unknown>, released: Structure): Promise<BreakingChange[]> {
  const { rows } = await sql<{ name: string; mode: string }>`
    select c.relname as name, l.mode from pg_locks l join pg_class c on c.oid = l.relation
     where l.pid = pg_backend_pid() and l.locktype = 'relation' and l.mode in ('ShareLock', 'RowExclusiveLock')
       and c.relkind = 'r' and c.relname = any (${large}) order by 1, 2`.execute(tx);
  return rows
    .filter(({ name }) => released.tables[name] !== undefined)
    .map(({ name, mode }) =>
      mode === 'ShareLock'
        ? {
            what: `index on ${name}`,
            sentence: `makes an index on ${name}, which nobody can write to until it is made. Write \`create index if not exists\`, tell operators in docs/operating.md to make it \`concurrently\` before the upgrade, and say so with \`export const besideRelease = { 'index on ${name}': 'why' }\``,
          }
        : {
            what: `rows of ${name}`,
            sentence: `changes rows of ${name}, however many there are, while whoever writes to them waits. ${twoSteps(`rows of ${name}`, 'have the release change them little by little')}`,
          },
    );
}

/** @throws Error where a table that is said to grow is not there */
export async function structureOf(db: Kysely<unknown>): Promise<Structure> {
  const { rows } = await sql<{ schema: Structure }>`
    with tables as (
      select c.oid, c.relname as name, c.relfilenode::bigint as file from pg_class c
       where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and c.relname not like 'raffia\\_%'),
    columns as (
      select a.attrelid, a.attname as name, a.attnum,
             json_build_object('type', concat(format_type(a.atttypid, a.atttypmod), nullif(concat(' ', a.attidentity, a.attgenerated), ' ')),
               'isRequired', a.attnotnull, 'hasDefault', a.atthasdef or a.attidentity <> '') as column
        from pg_attribute a join tables t on t.oid = a.attrelid where a.attnum > 0 and not a.attisdropped),
    constraints as (
      select t.name || '.' || o.conname as name, o.contype, json_build_object(
               'table', t.name, 'definition', pg_get_constraintdef(o.oid), 'to', o.confrelid::regclass::text,
               'refusesDeletion', o.confdeltype in ('a', 'r'),
               'columns', coalesce((select json_agg(a.attname) from pg_attribute a
                                     where a.attrelid = o.conrelid and a.attnum = any (o.conkey)), '[]')) as value
        from pg_constraint o join tables t on t.oid = o.conrelid),
    uniques as (
      select t.name || '.' || i.indexrelid::regclass as name, json_build_object(
               'table', t.name, 'definition', pg_get_indexdef(i.indexrelid),
               'columns', coalesce((select json_agg(a.attname) from pg_attribute a
                                     where a.attrelid = i.indrelid and a.attnum = any (i.indkey)
                                       and not 0 = any (i.indkey::smallint[])), '[]')) as value
        from pg_index i join tables t on t.oid = i.indrelid where i.indisunique or i.indisexclusion),
    triggers as (
      select t.name || '.' || g.tgname as name,
             json_build_object('table', t.name, 'definition', pg_get_triggerdef(g.oid), 'columns', '[]'::json) as value
        from pg_trigger g join tables t on t.oid = g.tgrelid where not g.tgisinternal)
    select json_build_object(
      'tables', (select json_object_agg(name, json_build_object('file', file, 'columns',
                   coalesce((select json_object_agg(c.name, c.column) from columns c where c.attrelid = t.oid), '{}')))
                   from tables t),
      'checks', (select coalesce(json_object_agg(name, value), '{}') from constraints where contype = 'c'),
      'references', (select coalesce(json_object_agg(name, value), '{}') from constraints where contype = 'f'),
      'unique', (select coalesce(json_object_agg(name, value), '{}') from uniques),
      'triggers', (select coalesce(json_object_agg(name, value), '{}') from triggers),
      'functions', (select coalesce(json_object_agg(p.oid::regprocedure::text, pg_get_functiondef(p.oid)), '{}')
                      from pg_proc p where p.pronamespace = 'public'::regnamespace and p.prokind = 'f'
                       and not exists (select 1 from pg_depend d where d.objid = p.oid and d.deptype = 'e'))
    ) as schema`.execute(db);
  const schema = rows[0]?.schema as Structure;
  for (const table of large) if (schema.tables[table] === undefined) throw new Error(`there is no table ${table}`);
  return schema;
}
