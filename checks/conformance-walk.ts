import type { Operation } from '@raffia/contract/operation.ts';
import { type Resource, resources } from '@raffia/contract/resources.ts';
import { systemRoles } from '@raffia/contract/system-roles.ts';
import type { GoCall, GoClient, GoOutcome } from '@raffia/server/testing/go-client.ts';
import type { Caller, TestServer } from '@raffia/server/testing/test-server.ts';
import { GoodRequests } from './good-requests.ts';
import { wayTo } from './way-to.ts';

const nowhere = '01900000-0000-7000-8000-000000000000';
const beyondNumbers = 2 ** 31 - 1;

/** What the operator does to an account, by the status that it is answered with then, and how that is lifted. */
const accountsWithout: Readonly<
  Record<number, { readonly before: (account: string) => string[]; readonly after: (account: string) => string[] }>
> = {
  402: {
    before: (account) => ['balance', account, '--set', '0', '--credits', '0', '--mode', 'subscription'],
    after: (account) => ['balance', account, '--set', '10000'],
  },
  403: {
    before: (account) => ['account', 'suspend', account],
    after: (account) => ['account', 'resume', account],
  },
};

/** Drives operations through the generated Go client, with what each takes and with what it refuses. */
export class ConformanceWalk {
  readonly good: GoodRequests;
  readonly #server: TestServer;
  readonly #client: GoClient;
  readonly #revoked: string;
  readonly #other: Caller;
  /** A VM whose creation failed; one that has a public address alone, and one in a VPC alone. */
  #states: { failed: string; outside: string; inside: string } | undefined;

  private constructor(server: TestServer, client: GoClient, good: GoodRequests, revoked: string, other: Caller) {
    this.#server = server;
    this.#client = client;
    this.good = good;
    this.#revoked = revoked;
    this.#other = other;
  }

  static async on(server: TestServer, client: GoClient): Promise<ConformanceWalk> {
    const good = await GoodRequests.on(server);
    const revoked = await server.key({ account: 'owner' });
    await server.call(server.owner, 'DELETE', `/api/v1/api-keys/${revoked.id}`);
    const { api_key, project_id } = await server.account('Stranger');
    return new ConformanceWalk(server, client, good, revoked.key, { key: api_key, project: project_id });
  }

