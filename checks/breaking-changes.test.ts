import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { hash } from 'node:crypto';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { allMigrations } from '@raffia/server/database/all-migrations.ts';
import { type Database, openDatabase } from '@raffia/server/database/database.ts';
import { migrate, migrationNames } from '@raffia/server/database/migrate.ts';
import { released } from '@raffia/server/database/released.ts';
import { whyNotReleased } from '@raffia/server/testing/released-version.ts';
import { createTestDatabase } from '@raffia/server/testing/test-database.ts';
import { type Kysely, sql } from 'kysely';
import { breakingChanges, type Structure, structureOf, unanswered } from './breaking-changes.ts';

/** What a migration is, beside its `up`: see docs/migrations.md. */
interface Migration {
  up(db: Kysely<unknown>): Promise<void>;
  readonly besideRelease?: Readonly<Record<string, string>>;
}

const root = join(import.meta.dirname, '..');
let database: Awaited<ReturnType<typeof createTestDatabase>>;
let opened: Database;
let db: Kysely<unknown>;
let schema: Structure;

before(async () => {
  database = await createTestDatabase({ isEmpty: true });
  opened = openDatabase(database.url, 2, () => {});
  await migrate(opened.db, Object.keys(released.migrations).at(-1));
  db = opened.db as unknown as Kysely<unknown>;
  schema = await structureOf(db);
});
after(async () => {
  await opened.close();
  await database.drop();
});

const whats = async (statements: string) =>
  (await breakingChanges(db, schema, async (tx) => void (await sql.raw(statements).execute(tx)))).map(
    ({ what }) => what,
  );

// That nobody has changed it since, migrate.test.ts holds. A clone may have no history to look it up in.
if (whyNotReleased(released.commit) === undefined) {
  test('what is written down of the last release is what its commit has', () => {
    const git = (...args: string[]) => spawnSync('git', args, { cwd: root, encoding: 'utf8' }).stdout;
    const folder = 'server/database/migrations/';
    const files = git('ls-tree', '--name-only', released.commit, folder).trim().split('\n');
    assert.deepEqual(
      Object.fromEntries(
        files.map((file) => [
          file.slice(folder.length).replace(/\.ts$/, ''),
          hash('sha256', git('show', `${released.commit}:${file}`)),
        ]),
      ),
      released.migrations,
      'node raffia.mjs release writes it anew',
    );
  });
}

test('no migration since the last release breaks nodes of that release, or says why they bear it', async () => {
  const isNew = migrationNames.filter((name) => !(name in released.migrations));
  const wrong: string[] = [];
  for (const name of isNew) {
    const load = allMigrations[name];
    assert.ok(load);
    const { up, besideRelease }: Migration = await load();
    const found = await breakingChanges(db, schema, up, true);
    wrong.push(...unanswered(found, besideRelease).map((sentence) => `${name} ${sentence}`));
  }
  assert.deepEqual(wrong, []);
  assert.ok(Object.keys(schema.tables).length > 50);
});

