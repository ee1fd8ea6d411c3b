import { operations } from '@raffia/contract/contract.ts';
import { type Resource, type ResourceName, resources } from '@raffia/contract/resources.ts';
import { systemRoles } from '@raffia/contract/system-roles.ts';
import { TestPerson } from './test-person.ts';
import { sshPublicKey, type TestServer } from './test-server.ts';

const roleId = (slug: string) => systemRoles.find((role) => role.slug === slug)?.id;

/**
 * Makes one of each kind of resource in the first account, and answers the ids of what is there: of each kind its newest row, wherever
 * it came from. A machine brings its image and whatever else is made with it; what lacks then, and can be made of a name, is made.
 */
export async function oneOfEach(server: TestServer, name = 'subject'): Promise<Record<ResourceName, string>> {
  const made = async (path: string, body: unknown) => {
    const reply = await server.call(server.owner, 'POST', path, { body });
    if (reply.status >= 300) throw new Error(`server/testing/one-of-each.ts, ${path}: ${reply.text}`);
    return reply.body.data;
  };
  const vm = await server.vm(name);
  // The machine has one of its own, which nobody can delete while it lives.
  await made('/api/v1/vpcs', { name, cidr: '172.31.255.0/24' });
  await made('/api/v1/ips/reserve', {});
  await made('/api/v1/volumes', { name, size: 1, volume_type: 'nvme' });
  await made('/api/v1/ssh-keys', { name, public_key: sshPublicKey() });
  await server.key({ account: 'member' });
  const permissions = ['account.settings.view'];
  await made('/api/v1/roles', { name, slug: name, scope: 'account', permissions });
  const invite = (email: string) => made('/api/v1/invitations', { email, role_id: roleId('member') });
  await TestPerson.invited(server, (await invite(`${name}-member@example.com`)).accept_url);
  await invite(`${name}@example.com`);
  await made(`/api/v1/vms/${vm}/save-image`, { name });
  await server.settled();
  await made('/api/v1/snapshots', { resource_type: 'vm', resource_id: vm, name });
  await server.settled();
  await made('/api/v1/backups', { vm_id: vm, name });
  await made('/api/v1/backup-schedules', { vm_id: vm, type: 'daily', time: '8am', keep_count: 7 });
  await server.settled();
  const ids: Partial<Record<ResourceName, string>> = {};
  for (const kind of Object.keys(resources) as ResourceName[]) {
    ids[kind] = (await newest(server, kind)) ?? (await made(creationOf(kind), { name })).id;
  }
  await server.settled();
  return ids as Record<ResourceName, string>;
}

/** The path of what makes one, by the verb that is audited. */
function creationOf(kind: ResourceName): string {
  const creation = operations.find(({ audit }) => audit === `${resources[kind].noun}.create`);
  if (creation === undefined)
    throw new Error(`there is no ${kind} to try things on: make one in server/testing/one-of-each.ts`);
  return creation.path;
}

async function newest(server: TestServer, kind: ResourceName): Promise<string | undefined> {
  const { table, account, hiddenBy, project }: Resource = resources[kind];
  // What a caller's project is asked for must be the project of all the others.
  const order = project === 'id' ? 'is_default desc' : 'created_at desc';
  const { rows } = await server.server.services.pool.query<{ id: string }>(
    `select id::text from ${table} where ${account ?? 'account_id'} = $1 ${hiddenBy === undefined ? '' : `and ${hiddenBy} is null`}
      order by ${order}, id desc limit 1`,
    [server.first.account_id],
  );
  return rows[0] === undefined ? undefined : String(rows[0].id);
}
