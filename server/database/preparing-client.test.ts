import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { sql } from 'kysely';
import { createTestDatabase } from '../testing/test-database.ts';
import { type Database, openDatabase } from './database.ts';
import { transact } from './transaction.ts';

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let opened: Database;

before(async () => {
  database = await createTestDatabase();
  // One connection: what is prepared is seen by whoever asks next.
  opened = openDatabase(database.url, 1, () => {});
});
after(async () => {
  await opened.close();
  await database.drop();
});

/** How often each statement with these words was planned or begun, by the database. */
async function prepared(words: string): Promise<{ statement: string; runs: number }[]> {
  const { rows } = await opened.pool.query(
    `select statement, generic_plans + custom_plans as runs from pg_prepared_statements
      where statement like '%${words}%' and statement not like '%pg_prepared_statements%'`,
  );
  return rows;
}

test('a statement that comes again is prepared once, and answers what its values ask for', async () => {
  const text = 'select $1::int * 2 as twice';
  for (let n = 0; n < 20; n++) {
    const { rows } = await opened.pool.query(text, [n]);
    assert.deepEqual(rows, [{ twice: 2 * n }]);
  }
  assert.deepEqual(await prepared('as twice'), [{ statement: text, runs: 16 }]);
});

test('one that comes a few times is not, nor is one without values', async () => {
  for (let n = 0; n < 4; n++) await opened.pool.query('select $1::int as rare', [n]);
  for (let n = 0; n < 20; n++) await opened.pool.query('select 1 as constant');
  assert.deepEqual(await prepared('as rare'), []);
  assert.deepEqual(await prepared('as constant'), []);
});

test('one that is refused in a transaction can be asked after it', async () => {
  const text = 'select 10 / $1::int as part';
  for (let n = 1; n < 4; n++) await opened.pool.query(text, [n]);
  const client = await opened.pool.connect();
  await client.query('begin');
  // The fifth is the first to be prepared, and comes when nothing is taken any more.
  await assert.rejects(client.query(text, [0]), { code: '22012' });
  await assert.rejects(client.query(text, [1]), { code: '25P02' });
  await client.query('rollback');
  for (let n = 1; n < 6; n++) {
    const { rows } = await client.query(text, [n]);
    assert.deepEqual(rows, [{ part: Math.floor(10 / n) }]);
  }
  client.release();
  assert.equal((await prepared('as part')).length, 1);
});

test('a table that gets another column is read with it, and one that got rows is not read as an empty one', async () => {
  await opened.pool.query('create table growing (id int primary key, of int)');
  await opened.pool.query('create index growing_of on growing (of)');
  const text = 'select id from growing where of = $1';
  for (let n = 0; n < 20; n++) assert.deepEqual((await opened.pool.query(text, [n])).rows, []);
  await opened.pool.query('alter table growing add column more int');
  await opened.pool.query('insert into growing select n, n, n from generate_series(1, 20000) n');
  await opened.pool.query('analyze growing');
  assert.deepEqual((await opened.pool.query(text, [77])).rows, [{ id: 77 }]);
  const name = (await opened.pool.query(`select name from pg_prepared_statements where statement = '${text}'`)).rows[0];
  const { rows } = await opened.pool.query(`explain execute "${name.name}" (77)`);
  assert.match(rows.map((row) => row['QUERY PLAN']).join('\n'), /growing_of/);
});

test('what was prepared before a table got another column is asked anew, in and outside of transactions', async () => {
  const { pool, db } = opened;
  await pool.query('create table widening (id int primary key)');
  await pool.query('insert into widening values (1)');
  const text = 'select * from widening where id = $1';
  const ask = async () => (await pool.query(text, [1])).rows[0];
  const statement = sql<{ id: number }>`select * from widening where id = ${1} for update`;
  let tries = 0;
  const transaction = () =>
    transact(db, async (tx) => {
      tries++;
      await sql`insert into widening values (${100 + tries})`.execute(tx.db);
      return (await statement.execute(tx.db)).rows[0];
    });
  const named = (name: string, more = '') =>
    pool.query({ name, text: `select *${more} from widening where id = $1`, values: [1] }).then(({ rows }) => rows[0]);
  for (let n = 0; n < 8; n++) {
    await ask();
    await transaction();
    await named('one');
    await named('other', ', 1 as one');
  }
  assert.equal((await prepared('from widening')).length, 4);
  await pool.query('alter table widening add column more int default 7');
  assert.deepEqual(await named('one'), { id: 1, more: 7 });
  assert.deepEqual(await ask(), { id: 1, more: 7 });
  assert.deepEqual(await named('other', ', 1 as one'), { id: 1, more: 7, one: 1 });
  await pool.query('delete from widening where id > 1');
  for (let n = 0; n < 8; n++) await Promise.all([ask(), transaction()]);
  await pool.query('delete from widening where id > 1');
  tries = 0;
  await pool.query('alter table widening add column most int default 8');
  assert.deepEqual(await transaction(), { id: 1, more: 7, most: 8 });
  assert.equal(tries, 2, 'the first try was refused, and left nothing');
  const { rows } = await pool.query('select id from widening where id > 1');
  assert.deepEqual(rows, [{ id: 102 }]);
  const client = await pool.connect();
  const answered = new Promise((done) => client.query(text, [1], (error, result) => done(error ?? result.rows[0])));
  assert.deepEqual(await answered, { id: 1, more: 7, most: 8 });
  client.release();
});

test('what is asked in a transaction that began before all names were given up is asked after it too', async () => {
  const other = openDatabase(database.url, 1, () => {});
  const client = await opened.pool.connect();
  try {
    await other.pool.query('create table given_up (id int primary key)');
    const outdated = { name: 'outdated', text: 'select * from given_up where id = $1', values: [1] };
    await other.pool.query(outdated);
    const mine = async () => (await client.query('select $1::int as mine', [1])).rows;
    for (let n = 0; n < 6; n++) await mine();
    await client.query('begin');
    await client.query('alter table given_up add column more int');
    await client.query('commit');
    await client.query('begin');
    // It is refused and asked anew: from now on all connections have other names.
    assert.deepEqual((await other.pool.query(outdated)).rows, []);
    for (let n = 0; n < 8; n++) assert.deepEqual(await mine(), [{ mine: 1 }]);
    await client.query('commit');
    for (let n = 0; n < 3; n++) assert.deepEqual(await mine(), [{ mine: 1 }]);
    assert.equal(
      (await client.query(`select 1 from pg_prepared_statements where statement like '%as mine'`)).rowCount,
      1,
    );
  } finally {
    client.release();
    await other.close();
  }
});

test('however many ways there are to ask, a bounded number is prepared', async () => {
  for (let way = 0; way < 400; way++) {
    for (let n = 0; n < 6; n++) await opened.pool.query(`select $1::int as way_${way}`, [n]);
  }
  const { rows } = await opened.pool.query('select count(*) from pg_prepared_statements');
  // The names are the process's: some are of statements that other connections asked.
  assert.ok(rows[0].count > 200 && rows[0].count <= 256, `${rows[0].count} are prepared`);
  const answer = await opened.pool.query('select $1::int as way_399', [5]);
  assert.deepEqual(answer.rows, [{ way_399: 5 }], 'the others are asked as they come');
});