/** What each does to nodes of the last release, by the words of its sentence. */
const breaking: readonly [statements: string, what: string, sentence: RegExp][] = [
  [
    'drop table vm_notes',
    'table vm_notes',
    /^drops or renames the table vm_notes, .*In two steps: release a version that does not use it/,
  ],
  ['alter table vm_notes rename to notes', 'table vm_notes', /a new name is a new table/],
  ['alter table vms drop column name', 'column vms.name', /^drops or renames the column vms\.name/],
  ['alter table vms rename column name to title', 'column vms.name', /a new name is a new column/],
  [`do $$ begin execute 'alter table ' || 'vms drop column name'; end $$`, 'column vms.name', /drops/],
  ['alter table vms add column colour text not null', 'column vms.colour', /must not be empty and has no default/],
  [
    'alter table vm_notes alter column id type text',
    'column vm_notes.id',
    /makes text of vm_notes\.id, which is .* to the last release/,
  ],
  [
    'alter table operations alter column waiting_for set not null',
    'column operations.waiting_for',
    /never empty.*always writes it/,
  ],
  [
    'alter table accounts alter column created_at drop default',
    'column accounts.created_at',
    /takes the default from accounts\.created_at/,
  ],
  [
    `alter table vms add constraint short check (length(name) < 5)`,
    'check vms.short',
    /^has vms checked for something new.*writes nothing else/,
  ],
  [
    `alter table backups drop constraint backups_state_check;
     alter table backups add constraint backups_state_check check (state in ('creating', 'ready'))`,
    'check backups.backups_state_check',
    /checked for something new/,
  ],
  ['create unique index once on vms (account_id, name)', 'unique vms.once', /something once.*sees to it/],
  [`alter table vms add column colour text unique default 'red'`, 'unique vms.vms_colour_key', /something once/],
  ['drop index vms_name', 'unique vms.vms_name', /no longer has vms hold something once.*on conflict/],
  [
    'alter table vms add foreign key (template_id) references images (id) not valid',
    'reference vms.vms_template_id_fkey',
    /^has vms refer to images/,
  ],
  [
    'create table vm_colours (vm_id uuid references vms)',
    'reference vm_colours.vm_colours_vm_id_fkey',
    /keeps rows of vms from being deleted.*on delete cascade/,
  ],
  [
    `create function refuse() returns trigger language plpgsql as $$ begin raise 'no'; end $$;
     create trigger refuse before insert on vms for each row execute function refuse()`,
    'trigger vms.refuse',
    /^has the trigger vms\.refuse run/,
  ],
  ['drop function count_row() cascade', 'function count_row()', /^changes or drops the function count_row/],
  [
    `create or replace function count_row() returns trigger language plpgsql as $$ begin return null; end $$`,
    'function count_row()',
    /runs for what the last release writes/,
  ],
  [
    'alter table vms add column mark uuid default gen_random_uuid()',
    'rows of vms',
    /writes all rows of vms anew.*without a default that differs by row/,
  ],
  [
    'create index slow on operations (kind)',
    'index on operations',
    /nobody can write to until it is made\. Write `create index if not exists`/,
  ],
  [
    'update audit_log set verb = lower(verb)',
    'rows of audit_log',
    /while whoever writes to them waits\. In two steps: .* little by little/,
  ],
];

test('each change that breaks nodes of the last release is found, with how to do it in two steps', async () => {
  for (const [statements, what, sentence] of breaking) {
    const found = await breakingChanges(db, schema, async (tx) => void (await sql.raw(statements).execute(tx)));
    const one = found.find((change) => change.what === what);
    assert.ok(one, `${statements}: found ${found.map((change) => change.what).join(', ') || 'nothing'}`);
    assert.match(one.sentence, sentence);
    assert.ok(one.sentence.includes(`besideRelease = { '${what}': `), one.sentence);
  }
});

test('what nodes of the last release do not notice is let through', async () => {
  const { rows } = await opened.pool.query(
    `select pg_get_constraintdef(oid) as definition from pg_constraint where conname = 'backups_state_check'`,
  );
  const wider = (rows[0].definition as string).replace('ARRAY[', `ARRAY['frozen'::text, `);
  const borne = [
    'alter table vms add column colour text',
    `alter table vms add column colour text not null default 'red' check (colour <> '')`,
    'alter table vms add column colour text unique',
    'alter table vms alter column name drop not null',
    `create table colours (id uuid primary key, vm_id uuid not null references vms on delete cascade, name text unique check (name <> ''))`,
    'create index vms_by_name on vms (name)',
    'drop index vms_newest',
    `alter table backups drop constraint backups_state_check; alter table backups add constraint backups_state_check ${wider}`,
    `create table colours (id int); alter table colours add column name text not null; drop table colours`,
    `create function shade() returns int language sql as 'select 1'`,
    'update quotas set name = name',
  ];
  for (const statements of borne) {
    assert.deepEqual(await whats(statements), [], statements);
  }
});

test('a migration answers for just what it does: with a reason for each, and with none for anything else', async () => {
  const found = await breakingChanges(db, schema, async (tx) => {
    await sql`alter table vms drop column name`.execute(tx);
  });
  const name = found.map(({ what }) => what);
  assert.ok(name.includes('column vms.name'));
  const reason = 'unused since the release before';
  assert.ok(unanswered(found).length >= 1);
  assert.deepEqual(unanswered(found, Object.fromEntries(name.map((what) => [what, reason]))), []);
  assert.equal(unanswered(found, Object.fromEntries(name.map((what) => [what, '']))).length, found.length);
  assert.match(unanswered([], { 'column vms.name': reason })[0] as string, /takes? it from besideRelease|take it from/);
});
