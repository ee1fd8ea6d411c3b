import type { Operation } from '@raffia/contract/operation.ts';
import { systemRoles } from '@raffia/contract/system-roles.ts';
import { plantFoundMachine } from './plant-found-machine.ts';
import { TestPerson } from './test-person.ts';
import { sshPublicKey, type TestServer } from './test-server.ts';

const roleId = (slug: string) => systemRoles.find((role) => role.slug === slug)?.id;

export interface Deletion {
  readonly path: string;
  readonly body?: unknown;
}

/** Makes one of everything that can be deleted in the first account, and answers with what each deleting operation deletes its own. */
export async function deletions(server: TestServer): Promise<(operation: Operation) => Deletion> {
  const { owner, first } = server;
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into whatever came
  const made = async (path: string, body: unknown, idOf = (answer: any) => answer.data.id): Promise<string> => {
    const reply = await server.call(owner, 'POST', path, { body });
    if (reply.status >= 300) throw new Error(`${path}: ${reply.text}`);
    return idOf(reply.body);
  };
  const invite = (email: string, idOf?: (answer: { data: { id: string; accept_url: string } }) => string) =>
    made('/api/v1/invitations', { email, role_id: roleId('member') }, idOf);
  const member = async (email: string): Promise<string> => {
    await TestPerson.invited(server, await invite(email, ({ data }) => data.accept_url));
    const { body } = await server.call(owner, 'GET', '/api/v1/members');
    return body.data.find((one: { email: string }) => one.email === email).id;
  };
  const vm = await server.vm('with things to delete');
  /** By kind, or by the operation where that is another. */
  const ids: Record<string, string> = {
    vm: await server.vm('to delete'),
    removeVMTag: vm,
    detachVMFromVPC: vm,
    detachVMSecurityGroup: await server.vm('with a security group'),
    detachVMIP: await server.vm('with a public IP to detach'),
    vpc: await made('/api/v1/vpcs', { name: 'to delete', cidr: '172.31.254.0/24' }),
    volume: await made('/api/v1/volumes', { name: 'to delete', size: 1, volume_type: 'nvme' }),
    ip: await made('/api/v1/ips/reserve', {}),
    securityGroup: await made('/api/v1/security-groups', { name: 'to delete' }),
    image: await made(`/api/v1/vms/${vm}/save-image`, { name: 'to delete' }),
    snapshot: await made('/api/v1/snapshots', { resource_type: 'vm', resource_id: vm, name: 'to delete' }),
    backup: await made('/api/v1/backups', { vm_id: await server.vm('with a backup to delete') }),
    deleteBackupChain: await made('/api/v1/backups', { vm_id: vm }),
    backupSchedule: await made('/api/v1/backup-schedules', { vm_id: vm, type: 'daily', time: '8am', keep_count: 7 }),
    sshKey: await made('/api/v1/ssh-keys', { name: 'to delete', public_key: sshPublicKey() }),
    apiKey: (await server.key()).id,
    role: await made('/api/v1/roles', {
      name: 'To delete',
      slug: 'to-delete',
      scope: 'account',
      permissions: ['account.settings.view'],
    }),
    invitation: await invite('to-delete@example.com'),
    member: await member('to-remove@example.com'),
    removeAccountRole: await member('to-lose@example.com'),
    project: await made('/api/v1/projects', { name: 'to delete' }),
    removeProjectMember: first.project_id,
  };
  const tag = await made(`/api/v1/vms/${vm}/tags`, { name: 'to delete' }, ({ tags }) => tags.at(-1).id);
  const projectMember = await made(`/api/v1/projects/${first.project_id}/members`, {
    api_key_id: (await server.key()).id,
    role_id: roleId('viewer'),
  });
  const group = await made('/api/v1/security-groups', { name: 'to detach' });
  const attachment = { security_group_id: group, nic_id: 1 };
  await made(`/api/v1/vms/${ids.detachVMSecurityGroup}/security-groups`, attachment, () => group);
  const bulk = await server.vm('to delete with others');
  await server.settled();
  const found = await plantFoundMachine(server, 'found to delete');
  return ({ id, path, resource = '' }) => {
    const own = ids[id] ?? ids[resource];
    if (own === undefined && path.includes('{id}')) {
      throw new Error(`${id}: make a ${resource} to delete in server/testing/deletions.ts`);
    }
    return {
      path: path
        .replace('{id}', own ?? '')
        .replace('{machine_id}', found)
        .replace('{tagId}', tag)
        .replace('{sg_id}', group)
        // The public interface comes first.
        .replace('{nic_id}', id === 'detachVMIP' ? '0' : '1')
        .replace('{member_id}', projectMember),
      ...(id === 'deleteVMsBulk' ? { body: { ids: [bulk] } } : {}),
    };
  };
}
