import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { IncusApi } from '../engines/incus/incus-api.ts';
import { EngineHost, ip, sharedImage, testPool } from './engine-host.ts';
import { sweepHosts } from './sweep-hosts.ts';
import { until } from './until.ts';

/** Seconds after which a silent member is taken for dead; the least that LXD allows is a little more than ten. */
const offlineSeconds = '11';

export interface Member {
  readonly server_name: string;
  readonly status: string;
}

/**
 * Three daemons on one network, formed into a cluster, with a pool on each. The first is the one that the server speaks to, and the one
 * to which what is outside sends what is meant for machines. The server reaches the others' firewalls by a command that does as ssh does.
 */
export class EngineCluster {
  readonly members: readonly EngineHost[];
  readonly #folder = mkdtempSync(join(tmpdir(), 'raffia-cluster-'));

  private constructor(members: readonly EngineHost[]) {
    this.members = members;
    const ways = members.map(({ prefix }, i) => `root@m${i + 1}) set -- ${prefix.join(' ')} "$@" ;;\n`);
    writeFileSync(
      join(this.#folder, 'ssh'),
      `host=$1; shift\n[ ! -e ${this.#folder}/$host ] || { echo "ssh: connect to $host: No route to host" >&2; exit 255; }\ncase $host in\n${ways.join('')}esac\nexec "$@"\n`,
    );
  }

  static async start(): Promise<EngineCluster> {
    sweepHosts();
    const lan = `rfo${randomBytes(3).toString('hex')}`;
    await ip('netns', 'add', lan);
    await ip('-n', lan, 'link', 'add', 'lan', 'type', 'bridge');
    await ip('-n', lan, 'addr', 'add', '198.51.100.2/24', 'dev', 'lan');
    for (const device of ['lo', 'lan']) await ip('-n', lan, 'link', 'set', device, 'up');
    const members: EngineHost[] = [];
    for (let i = 1; i <= 3; i++) members.push(await addMember(lan, i));
    const cluster = new EngineCluster(members);
    try {
      await ip('-n', lan, 'route', 'add', '198.18.0.0/15', 'via', '198.51.100.11');
      await Promise.all(members.map((member) => member.startDaemon()));
      await cluster.#form();
    } catch (error) {
      await cluster.stop();
      throw error;
    }
    return cluster;
  }

  get first(): EngineHost {
    return this.members[0] as EngineHost;
  }

  /** What goes with the settings of the first member: every member's firewall, and the way between them. */
  get settings(): Record<string, string> {
    return {
      RAFFIA_INCUS_FIREWALL: this.members
        .map((_, i) => `sh ${join(this.#folder, 'ssh')} root@m${i + 1} nft -f -`)
        .join(';'),
      RAFFIA_INCUS_GATEWAY: [...this.first.prefix, 'sh', '-s'].join(' '),
      RAFFIA_INCUS_TUNNEL_INTERFACE: 'eth0',
    };
  }

  list(): Promise<Member[]> {
    return this.first.api().get<Member[]>('/1.0/cluster/members?recursion=1');
  }

  /** Waits until the members have these statuses. */
  async are(...statuses: string[]): Promise<void> {
    await until(
      `the members are ${statuses.join(', ')}`,
      async () => {
        const members = await this.list().catch(() => []);
        return members.map(({ status }) => status).join() === statuses.join();
      },
      { everyMs: 200 },
    );
  }

  /** From now on nobody reaches a member, by its number, and its machines run on: its daemon is killed, and its firewall's command fails. */
  async lose(number: number): Promise<void> {
    writeFileSync(join(this.#folder, `root@m${number}`), '');
    await (this.members[number - 1] as EngineHost).endDaemon('SIGKILL');
  }

  async bringBack(number: number): Promise<void> {
    rmSync(join(this.#folder, `root@m${number}`));
    await (this.members[number - 1] as EngineHost).startDaemon();
    await this.are(...this.members.map(() => 'Online'));
  }

  async stop(): Promise<void> {
    // The first removes the instances, so it goes while the others still answer.
    await this.first.clear();
    // None ends by itself once it has no majority.
    await Promise.all(this.members.map((member) => member.endDaemon('SIGKILL')));
    for (const member of this.members) await member.stop({ isCleared: true });
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #form(): Promise<void> {
    const [first, ...others] = this.members as [EngineHost, ...EngineHost[]];
    const api = first.api();
    const address = (member: EngineHost) => `${member.address}:8443`;
    await api.change('PATCH', '/1.0', {
      config: { 'core.https_address': address(first), 'cluster.https_address': address(first) },
    });
    await api.change('PUT', '/1.0/cluster', { server_name: 'm1', enabled: true });
    await api.change('POST', '/1.0/storage-pools?target=m1', {
      name: testPool,
      driver: 'btrfs',
      config: { size: '20GiB' },
    });
    await api.change('POST', '/1.0/storage-pools', { name: testPool, driver: 'btrfs' });
    for (const [i, member] of others.entries()) {
      const name = `m${i + 2}`;
      const joining = await token(api, name);
      await member.api().change('PUT', '/1.0/cluster', {
        server_name: name,
        enabled: true,
        cluster_address: address(first),
        cluster_certificate: readFileSync(join(first.directory, 'cluster.crt'), 'utf8'),
        server_address: address(member),
        cluster_password: joining,
        member_config: [
          { entity: 'storage-pool', name: testPool, key: 'source', value: '' },
          { entity: 'storage-pool', name: testPool, key: 'size', value: '20GiB' },
        ],
      });
    }
    await api.change('PATCH', '/1.0', { config: { 'cluster.offline_threshold': offlineSeconds } });
    await this.are('Online', 'Online', 'Online');
    await first.addImage(sharedImage());
  }
}

/** What lets a new member join: the engine gives its parts, the member wants them in one. */
async function token(api: IncusApi, name: string): Promise<string> {
  const body = JSON.stringify({ server_name: name });
  // An operation that never ends: it is the invitation.
  const reply = await api.connection.send({ method: 'POST', path: '/1.0/cluster/members', body });
  const parts = JSON.parse(reply.body.toString()).metadata.metadata as Record<string, unknown>;
  const { serverName: server_name, expiresAt: expires_at, fingerprint, addresses, secret } = parts;
  return Buffer.from(JSON.stringify({ server_name, fingerprint, addresses, secret, expires_at })).toString('base64');
}

/** A host whose uplink is a port of the common network. */
async function addMember(lan: string, number: number): Promise<EngineHost> {
  const tag = `${lan.slice('rfo'.length)}${number}`;
  const member = await EngineHost.create('lxd', tag, `198.51.100.1${number}`, lan);
  await ip('-n', lan, 'link', 'add', `m${number}`, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', member.namespace);
  await ip('-n', lan, 'link', 'set', `m${number}`, 'master', 'lan', 'up');
  await ip('-n', member.namespace, 'addr', 'add', `${member.address}/24`, 'dev', 'eth0');
  await ip('-n', member.namespace, 'link', 'set', 'eth0', 'up');
  await ip('-n', member.namespace, 'route', 'add', 'default', 'via', '198.51.100.2');
  return member;
}
