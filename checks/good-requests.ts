import type { Operation } from '@raffia/contract/operation.ts';
import type { Schema } from '@raffia/contract/schema-shape.ts';
import { systemRoles } from '@raffia/contract/system-roles.ts';
import { type Deletion, deletions } from '@raffia/server/testing/deletions.ts';
import { oneOfEach } from '@raffia/server/testing/one-of-each.ts';
import { plantFoundMachine } from '@raffia/server/testing/plant-found-machine.ts';
import { goodPassword, sshPublicKey, type TestServer, ubuntu, vmRequest } from '@raffia/server/testing/test-server.ts';
import { example } from './probes.ts';

const roleId = (slug: string) => systemRoles.find((role) => role.slug === slug)?.id;

/** Requests that succeed, of whatever operation, on one of each kind of the first account; of what deletes, each on one of its own. */
export class GoodRequests {
  /** What is there, by the name of its kind. */
  readonly ids: Readonly<Record<string, string>>;
  readonly #server: TestServer;
  readonly #deletionBy: (operation: Operation) => Deletion;
  #named = 0;
  /** What only operators decide on, one for each request. */
  #tierRequest = '';
  #foundMachine = '';

  private constructor(
    server: TestServer,
    ids: Readonly<Record<string, string>>,
    deletionBy: (operation: Operation) => Deletion,
  ) {
    this.#server = server;
    this.ids = ids;
    this.#deletionBy = deletionBy;
  }

  static async on(server: TestServer): Promise<GoodRequests> {
    const ids: Record<string, string> = await oneOfEach(server);
    const deletionBy = await deletions(server);
    const on = (path: string, body: unknown) => server.call(server.owner, 'POST', path, { body });
    ids.tag = (await on(`/api/v1/vms/${ids.vm}/tags`, { name: 'subject' })).body.tags[0].id;
    const member = { api_key_id: ids.apiKey, role_id: roleId('viewer') };
    ids.projectMember = (await on(`/api/v1/projects/${ids.project}/members`, member)).body.data.id;
    return new GoodRequests(server, ids, deletionBy);
  }

  /** A name that nothing has. */
  name(): string {
    this.#named++;
    return `good-${this.#named}`;
  }

  email(): string {
    return `${this.name()}@example.com`;
  }