  /** A request that has not been sent yet, and is accepted. */
  async callOf(operation: Operation): Promise<GoCall> {
    const { path, body } = this.good.requestOf(operation, await this.good.bodyOf(operation));
    return {
      operation: operation.id,
      ...(operation.access.who === 'open' ? {} : this.#server.owner),
      path: valuesOf(operation.path, path),
      ...(body === undefined ? {} : { body }),
    };
  }

  async send(asked: GoCall): Promise<GoOutcome> {
    // Where the limit is not the subject, it never decides.
    this.#server.time.offset += 100;
    return this.#client.call(asked);
  }

  /** What comes of an operation where it is kept from it in the ways of the table; the good request is not used up. */
  async refused(operation: Operation, status: number, asked: GoCall): Promise<GoOutcome[]> {
    const outcomes: GoOutcome[] = [];
    const { before, after } = accountsWithout[status] ?? {};
    const calls = await this.#wrong(operation, status, asked);
    if (before !== undefined) await this.#server.operator(...before(this.#server.first.account_id));
    for (const one of calls) outcomes.push(await this.send(one));
    if (after !== undefined) await this.#server.operator(...after(this.#server.first.account_id));
    return outcomes;
  }

  async #wrong(operation: Operation, status: number, asked: GoCall): Promise<GoCall[]> {
    const way = wayTo(status, operation);
    if (way === undefined) throw new Error(`${operation.id} has no way to ${status}`);
    // An address that is reserved is paid for already: only another one costs something.
    if (status === 402 && operation.id === 'attachVMIP') return [{ ...asked, body: { type: 'IPv4' } }];
    if (status in accountsWithout) return [asked];
    if (status === 401) return [this.#revoked, undefined].map((key) => ({ ...asked, key }));
    if (status === 404 && operation.path.includes('{id}')) return this.#strangers(operation, asked);
    if ('field' in way) return [{ ...asked, body: { ...(asked.body as object), [way.field]: way.value } }];
    if ('query' in way) return [{ ...asked, params: { ...asked.params, [way.query]: way.value } }];
    if ('state' in way) return [{ ...asked, ...(await this.#forbidding(operation, asked)) }];
    return [{ ...asked, without: ['X-Project-ID'] }];
  }

  /** With an id of nothing, and as another account whose key is good. */
  #strangers(operation: Operation, asked: GoCall): GoCall[] {
    const { resource } = operation;
    const isNumbered = resource !== undefined && (resources[resource] as Resource).isNumbered === true;
    const [, ...rest] = asked.path ?? [];
    return [
      { ...asked, path: [isNumbered ? beyondNumbers : nowhere, ...rest] },
      { ...asked, ...this.#other },
    ];
  }

  /** What of a request is another one, so that the state of something forbids it. */
  async #forbidding({ id }: Operation, asked: GoCall): Promise<Partial<GoCall>> {
    const server = this.#server;
    const made = async (path: string, body: unknown) =>
      (await server.call(server.owner, 'POST', path, { body })).body.data;
    const listed = async (path: string) => (await server.call(server.owner, 'GET', path)).body.data;
    this.#states ??= await this.#makeStates();
    const { failed, outside, inside } = this.#states;
    switch (id) {
      case 'attachVolume':
        return { body: { vm_id: failed } };
      case 'deleteVPC':
        return { path: [(await listed('/api/v1/vpcs')).find((vpc: { used_ips: number }) => vpc.used_ips > 0).id] };
      case 'releaseIP':
      case 'changeIP':
        return { path: [(await listed('/api/v1/ips')).find((ip: { reserved: boolean }) => !ip.reserved).id] };
      case 'deleteSecurityGroup':
        return { path: [this.good.ids.securityGroup as string] };
      case 'detachVMFromVPC':
        return { path: [inside, 0] };
      case 'detachVMIP':
        return { path: [outside, 0] };
      case 'detachVolume':
        return { path: [(await made('/api/v1/volumes', { name: 'apart', size: 1, volume_type: 'nvme' })).id] };
      case 'deleteVolume': {
        const volume = { name: 'held', size: 1, volume_type: 'nvme', vm_id: outside };
        return { path: [(await made('/api/v1/volumes', volume)).id] };
      }
      case 'restoreSnapshot': {
        const running = await made('/api/v1/snapshots', {
          name: 'of one that runs',
          resource_type: 'vm',
          resource_id: outside,
        });
        await server.settled();
        return { path: [running.id] };
      }
      case 'restoreBackup': {
        const running = await made('/api/v1/backups', { vm_id: outside });
        await server.settled();
        return { path: [running.id] };
      }
      case 'deleteRole': {
        await made('/api/v1/api-keys', { name: 'with a role', role_id: this.good.ids.role });
        return { path: [this.good.ids.role as string] };
      }
      case 'addMember':
      case 'createAccountInvitation':
      case 'createProjectInvitation': {
        const path = id === 'addMember' ? '/api/v1/members' : '/api/v1/invitations';
        const { role_id } = asked.body as { role_id: string };
        const at = id === 'createProjectInvitation' ? `/api/v1/projects/${server.first.project_id}/invitations` : path;
        const body = { email: this.good.email(), role_id };
        await made(at, body);
        return { body };
      }
      case 'addProjectMember':
        return { body: { api_key_id: this.good.ids.apiKey, role_id: viewer } };
      default:
        return { path: [failed] };
    }
  }

  async #makeStates(): Promise<{ failed: string; outside: string; inside: string }> {
    const server = this.#server;
    const fault = await server.operator('fault', 'add', '*', '--name', 'broken', '--fail', 'it is broken');
    const failed = await server.vm('broken', {}, server.owner, false);
    await server.status(failed, 'failure');
    await server.operator('fault', 'remove', fault.trim().split(' ')[1] as string);
    const outside = await server.vm('outside', { skip_vpc: true });
    const inside = await server.vm('inside', { skip_public_ip: true });
    await server.settled();
    return { failed, outside, inside };
  }
}

const viewer = systemRoles.find(({ slug }) => slug === 'viewer')?.id;

/** What stands in a path in place of the parameters of a template, in their order. */
function valuesOf(template: string, path: string): (string | number)[] {
  const pattern = new RegExp(`^${template.replaceAll(/\{\w+\}/g, '([^/?]+)')}$`);
  const [, ...values] = pattern.exec(path) ?? [];
  const names = [...template.matchAll(/\{(\w+)\}/g)].map(([, name]) => name as string);
  if (values.length !== names.length) throw new Error(`${path} is no ${template}`);
  return values.map((value) => (/^\d+$/.test(value) ? Number(value) : value));
}
