import { generateKeyPairSync } from 'node:crypto';
import { loadavg } from 'node:os';
import { operations } from '@raffia/contract/contract.ts';
import { isPersonal, type Operation } from '@raffia/contract/operation.ts';
import { bodyLimitOf } from '@raffia/server/http/body-limit.ts';
import type { NewAccount } from '@raffia/server/resources/account/bootstrap-account.ts';
import { headersOf, mustCall } from '@raffia/server/testing/call-api.ts';
import { goodPassword, ubuntu } from '@raffia/server/testing/test-server.ts';
import { type Answers, generate, inWords, type Requests, type Stream, serial, soon, successes } from './generate.ts';
import { Installed } from './installed.ts';
import { Verdicts } from './verdicts.ts';

const seconds = Number(process.env.BENCH_BODIES_SECONDS ?? 60);
/** A little over the standard tier's limit, so that all of it is used, and its burst. */
const keyPerSecond = 35;
const anonymousPerSecond = 500;

/**
 * The largest bodies that the contract allows: from one standard key at its full limit, and from somebody without a key. Beside each,
 * another tenant reads and makes machines.
 */
export async function largestBodies(): Promise<void> {
  const installed = await Installed.start({ RAFFIA_RECONCILE_SECONDS: '3600' });
  try {
    const [sender, neighbour] = (await installed.accounts(2, 'tenant')) as [NewAccount, NewAccount];
    await installed.tier([sender], 'standard');
    const vm = await machineOf(installed, neighbour, 'neighbour');
    const ids = await idsOf(installed, sender);
    const verdicts = new Verdicts();
    const ofKeys = operations.filter(({ access }) => access.who !== 'open' && !isPersonal({ access }));
    const withKey = ofKeys.filter((one) => pathOf(one, ids) !== undefined);
    const largest = bySize(withKey).slice(0, 9);
    const sent = {
      'one standard key at its full limit': {
        perSecond: keyPerSecond,
        requests: requestsOf(largest, ids, headersOf(sender)),
      },
      'without a key, 500 a second': {
        perSecond: anonymousPerSecond,
        requests: requestsOf(
          [...bySize(operations).filter(({ access }) => access.who === 'open'), ...largest],
          ids,
          {},
        ),
      },
    };
    for (const [name, { perSecond, requests }] of Object.entries(sent)) {
      const startAt = soon();
      const [load, beside] = await Promise.all([
        generate(installed.url, startAt, [{ name: 'load', requests, perSecond, seconds, afterSeconds: 0 }]),
        generate(installed.url, startAt, besides(neighbour, vm)),
      ]);
      const { reads, health, writes } = beside as Record<'reads' | 'health' | 'writes', Answers>;
      verdicts.tell(name, inWords(load.load as Answers));
      const holds = (answers: Answers) => answers.p99 < 1000 && successes(answers) === answers.sent;
      verdicts.hold("  another tenant's reads, p99", ms(reads.p99), 'under 1000 ms', holds(reads));
      verdicts.hold("  another tenant's creations, p99", ms(writes.p99), 'under 1000 ms', holds(writes));
      verdicts.tell('  /health, p99 and longest', `${ms(health.p99)}, ${ms(health.max)}`);
      for (const [what, answers] of Object.entries({ reads, writes, health })) {
        if (successes(answers) < answers.sent) verdicts.tell(`  ${what}`, inWords(answers));
      }
    }
    verdicts.tell('load of the machine at the end', loadavg()[0]?.toFixed(1) ?? '');
    const sizes = largest.map((one) => Math.round(bodyLimitOf(one) / 1000));
    process.stdout.write(`\nThe largest bodies for ${seconds} s each: ${sizes.join(', ')} kB in turn\n`);
    verdicts.print();
  } finally {
    await installed.stop();
  }
}

const ms = (value: number) => `${value.toFixed(0)} ms`;

function bySize(list: readonly Operation[]): Operation[] {
  return list.filter(({ body }) => body !== undefined).sort((a, b) => bodyLimitOf(b) - bodyLimitOf(a));
}

type Ids = Readonly<Record<string, string>>;

/** What the paths name, of the sender's own. */
async function idsOf(installed: Installed, account: NewAccount): Promise<Ids> {
  const post = async (path: string, body: unknown) =>
    (await mustCall(installed.url, account, 'POST', path, body)).body.data.id;
  return {
    vm: await machineOf(installed, account, 'target'),
    project: account.project_id,
    sshKey: await post('/api/v1/ssh-keys', { name: 'bench', public_key: longKey() }),
    role: await post('/api/v1/roles', {
      name: 'bench',
      slug: 'bench',
      scope: 'project',
      permissions: ['vm.view'],
    }),
  };
}

async function machineOf(installed: Installed, account: NewAccount, name: string): Promise<string> {
  const made = await mustCall(installed.url, account, 'POST', '/api/v1/vms', machine(name));
  const { data } = made.body;
  for (let tries = 0; tries < 400; tries++) {
    if ((await mustCall(installed.url, account, 'GET', `/api/v1/vms/${data.id}`)).body.data.status === 'active')
      return data.id;
    await new Promise((again) => setTimeout(again, 50));
  }
  throw new Error('The machine did not become active');
}

const machine = (name: string) => ({
  name,
  template_id: ubuntu,
  pricing_id: 1,
  region: 'us-east',
  password: goodPassword,
});

