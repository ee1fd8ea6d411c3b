import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { ProjectSource } from '@raffia/contract/operation.ts';
import { type Resource, type ResourceName, resources } from '@raffia/contract/resources.ts';
import type { getVPC, listVPCs } from '@raffia/contract/vpcs.ts';
import { type ListCall, list, type ReadCall, read } from '../calls/route.ts';
import type { Services } from '../services.ts';
import { oneOfEach } from '../testing/one-of-each.ts';
import { TestServer } from '../testing/test-server.ts';
import type { Principal } from './principal.ts';
import { Visible } from './visible.ts';

let server: TestServer;
let elsewhere: string;
let ids: Record<ResourceName, string>;
const inProjects = Object.entries(resources as Record<string, Resource>).filter(
  ([, { project }]) => project === 'project_id',
) as [Parameters<Visible['from']>[0], Resource][];

before(async () => {
  server = await TestServer.start();
  ids = await oneOfEach(server);
  const made = await server.call(server.owner, 'POST', '/api/v1/projects', { body: { name: 'elsewhere' } });
  elsewhere = made.body.data.id;
});
after(() => server.stop());

/** Somebody with these permissions on these projects. */
function principal(accountId: string, projects: Record<string, readonly string[]>): Principal {
  const projectPermissions = new Map(Object.entries(projects).map(([id, held]) => [id, new Set(held)]));
  return { accountId, isOwner: false, accountPermissions: new Set(), projectPermissions } as unknown as Principal;
}

async function seen(caller: Principal, kind: Parameters<Visible['from']>[0], projectId: string | null = null) {
  const visible = new Visible(server.server.services, caller, projectId);
  const { rows, total } = await visible.page(visible.from(kind), { limit: 100, offset: 0 }, (rows) =>
    rows.select('id'),
  );
  assert.equal(total, rows.length);
  return rows.map(({ id }) => String(id));
}

test('a query of a kind has what its entry shows: of the account, of projects where it is seen, and not hidden', async () => {
  const { account_id: account, project_id: project } = server.first;
  const other = await server.account('Other');
  const { pool } = server.server.services;
  let hidden = 0;
  // An address that is reserved is never hidden; one that came with a machine is, for as long as that is being deleted.
  const attached = await pool.query<{ id: string }>(
    `select id from public_addresses where account_id = $1 and state = 'attached' and not is_reserved limit 1`,
    [account],
  );
  for (const [kind, { table, view, hiddenBy }] of inProjects) {
    const id = kind === 'ip' ? (attached.rows[0]?.id as string) : ids[kind];
    assert.ok((await seen(principal(account, { [project]: view }), kind)).includes(id), kind);
    assert.ok((await seen(principal(account, { [project]: view, [elsewhere]: [] }), kind, project)).includes(id), kind);
    for (const caller of [
      principal(account, { [project]: ['project.settings.view'], [elsewhere]: view }),
      principal(other.account_id, { [project]: view, [other.project_id]: view }),
      principal(account, {}),
    ]) {
      assert.deepEqual(await seen(caller, kind), [], kind);
    }
    assert.deepEqual(await seen(principal(account, { [project]: view, [elsewhere]: view }), kind, elsewhere), [], kind);
    assert.deepEqual(await seen(principal(account, { [project]: [], [elsewhere]: view }), kind, project), [], kind);
    if (hiddenBy === undefined) continue;
    await pool.query(`update ${table} set ${hiddenBy} = now() where id = $1`, [id]);
    assert.ok(!(await seen(principal(account, { [project]: view }), kind)).includes(id), `a hidden ${kind}`);
    await pool.query(`update ${table} set ${hiddenBy} = null where id = $1`, [id]);
    hidden++;
  }
  assert.ok(inProjects.length >= 4, `${inProjects.length} kinds`);
  assert.ok(hidden >= 3, `${hidden} kinds that hide`);
});

test('nothing that a query can be told to forget widens it', async () => {
  const visible = new Visible(server.server.services, principal(server.first.account_id, {}), null);
  for (const [kind] of inProjects) {
    const rows = await visible.from(kind).clearWhere().select('id').execute();
    assert.deepEqual(rows, [], kind);
  }
});

/** What does not compile: `npm run check` fails where one of these does. */
export const forgetting = {
  /** To narrow at all. */
  database: ({ services }: ListCall<typeof listVPCs>) => {
    // @ts-expect-error: a list has no database
    services.db.selectFrom('vpcs').selectAll();
    // @ts-expect-error: nor its connections
    services.pool.query('select * from vpcs');
    // @ts-expect-error: nor whatever else asks one
    return services satisfies Services;
  },
  /** That it depends on who asks: account and projects come with the database, or not at all. */
  caller: (call: ListCall<typeof listVPCs>) => {
    // @ts-expect-error: who asks does not matter
    call.principal;
    // @ts-expect-error: nor whose it is
    call.visible.accountId;
    // @ts-expect-error: nor where
    return call.visible.projectIds;
  },
  /** To enter the kind, or where it lies. */
  entry: ({ visible }: ListCall<typeof listVPCs>) => {
    // @ts-expect-error: a table is no kind
    visible.from('vpcs');
    // @ts-expect-error: what belongs to the account lies in no project
    visible.from('apiKey');
    // @ts-expect-error: a page is one of a query, and only `from` makes one
    return visible.page('vpcs', { limit: 1, offset: 0 }, (vpcs) => vpcs);
  },
  /** That it is a list over projects. */
  binding: (
    operation: typeof listVPCs,
    single: typeof getVPC,
    byCaller: (call: ReadCall<typeof listVPCs>) => never,
  ) => {
    // @ts-expect-error: one that is a list is not bound as a read, whose call has caller and database
    read(operation, byCaller);
    // @ts-expect-error: nor does one that needs them serve it
    list(operation, byCaller);
    // @ts-expect-error: what is no list has nothing to narrow
    list(single, byCaller);
    return 'readable' satisfies ProjectSource;
  },
};
