import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { kindsOfWork, resources } from '@raffia/contract/resources.ts';
import type { Visible } from '../../access/visible.ts';
import type { ListCall } from '../../calls/route.ts';
import { TestServer } from '../../testing/test-server.ts';
import { listWork } from './list-work.ts';

let server: TestServer;

before(async () => {
  server = await TestServer.start();
});
after(() => server.stop());

test('the list shows work on a kind where that kind is seen, also where others are seen elsewhere', async () => {
  const { db, pool } = server.server.services;
  const { account_id: accountId } = server.first;
  const [here, there, subject] = [randomUUID(), randomUUID(), randomUUID()];
  const rows: { id: string; kind: string; project: string; resource: string; status: string }[] = [];
  for (const kind of kindsOfWork)
    for (const project of [here, there, randomUUID()])
      for (const status of ['succeeded', 'failed'])
        for (const resource of [subject, randomUUID()])
          rows.push({ id: randomUUID(), kind, project, resource, status });
  for (const { id, kind, project, resource, status } of rows) {
    await pool.query(
      `insert into operations (id, account_id, project_id, resource_id, queue, kind, status, created_by, created_at, finished_at)
       values ($1, $2, $3, $4, $4, $5, $6, $1, now(), now())`,
      [id, accountId, project, resource, `${resources[kind as 'vm'].noun}.delete`, status],
    );
  }
  const many = [...Array.from({ length: 20 }, () => randomUUID()), there];
  const places: (string[] | null)[] = [null, [], [here], [here, there], many];
  let tried = 0;
  for (const first of places) {
    for (const others of places) {
      const projectsOf = (kind: string) => (kind === kindsOfWork[0] ? first : others);
      const visible = { byHand: () => ({ db, pool, accountId, projectsOf }) } as unknown as Visible;
      for (const query of [
        {},
        { status: 'failed' },
        { resource_id: subject },
        { resource_id: subject, status: 'failed' },
      ]) {
        const call = (page: object) =>
          ({ visible, query: { ...query, ...page }, params: {} }) as unknown as ListCall<never>;
        const { data, total } = await listWork(call({ limit: 100 }));
        // The last one that was begun comes first.
        const expected = rows
          .toReversed()
          .filter(
            ({ kind, project, resource, status }) =>
              (projectsOf(kind)?.includes(project) ?? true) &&
              (query.status ?? status) === status &&
              (query.resource_id ?? resource) === resource,
          );
        const asked = JSON.stringify({ first, others, query });
        const ids = expected.map(({ id }) => id);
        assert.deepEqual(
          data.map(({ id }) => id),
          ids,
          asked,
        );
        assert.equal(total, expected.length, asked);
        const further = await listWork(call({ limit: 3, offset: 2 }));
        assert.deepEqual(
          further.data.map(({ id }) => id),
          ids.slice(2, 5),
          asked,
        );
        tried++;
      }
    }
  }
  assert.ok(kindsOfWork.length >= 2, 'one kind alone is seen nowhere else');
  assert.equal(tried, 100);
});
