import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recount } from '../../quotas/usage.ts';
import { changeAtOnce } from '../../testing/change-at-once.ts';
import { seededRandom } from '../../testing/random.ts';
import { TestServer } from '../../testing/test-server.ts';

test('machines that come, change and go at once, also in transactions that fail, are counted exactly, and the counts stay few', async (t) => {
  const server = await TestServer.start();
  t.after(() => server.stop());
  const { pool, db } = server.server.services;
  const { owner, first } = server;
  const made = await server.call(owner, 'POST', '/api/v1/projects', { body: { name: 'second' } });
  const projects = [first.project_id, made.body.data.id];
  const model = await server.vm('model');
  await server.settled();
  const random = seededRandom();
  const one = (of: readonly string[]) => of[Math.floor(random() * of.length)] as string;
  const some = `id = any (array(select id from vms where id <> '${model}' order by random() limit 3))`;
  let number = 0;
  const change = () => {
    const kind = random();
    if (kind < 0.4) {
      return `insert into vms select (jsonb_populate_record(null::vms, to_jsonb(v) || jsonb_build_object('id', gen_random_uuid(),
                'name', 'n${++number}-' || n, 'project_id', '${one(projects)}'))).*
                from vms v, generate_series(1, 3) n where v.id = '${model}'`;
    }
    if (kind < 0.7) return `update vms set status = '${one(['active', 'passive', 'failure'])}' where ${some}`;
    if (kind < 0.8) return `update vms set project_id = '${one(projects)}' where ${some}`;
    if (kind < 0.9) return `update vms set deleted_at = case when deleted_at is null then now() end where ${some}`;
    return `delete from vms where ${some}`;
  };
  await pool.query('alter table vms disable trigger vms_use');
  const kept = await changeAtOnce(pool, change, random);
  await pool.query('alter table vms enable trigger vms_use');
  const wrong = (await recount(db)).filter(({ name }) => name === 'vms in lists');
  assert.deepEqual(wrong, []);
  const { rows } = await pool.query('select count(*) as parts, sum(vms) as vms from vm_counts');
  const { rows: there } = await pool.query('select count(*) as vms from vms where deleted_at is null');
  assert.equal(rows[0].vms, there[0].vms);
  assert.ok(there[0].vms > 50, `${there[0].vms} machines`);
  assert.ok(kept > 1000, `${kept} changes`);
  assert.ok(rows[0].parts < 600, `${rows[0].parts} rows count them`);
});