function pathOf({ path, resource }: Operation, ids: Ids): string | undefined {
  const id = resource === undefined ? undefined : ids[resource];
  const filled = path
    .replace('{type}', 'personal')
    .replace('{id}', id ?? (path.includes('/projects/') ? ids.project : undefined) ?? '{id}');
  return filled.includes('{') ? undefined : filled;
}

function requestsOf(list: readonly Operation[], ids: Ids, headers: Readonly<Record<string, string>>): Requests {
  return {
    shared: { method: 'POST', path: '', headers },
    each: list.map((operation) => ({
      method: operation.method,
      path: pathOf(operation, ids) ?? operation.path,
      body: largestBody(operation, ids),
    })),
  };
}

interface Schema {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly format?: string;
  readonly maxLength?: number;
  readonly maxItems?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly 'x-bytes-per-character'?: number;
}

/** As large as the operation's limit allows: every field at its bound, escaped where it may be; white space fills what is left. */
function largestBody(operation: Operation, ids: Ids): string {
  const text = jsonOf(operation.body as Schema, '', ids);
  const limit = bodyLimitOf(operation);
  if (Buffer.byteLength(text) > limit) throw new Error(`The largest body of ${operation.id} is over its limit`);
  return text.padEnd(limit - (Buffer.byteLength(text) - text.length), ' ');
}

const key = longKey();

/** What a field must be to get far; the others are as long as they may be. */
const valid: Readonly<Record<string, (ids: Ids) => unknown>> = {
  template_id: () => ubuntu,
  pricing_id: () => 1,
  region: () => 'us-east',
  password: () => goodPassword,
  ssh_keys: () => [],
  public_key: () => key,
  permissions: () => ['vm.view'],
  scope: () => 'project',
  email: () => `${'a'.repeat(64)}@example.com`,
  skip_vpc: () => true,
  skip_public_ip: () => false,
  extra_storage: () => 1,
  vpc_id: () => undefined,
  vpc_name: () => undefined,
  vpc_cidr: () => undefined,
  auto_generate_password: () => false,
};

function jsonOf(schema: Schema, name: string, ids: Ids): string {
  const given = valid[name];
  // The texts of keys are what makes the largest bodies; as many as there may be.
  if (name === 'ssh_keys') return JSON.stringify(Array.from({ length: schema.maxItems ?? 1 }, () => key));
  if (given !== undefined) return JSON.stringify(given(ids)) ?? 'null';
  if (schema.anyOf !== undefined) {
    return schema.anyOf.map((part) => jsonOf(part, '', ids)).reduce((a, b) => (b.length > a.length ? b : a));
  }
  if (schema.enum !== undefined) return JSON.stringify(schema.enum[0]);
  switch (schema.type) {
    case 'object':
      return `{${Object.entries(schema.properties ?? {})
        .filter(([field]) => valid[field] === undefined || valid[field](ids) !== undefined)
        .map(([field, part]) => `${JSON.stringify(field)}:${jsonOf(part, field, ids)}`)
        .join(',')}}`;
    case 'array': {
      const one = jsonOf(schema.items ?? {}, '', ids);
      // No two are the same.
      const numbered = (n: number) => one.replace(/.{2}"$/, `${String(n).padStart(2, '0')}"`);
      return `[${Array.from({ length: schema.maxItems ?? 1 }, (_, n) => numbered(n)).join(',')}]`;
    }
    case 'string': {
      if (schema.format === 'uuid') return '"01900000-0000-7000-8000-000000000000"';
      if (schema.format === 'date-time') return '"2099-01-01T00:00:00Z"';
      // A name comes once.
      const unique = name === 'name' || name === 'slug' ? serial : '';
      const more = Math.max(0, (schema.maxLength ?? 0) - unique.length);
      return `"${unique}${(schema['x-bytes-per-character'] ?? 6) === 6 ? '\\u0061'.repeat(more) : 'a'.repeat(more)}"`;
    }
    case 'integer':
    case 'number':
      return String(schema.maximum ?? 1);
    case 'boolean':
      return 'false';
    default:
      return 'null';
  }
}

/** A key of a length that people have, with a comment that fills it up to what is taken. */
function longKey(): string {
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 4096 });
  const { n, e } = publicKey.export({ format: 'jwk' }) as { n: string; e: string };
  const field = (bytes: Buffer) => Buffer.concat([Buffer.from([0, 0, bytes.length >> 8, bytes.length & 255]), bytes]);
  const modulus = Buffer.concat([Buffer.from([0]), Buffer.from(n, 'base64url')]);
  const parts = [Buffer.from('ssh-rsa'), Buffer.from(e, 'base64url'), modulus].map(field);
  return `ssh-rsa ${Buffer.concat(parts).toString('base64')} `.padEnd(8192, 'c');
}

function besides(neighbour: NewAccount, vm: string): Stream[] {
  const headers = headersOf(neighbour);
  const shared = { method: 'GET', path: '', headers };
  const all = { seconds, afterSeconds: 0 };
  return [
    {
      name: 'reads',
      requests: {
        shared,
        each: [{ path: `/api/v1/vms/${vm}` }, { path: '/api/v1/vms' }, { path: '/api/v1/projects' }],
      },
      perSecond: 40,
      ...all,
    },
    {
      name: 'health',
      requests: { shared: { ...shared, headers: {} }, each: [{ path: '/health' }] },
      perSecond: 20,
      ...all,
    },
    {
      name: 'writes',
      requests: {
        shared: { method: 'POST', path: '/api/v1/vms', headers, body: JSON.stringify(machine(serial)) },
        each: [{}],
      },
      perSecond: 4,
      ...all,
    },
  ];
}