  /** The secret of a new invitation. */
  async #invitation(): Promise<string> {
    const body = { email: this.email(), role_id: roleId('member') };
    const made = await this.#server.call(this.#server.owner, 'POST', '/api/v1/invitations', { body });
    return made.body.data.accept_url.split('#')[1];
  }

  async #link(): Promise<string> {
    const { api_key } = await this.#server.account(this.name());
    const { body } = await this.#server.call({ key: api_key }, 'GET', '/api/raffia/v1/account');
    return (await this.#server.operator('sign-in-link', body.data.owner_email)).trim().split('#')[1] ?? '';
  }

  /** What a field has to be, where its schema alone does not say it: for all operations, or for one, `operation field`. */
  readonly #fields: Readonly<Record<string, () => unknown>> = {
    name: () => this.name(),
    slug: () => this.name(),
    email: () => this.email(),
    template_id: () => ubuntu,
    time: () => '8am',
    'createBackup vm_id': () => this.ids.vm,
    'createBackupSchedule vm_id': () => this.ids.vm,
    vpc_id: () => this.ids.vpc,
    security_group_id: () => this.ids.securityGroup,
    // In its VPC: the public one comes and goes.
    nic_id: () => 1,
    ip_id: async () =>
      (await this.#server.call(this.#server.owner, 'POST', '/api/v1/ips/reserve')).body.data.id as string,
    role_id: () => roleId('member'),
    'addProjectMember role_id': () => roleId('viewer'),
    'createProjectInvitation role_id': () => roleId('viewer'),
    'updateProjectMember role_id': () => roleId('project-member'),
    'resizeVM pricing_id': () => 2,
    permissions: () => ['account.settings.view'],
    public_key: sshPublicKey,
    new_size: () => 200,
    'attachVolume vm_id': () => this.ids.vm,
    'acceptInvitation token': () => this.#invitation(),
    'lookAtInvitation token': () => this.#invitation(),
    'setPassword token': () => this.#link(),
    'lookAtLink token': () => this.#link(),
    'requestLink email': () => 'owner@example.com',
    account_id: () => this.#server.first.account_id,
    project_id: () => this.ids.project,
    'setAccountQuota rule': () => 'default',
  };

  /** Fields that a success needs beside those that its schema requires. */
  readonly #also: Readonly<Record<string, () => Promise<object> | object>> = {
    createVM: () => vmRequest(this.name()),
    createSnapshot: () => ({ resource_id: this.ids.vm }),
    reinstallVM: () => ({ password: goodPassword }),
    acceptInvitation: () => ({ password: goodPassword }),
    addMember: () => ({ email: this.email(), role_id: roleId('member') }),
    addProjectMember: async () => ({ api_key_id: (await this.#server.key()).id }),
  };

  /** A body that has not been sent yet; nothing where the operation takes none. */
  async bodyOf(operation: Operation): Promise<Record<string, unknown> | undefined> {
    const { properties = {}, required = [] } = (operation.body ?? {}) as Schema & { required?: string[] };
    if (operation.body === undefined) return undefined;
    // What requires nothing changes nothing without a field.
    const wanted =
      required.length === 0 && operation.method !== 'DELETE' ? Object.keys(properties).slice(0, 1) : required;
    const body: Record<string, unknown> = {};
    for (const field of wanted) {
      const known = this.#fields[`${operation.id} ${field}`] ?? this.#fields[field];
      body[field] = known === undefined ? example(field, properties[field] as Schema) : await known();
    }
    return { ...body, ...(await this.#also[operation.id]?.()) };
  }

  /** Brings about what has to be so before an operation can succeed. */
  async ready({ id }: Operation): Promise<void> {
    const { vm } = this.ids;
    const server = this.#server;
    const power = async (action: string, status: string) => {
      await server.settled();
      await this.#must('POST', `/api/v1/vms/${vm}/${action}`);
      await server.settled();
      await server.status(vm as string, status);
    };
    if (['resizeVM', 'resizeVMDisk', 'startVM', 'restoreSnapshot', 'restoreBackup'].includes(id))
      await power('stop', 'passive');
    if (['stopVM', 'rebootVM', 'hardRebootVM', 'revealVMPassword', 'createSnapshot', 'createVMConsole'].includes(id))
      await power('start', 'active');
    await server.settled();
    if (id === 'attachVMIP') {
      const there = await this.#must('GET', `/api/v1/vms/${vm}/networks?type=public`);
      for (const { nic_id } of there.body.data) await this.#must('DELETE', `/api/v1/vms/${vm}/ip/${nic_id}`);
    }
    if (id === 'adoptFoundMachine') this.#foundMachine = await plantFoundMachine(server, this.name());
    if (id === 'approveTierRequest' || id === 'declineTierRequest') this.#tierRequest = await this.#askForTier();
    if (id === 'revealVMPassword') await this.#must('POST', `/api/v1/vms/${vm}/reset-password`);
    await server.settled();
  }

  async #askForTier(): Promise<string> {
    const { id } = await this.#server.key();
    const body = { workload: 'a migration', peak_rps: 80 };
    const path = `/api/raffia/v1/api-keys/${id}/tier-requests`;
    return (await this.#server.call(this.#server.owner, 'POST', path, { body })).body.data.id;
  }

  async #must(method: string, path: string) {
    const reply = await this.#server.call(this.#server.owner, method, path);
    if (reply.status !== 200) throw new Error(`${method} ${path}: ${reply.status} ${reply.text}`);
    return reply;
  }

  /** Where to, and with what: what deletes may have a body that names what. */
  requestOf(operation: Operation, body: unknown): { readonly path: string; readonly body?: unknown } {
    if (operation.method === 'DELETE') return { body, ...this.#deletionBy(operation) };
    const path = operation.path
      .replace('{id}', operation.resource === undefined ? '' : (this.ids[operation.resource] as string))
      .replace('{account_id}', this.#server.first.account_id)
      .replace('{request_id}', this.#tierRequest)
      .replace('{machine_id}', this.#foundMachine)
      .replace('{type}', 'account')
      .replace('{tagId}', this.ids.tag as string)
      .replace('{nic_id}', '1')
      .replace('{sg_id}', this.ids.securityGroup as string)
      .replace('{member_id}', this.ids.projectMember as string);
    return { path, body };
  }
}
