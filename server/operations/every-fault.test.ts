// timeout: 30m
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { transact } from '../database/transaction.ts';
import { EngineError, PassingFault, type Progress } from '../engines/engine.ts';
import { openEngine } from '../engines/open-engine.ts';
import type { GuardedEngine } from '../engines/outside-transactions.ts';
import { recount } from '../quotas/usage.ts';
import { comparisons } from '../resources/vms/comparisons.ts';
import { goodPassword, sshPublicKey, TestServer, ubuntu, vmRequest } from '../testing/test-server.ts';
import { workflows } from '../workflows.ts';
import { enqueueOwn } from './enqueue.ts';
import type { OperationKind } from './operation-kinds.ts';
import { type Lease, LeaseLost, OperationQueue } from './operation-queue.ts';
import { OperationRunner } from './operation-runner.ts';
import { Reconciler } from './reconciler.ts';
import { WorkListener } from './work-listener.ts';
import { Worker } from './worker.ts';
import type { Step, Work, Workflow, Workflows } from './workflow.ts';

/**
 * Every workflow × every step × every fault. Nothing works by itself here: the test claims and runs operations as the worker does,
 * and a runner that dies writes nothing down any more, whatever it was about to do.
 */
const faults = {
  'dies in the act': 'succeeded',
  'dies before the commit': 'succeeded',
  'dies after the commit': 'succeeded',
  'acts twice': 'succeeded',
  'fails in passing': 'succeeded',
  'breaks off with an unknown error': 'succeeded',
  'loses its lease': 'succeeded',
  'fails for good before the act': 'failed',
  'fails for good after the act': 'failed',
  'stays away': 'failed',
  'dies in each undo': 'failed',
  'is undone twice': 'failed',
  'is deleted meanwhile': 'either',
} as const;
type Fault = keyof typeof faults;

interface Scenario {
  readonly kind: OperationKind;
  readonly from:
    | 'nothing'
    | 'active'
    | 'passive'
    | 'image'
    | 'snapshot'
    | 'snapshot of a stopped VM'
    | 'backup'
    | 'backup of a stopped VM'
    | 'volume'
    | 'attached volume'
    | 'volume with a snapshot'
    | 'snapshot of a volume'
    | 'snapshot of a deleted volume';
  /** What the machine is made with beside. */
  readonly made?: Record<string, unknown>;
  /** Asks for the operation. */
  ask(vm: string, thing: string): Promise<{ status: number; text: string }>;
}

const act = (action: string, body?: object) => (vm: string) =>
  server.call(owner, 'POST', `/api/v1/vms/${vm}/${action}`, body === undefined ? {} : { body });

/** Another VPC for each: those that nobody is in stay. */
async function attachVpc(vm: string) {
  const body = { name: `other-${serial}-${vm}`.slice(0, 64), cidr: `172.${16 + (serial >> 8)}.${serial & 255}.0/24` };
  const vpc = await server.call(owner, 'POST', '/api/v1/vpcs', { body });
  return server.call(owner, 'POST', `/api/v1/vms/${vm}/vpc`, { body: { vpc_id: vpc.body.data.id } });
}

const changeVpc = (body: object) => async (vm: string) => {
  const { vpc_id } = await one<{ vpc_id: string }>("select vpc_id from nics where vm_id = $1 and type = 'vpc'", [vm]);
  return server.call(owner, 'PUT', `/api/v1/vpcs/${vpc_id}`, { body });
};

const snapshotOf = (vm: string) => ({ resource_type: 'vm', resource_id: vm, name: 'snapshot' });
const volumes = '/api/v1/volumes';
const backups = '/api/v1/backups';
const newVolume = (vm?: string) =>
  server.call(owner, 'POST', volumes, {
    body: { name: 'data', size: 10, volume_type: 'nvme', ...(vm === undefined ? {} : { vm_id: vm }) },
  });

/** With something on it, and other things since. */
async function volumeSnapshotOf(volume: string): Promise<string> {
  await work();
  const { pool } = server.server.services;
  await pool.query(`update simulated_volumes set contents = 'then'`);
  const body = { resource_type: 'volume', volume_id: volume, name: 'snapshot' };
  const taken = await server.call(owner, 'POST', '/api/v1/snapshots', { body });
  await work();
  await pool.query(`update simulated_volumes set contents = 'now'`);
  return taken.body.data.id;
}

let group: Promise<string> | undefined;

/** One group for all, which no deletion of a machine is kept from by. */
async function attachGroup(vm: string) {
  const made = { body: { name: 'faults', template_id: 'ssh-only' } };
  group ??= server.call(owner, 'POST', '/api/v1/security-groups', made).then(({ body }) => body.data.id);
  const body = { security_group_id: await group, nic_id: 0 };
  return server.call(owner, 'POST', `/api/v1/vms/${vm}/security-groups`, { body });
}

const scenarios: Record<string, Scenario> = {
  create: { kind: 'vm.create', from: 'nothing', ask: async () => ({ status: 200, text: '' }) },
  start: { kind: 'vm.start', from: 'passive', ask: act('start') },
  stop: { kind: 'vm.stop', from: 'active', ask: act('stop') },
  reboot: { kind: 'vm.reboot', from: 'active', ask: act('reboot') },
  'hard reboot': { kind: 'vm.reboot-hard', from: 'active', ask: act('reboot-hard') },
  'password of a running VM': { kind: 'vm.reset-password', from: 'active', ask: act('reset-password') },
  'password of a stopped VM': { kind: 'vm.reset-password', from: 'passive', ask: act('reset-password') },
  reinstall: {
    kind: 'vm.reinstall',
    from: 'active',
    ask: act('reinstall', { template_id: ubuntu, password: goodPassword }),
  },
  'factory reset': { kind: 'vm.factory-reset', from: 'active', ask: act('factory-reset') },
  'larger plan': { kind: 'vm.resize', from: 'passive', ask: act('resize', { pricing_id: 4 }) },
  'smaller plan': { kind: 'vm.resize', from: 'passive', ask: act('resize', { pricing_id: 1 }) },
  'larger disk': { kind: 'vm.disk-resize', from: 'passive', ask: act('disk/resize', { new_size: 200 }) },
  'VPC for a running VM': { kind: 'vm.attach-vpc', from: 'active', ask: attachVpc },
  'VPC for a stopped VM': { kind: 'vm.attach-vpc', from: 'passive', ask: attachVpc },
  'VPC of a running VM': {
    kind: 'vm.detach-vpc',
    from: 'active',
    ask: (vm) => server.call(owner, 'DELETE', `/api/v1/vms/${vm}/vpc/1`),
  },
  'security group of a VM': { kind: 'vm.filter', from: 'active', ask: async (vm) => attachGroup(vm) },
  'gateway of a VPC': { kind: 'vpc.gateway', from: 'active', ask: changeVpc({ gateway_type: 'nat' }) },
  'gateway that a VPC loses': {
    kind: 'vpc.gateway',
    from: 'active',
    ask: async (vm) => {
      await changeVpc({ gateway_type: 'nat' })(vm);
      await work();
      return changeVpc({ gateway_type: 'none' })(vm);
    },
  },
  'name server of a VPC': { kind: 'vm.network', from: 'active', ask: changeVpc({ dns: '192.0.2.53' }) },
  'public IP for a running VM': {
    kind: 'vm.attach-ip',
    from: 'active',
    made: { skip_public_ip: true },
    ask: act('ip', {}),
  },
  'public IP for a stopped VM': {
    kind: 'vm.attach-ip',
    from: 'passive',
    made: { skip_public_ip: true },
    ask: act('ip', {}),
  },
  'public IP of a running VM': {
    kind: 'vm.detach-ip',
    from: 'active',
    ask: (vm) => server.call(owner, 'DELETE', `/api/v1/vms/${vm}/ip/0`),
  },
  'saved image': { kind: 'vm.save-image', from: 'active', ask: act('save-image', { name: 'saved' }) },
  snapshot: {
    kind: 'snapshot.create',
    from: 'active',
    ask: (vm) => server.call(owner, 'POST', '/api/v1/snapshots', { body: snapshotOf(vm) }),
  },
  'restored snapshot': {
    kind: 'snapshot.restore',
    from: 'snapshot of a stopped VM',
    ask: (_, snapshot) => server.call(owner, 'POST', `/api/v1/snapshots/${snapshot}/restore`),
  },
  'delete a snapshot': {
    kind: 'snapshot.delete',
    from: 'snapshot',
    ask: (_, snapshot) => server.call(owner, 'DELETE', `/api/v1/snapshots/${snapshot}`),
  },
  'backup of a running VM': {
    kind: 'backup.create',
    from: 'active',
    ask: (vm_id) => server.call(owner, 'POST', backups, { body: { vm_id } }),
  },
  'backup of a stopped VM': {
    kind: 'backup.create',
    from: 'passive',
    ask: (vm_id) => server.call(owner, 'POST', backups, { body: { vm_id } }),
  },
  'restored backup': {
    kind: 'backup.restore',
    from: 'backup of a stopped VM',
    ask: (_, backup) => server.call(owner, 'POST', `${backups}/${backup}/restore`),
  },
  'delete a backup': {
    kind: 'backup.delete',
    from: 'backup',
    ask: (_, backup) => server.call(owner, 'DELETE', `${backups}/${backup}`),
  },
  delete: { kind: 'vm.delete', from: 'active', ask: (vm) => server.call(owner, 'DELETE', `/api/v1/vms/${vm}`) },
  'delete an image': {
    kind: 'image.delete',
    from: 'image',
    ask: (_, image) => server.call(owner, 'DELETE', `/api/raffia/v1/images/${image}`),
  },
  'new volume': { kind: 'volume.create', from: 'active', ask: () => newVolume() },
  'new volume of a VM': { kind: 'volume.create', from: 'active', ask: (vm) => newVolume(vm) },
  'attach a volume': {
    kind: 'volume.attach',
    from: 'volume',
    ask: (vm, volume) => server.call(owner, 'POST', `${volumes}/${volume}/attach`, { body: { vm_id: vm } }),
  },
  'detach a volume': {
    kind: 'volume.detach',
    from: 'attached volume',
    ask: (_, volume) => server.call(owner, 'POST', `${volumes}/${volume}/detach`),
  },
  'larger volume': {
    kind: 'volume.resize',
    from: 'attached volume',
    ask: (_, volume) => server.call(owner, 'PATCH', `${volumes}/${volume}`, { body: { new_size: 20 } }),
  },
  'delete a volume': {
    kind: 'volume.delete',
    from: 'volume',
    ask: (_, volume) => server.call(owner, 'DELETE', `${volumes}/${volume}`),
  },
  'snapshot of a volume': {
    kind: 'snapshot.create',
    from: 'attached volume',
    ask: (_, volume) =>
      server.call(owner, 'POST', '/api/v1/snapshots', {
        body: { resource_type: 'volume', volume_id: volume, name: 'snapshot' },
      }),
  },
  'restored snapshot of a volume': {
    kind: 'snapshot.restore',
    from: 'snapshot of a volume',
    ask: (_, snapshot) => server.call(owner, 'POST', `/api/v1/snapshots/${snapshot}/restore`),
  },
  'delete the last snapshot of a deleted volume': {
    kind: 'snapshot.delete',
    from: 'snapshot of a deleted volume',
    ask: (_, snapshot) => server.call(owner, 'DELETE', `/api/v1/snapshots/${snapshot}`),
  },
  'delete a volume with a snapshot': {
    kind: 'volume.delete',
    from: 'volume with a snapshot',
    ask: (_, volume) => server.call(owner, 'DELETE', `${volumes}/${volume}`),
  },
  housekeeping: {
    kind: 'cloud.tidy',
    from: 'active',
    ask: async () => {
      const { services } = server.server;
      await transact(services.db, (tx) => enqueueOwn(services, tx, 'cloud.tidy'));
      return { status: 200, text: '' };
    },
  },
};

let server: TestServer;
let engine: GuardedEngine;
let owner: { key: string; project: string };
let account: string;
let sshKey: string;
let serial = 0;

before(async () => {
  server = await TestServer.start({}, { works: false });
  engine = await openEngine(server.server.services, async () => []);
  const made = await server.account('Faults');
  owner = { key: made.api_key, project: made.project_id };
  account = made.account_id;
  const key = await server.call(owner, 'POST', '/api/v1/ssh-keys', {
    body: { name: 'fault', public_key: sshPublicKey() },
  });
  sshKey = key.body.data.id;
  await server.operator('balance', account, '--mode', 'subscription', '--set', '10000', '--credits', '1');
});
after(() => server.stop());

class Died extends Error {}

/** A runner's connection to the queue, until it dies. */
class MortalQueue extends OperationQueue {
  isDead = false;

  override async write(...args: Parameters<OperationQueue['write']>) {
    if (this.isDead) throw new Died();
    return super.write(...args);
  }

  override async release(lease: Lease, ...rest: [number, number, boolean]) {
    if (this.isDead) throw new Died();
    return super.release(lease, ...rest);
  }
}

/** The workflows with a fault in one step of one kind; it happens once, or as long as the operation is tried. */
function planted(kind: OperationKind, at: number, fault: Fault, vm: () => string) {
  let strikes = 0;
  const once = () => strikes++ === 0;
  let queue: MortalQueue | undefined;
  const die = (): never => {
    (queue as MortalQueue).isDead = true;
    throw new Died();
  };
  const workflow = workflows[kind] as Workflow;
  const hit = workflow.steps[at] as Step;
  const inner = (work: Work): Promise<Progress> => hit.act?.(work) ?? Promise.resolve({ done: true });
  const acts: Partial<Record<Fault, (work: Work) => Promise<Progress>>> = {
    'dies in the act': async (work) => {
      const progress = await inner(work);
      return once() ? die() : progress;
    },
    'acts twice': async (work) => {
      const progress = await inner(work);
      return progress.done && once() ? inner(work) : progress;
    },
    'fails in passing': async (work) => {
      if (once()) throw new PassingFault('the host is away');
      return inner(work);
    },
    'breaks off with an unknown error': async (work) => {
      const progress = await inner(work);
      if (progress.done && once()) throw new Error('nobody knows');
      return progress;
    },
    'loses its lease': async (work) => {
      const progress = await inner(work);
      if (progress.done && once()) {
        await server.server.services.pool.query(
          `update operations set lease_token = gen_random_uuid(), lease_owner = 'another' where id = $1`,
          [work.operation.id],
        );
      }
      return progress;
    },
    'fails for good before the act': async () => {
      strikes++;
      throw new EngineError('planted');
    },
    'fails for good after the act': async (work) => {
      const progress = await inner(work);
      if (!progress.done) return progress;
      strikes++;
      throw new EngineError('planted');
    },
    'stays away': async () => {
      strikes++;
      throw new PassingFault('planted', { attempts: 3 });
    },
    'is deleted meanwhile': async (work) => {
      const progress = await inner(work);
      if (once()) await server.call(owner, 'DELETE', `/api/v1/vms/${vm()}`);
      return progress;
    },
  };
  const failing = acts['fails for good after the act'] as (work: Work) => Promise<Progress>;
  const died = new Set<string>();
  const steps = workflow.steps.map((step, index): Step => {
    const undo = (work: Work): Promise<Progress> => step.undo?.(work) ?? Promise.resolve({ done: true });
    const changed: Partial<Step> = index === at && acts[fault] !== undefined ? { act: acts[fault] } : {};
    if (index === at && (fault === 'dies before the commit' || fault === 'dies after the commit')) {
      return {
        ...step,
        commit: async (tx, work) => {
          await step.commit?.(tx, work);
          if (!once()) return;
          if (fault === 'dies before the commit') die();
          tx.onCommitted(() => {
            (queue as MortalQueue).isDead = true;
          });
        },
      };
    }
    if (fault === 'dies in each undo') {
      return {
        ...step,
        ...(index === at ? { act: failing } : {}),
        undo: async (work) => {
          const progress = await undo(work);
          if (!progress.done || died.has(step.name)) return progress;
          died.add(step.name);
          return die();
        },
      };
    }
    if (fault === 'is undone twice') {
      return {
        ...step,
        ...(index === at ? { act: failing } : {}),
        undo: async (work) => ((await undo(work)).done ? undo(work) : { done: false, retryInMs: 0 }),
      };
    }
    return { ...step, ...changed };
  });
  const planted: Workflows = { ...workflows, [kind]: { ...workflow, steps } };
  return {
    workflows: planted,
    strikes: () => strikes,
    undone: () => died.size,
    begin: (begun: MortalQueue) => {
      queue = begun;
    },
  };
}

/** Works until nothing is open: each round is a runner's life, and between two of them all waits and leases run out. */
async function work(done: Workflows = workflows, begin: (queue: MortalQueue) => void = () => {}): Promise<void> {
  const { services } = server.server;
  for (let round = 0; round < 60; round++) {
    const { open } = await one<{ open: number }>('select count(*) as open from operations where finished_at is null');
    if (open === 0) return;
    if (round > 0) {
      await services.pool.query(
        'update operations set not_before = null, lease_until = null where finished_at is null and (not_before is not null or lease_until is not null)',
      );
    }
    const queue = new MortalQueue(services.db, 'runner');
    begin(queue);
    const runner = new OperationRunner(services, engine, done, queue);
    for (const operation of await queue.claim(100, [])) {
      await runner.run(operation).catch((error) => {
        if (!(error instanceof Died) && !(error instanceof LeaseLost)) throw error;
      });
      if (queue.isDead) break;
    }
  }
  assert.fail('the work did not end');
}

const one = async <T extends object>(text: string, values: unknown[] = []): Promise<T> =>
  (await server.server.services.pool.query<T>(text, values)).rows[0] as T;

/** A machine as row and host have it, and what was paid for it. */
async function snapshot(vm: string) {
  const row = await one<{
    status: string;
    power: string;
    is_same: boolean;
    storage: number;
    disk: number;
    price: number;
    addresses: number;
    nics: string[];
    snapshots: number;
    active: number;
  }>(
    `select v.status, v.storage, v.plan_id, v.cpu, v.ram, v.price_month_micros as price, m.power, m.disk,
            m.generation = v.generation and m.cpu = v.cpu and m.ram = v.ram as is_same,
            (select count(*) from nics n join public_addresses a on a.address = n.public_address
              where n.vm_id = v.id and a.state = 'attached' and a.account_id = v.account_id) as addresses,
            array(select concat_ws(' ', nic_id, type, state) from nics where vm_id = v.id order by nic_id) as nics,
            (select count(*) from snapshots s where s.vm_id = v.id) as snapshots,
            (select count(*) from snapshots s where s.vm_id = v.id and s.state = 'active') as active
       from vms v left join simulated_machines m on m.id::text = v.id::text where v.id = $1 and v.deleted_at is null`,
    [vm],
  );
  return {
    ...row,
    paid: await paidFor(vm),
    volumes: await volumesOfAccount(),
    volumeSnapshots: await volumeSnapshotsOfAccount(),
    written: await writtenOnVolumes(),
    backups: await backupsOfAccount(),
  };
}

/** The snapshots of volumes that people see, and whether their volume is there. */
async function volumeSnapshotsOfAccount() {
  const { rows } = await server.server.services.pool.query(
    `select s.state, s.volume_id is not null as "has a volume", h.id is not null as "is there"
       from snapshots s left join simulated_snapshots h on h.id = s.uid
      where s.account_id = $1 and s.type = 'volume' and s.deleted_at is null order by s.id`,
    [account],
  );
  return rows;
}

/** What is on the volumes of the host, also on those that it holds for their snapshots alone. */
async function writtenOnVolumes(): Promise<(string | null)[]> {
  const { rows } = await server.server.services.pool.query<{ contents: string | null }>(
    'select contents from simulated_volumes order by id',
  );
  return rows.map(({ contents }) => contents);
}

/** The backups that can be restored, as rows and store have them. */
async function backupsOfAccount() {
  const { rows } = await server.server.services.pool.query<{ id: string; state: string }>(
    `select id, state, kept_bytes from backups where account_id = $1 and deleted_at is null and state <> 'failed' order by sequence`,
    [account],
  );
  const points = await pointsKept();
  return rows.map(({ id, ...row }) => ({ ...row, isThere: points.includes(id) }));
}

const pointsKept = async () => (await server.server.services.backupStore.list(account)).map(({ id }) => id);

/** The volumes that people see and can use, as rows and host have them, and what was paid for each. */
async function volumesOfAccount() {
  const { rows } = await server.server.services.pool.query(
    `select d.status, d.size, d.price_month_micros as price, d.vm_id is not null as "is attached",
            d.plugged_vm_id is not distinct from d.vm_id as "is settled", s.id is not null as "is there",
            s.machine_id is not distinct from d.vm_id as "is with its machine",
            (select coalesce(-sum(balance_micros + credits_micros), 0)::bigint from balance_entries b where b.resource_id = d.uid) as paid
       from volumes d left join simulated_volumes s on s.id = d.uid
      where d.account_id = $1 and d.deleted_at is null and d.status <> 'failed' order by d.id`,
    [account],
  );
  return rows;
}

async function paidFor(vm: string): Promise<number> {
  const { paid } = await one<{ paid: number }>(
    'select coalesce(-sum(balance_micros + credits_micros), 0)::bigint as paid from balance_entries where resource_id::text = $1',
    [vm],
  );
  return paid;
}

/** What must hold whatever happened. */
async function nothingIsAmiss(vm: string, what: string, dearest: number): Promise<void> {
  const { services } = server.server;
  const found = await snapshot(vm);
  if (found.status === 'active' || found.status === 'passive') {
    assert.equal(found.power, found.status === 'active' ? 'on' : 'off', `${what}: the machine is as its row says`);
    assert.equal(found.is_same, true, `${what}: generation and size are as the row says`);
    const isPublic = (nic: string) => !nic.includes(' vpc ');
    assert.equal(found.addresses, found.nics.filter(isPublic).length, `${what}: it has its addresses`);
  } else {
    assert.ok(
      found.status === undefined || found.status === 'failure',
      `${what}: ${found.status} is no state to stay in`,
    );
    assert.equal(found.power ?? null, null, `${what}: nothing is left on the host`);
    assert.equal(found.addresses ?? 0, 0, `${what}: its address is free`);
    // Once it has ended, the hour that had begun was paid, at whatever price it had, and nothing was given back twice.
    assert.ok(found.paid >= 0 && found.paid <= dearest / 720 + 2, `${what}: ${found.paid} micro-dollars were paid`);
  }
  const left = await one<Record<string, number>>(
    `select (select count(*) from operations where finished_at is null or lease_token is not null or has_place
                                                or sealed_input is not null) as operations,
            (select count(*) from simulated_machines m where not exists (select from vms where id = m.id)) as machines,
            (select count(*) from nics where state <> 'attached') as "interfaces that come or go",
            (select count(*) from simulated_machines m join vms v on v.id = m.id
              where (select coalesce(array_agg(host(address) order by nic_id), '{}') from nics where vm_id = v.id) <> m.addresses)
              as "machines with other interfaces than their rows",
            (select count(*) from public_addresses a left join nics n on n.public_address = a.address
                                                     left join vpcs p on p.router_address = a.address
              where (a.state = 'attached') <> (n.vm_id is not null or p.gateway_type = 'nat')) as addresses,
            (select count(*) from vpcs p join nics n on n.vpc_id = p.id
                             join simulated_machines m on m.id = n.vm_id, jsonb_array_elements(m.nics) i
              where i -> 'network' ->> 'id' = p.id::text and p.router_status is distinct from 'failure'
                and i -> 'network' -> 'router' ->> 'address' is distinct from host(p.router_address))
              as "routers that are not as their rows say",
            (select count(*) from images where status not in ('ready', 'failed') or deleted_at is not null) as images,
            (select count(*) from simulated_images s where not exists
              (select from images where id::text = s.id::text and status = 'ready')) as "images on the host",
            (select count(*) from snapshots where state not in ('ready', 'active') or deleted_at is not null) as snapshots,
            (select count(*) from simulated_snapshots s where not exists (select from snapshots where uid = s.id))
              as "snapshots on the host",
            (select count(*) from snapshots s where not exists (select from simulated_snapshots where id = s.uid))
              as "snapshots that are not on the host",
            (select count(*) from terms t where is_pending
                or (until is null) <> case t.item
                     when 'snapshot' then exists (select from snapshots s where s.id::text = t.resource_id
                                   and s.price_month_micros = t.unit_price_micros * t.quantity)
                     when 'volume' then exists (select from volumes d where d.id::text = t.resource_id
                                   and d.deleted_at is null and d.status <> 'failed'
                                   and d.price_month_micros = t.unit_price_micros * t.quantity)
                     else exists (select from vms v where v.id::text = t.resource_id
                                   and v.deleted_at is null and v.status <> 'failure'
                                   and v.price_month_micros = t.unit_price_micros) end
                   and not exists (select from terms b where b.replaces = t.id)) as terms,
            (select count(*) from (select term_id, sum(balance_micros) as balance, sum(credits_micros) as credits
                                     from balance_entries group by 1) e left join terms t on t.id = e.term_id
              where (e.balance, e.credits) <> (coalesce(t.balance_micros, 0), coalesce(t.credits_micros, 0)))
              as "terms that disagree with the balance",
            (select count(*) from volumes d where status not in ('available', 'attached', 'failed')
                                               or plugged_vm_id is distinct from vm_id) as "volumes that come or go",
            (select count(*) from volumes d left join simulated_volumes s on s.id = d.uid
              where case status when 'failed' then s.id is not null
                    else s.id is null or s.size < d.size or s.machine_id is distinct from d.vm_id end)
              as "volumes that are not as their rows say",
            (select count(*) from simulated_volumes s where case when s.is_deleted
                then not exists (select from snapshots where volume_uid = s.id)
                else not exists (select from volumes where uid = s.id) end) as "volumes on the host",
            (select count(*) from volumes d join balance_entries b on b.resource_id = d.uid where d.status = 'failed'
              having sum(b.balance_micros + b.credits_micros) <> 0) as "volumes that were paid for and are not there",
            (select count(*) from backups where state not in ('ready', 'failed') or deleted_at is not null or shown_from is not null)
              as "backups without an end",
            (select count(*) from backups b where is_kept <> (id = any ($1::uuid[]))) as "backups that are not as their rows say",
            (select count(*) from unnest($1::uuid[]) p (id) where not exists (select from backups b where b.id = p.id))
              as "backups without a row",
            (select count(*) from vpcs where deleted_at is not null) as vpcs,
            (select count(*) from sealed_passwords) as passwords`,
    [await pointsKept()],
  );
  // A deletion that fails once its host has let go shows again what is not there: it is deleted again.
  const tolerated = [
    'passwords',
    ...(what.startsWith('snapshot.delete') ? ['snapshots that are not on the host'] : []),
  ];
  for (const [name, count] of Object.entries(left)) {
    if (!tolerated.includes(name)) assert.equal(count ?? 0, 0, `${what}: ${count} ${name} are left over`);
  }
  assert.deepEqual(await recount(services.db), [], `${what}: the quotas are right`);
  const { off } = await one<{ off: number }>(
    `select (a.balance_micros + a.credits_micros
             - (select sum(balance_micros + credits_micros) from balance_entries where account_id = a.id))::bigint as off
       from accounts a where a.id = $1`,
    [account],
  );
  assert.equal(off, offAtFirst, `${what}: each change of the balance has its entry`);
}

let offAtFirst = 0;

/** Brings a machine (and an image) to where the scenario begins. */
async function prepare({ from, made: extra }: Scenario): Promise<{ vm: string; thing: string }> {
  const name = `fault-${++serial}`;
  const { password, ...request } = vmRequest(name);
  // Digesting passwords is most of the work; where none is the subject, a key will do.
  const access = from === 'nothing' ? { password } : { ssh_keys: [sshKey] };
  const made = await server.call(owner, 'POST', '/api/v1/vms', {
    body: { ...request, ...access, ...extra, pricing_id: 2 },
  });
  assert.equal(made.status, 201, made.text);
  const vm = made.body.data.id;
  let thing = '';
  if (from === 'nothing') return { vm, thing };
  await work();
  if (from === 'passive') await act('stop')(vm);
  if (from.startsWith('snapshot')) {
    const taken = await server.call(owner, 'POST', '/api/v1/snapshots', { body: snapshotOf(vm) });
    thing = taken.body.data.id;
    await work();
  }
  if (from === 'snapshot of a stopped VM') await act('stop')(vm);
  if (['volume', 'volume with a snapshot', 'snapshot of a volume', 'snapshot of a deleted volume'].includes(from)) {
    thing = (await newVolume()).body.data.id;
  }
  if (from === 'volume with a snapshot') await volumeSnapshotOf(thing);
  if (from === 'snapshot of a volume') thing = await volumeSnapshotOf(thing);
  if (from === 'snapshot of a deleted volume') {
    const taken = await volumeSnapshotOf(thing);
    await server.call(owner, 'DELETE', `${volumes}/${thing}`);
    thing = taken;
  }
  if (from.startsWith('backup')) {
    thing = (await server.call(owner, 'POST', backups, { body: { vm_id: vm } })).body.data.id;
    await work();
  }
  if (from === 'backup of a stopped VM') await act('stop')(vm);
  if (from === 'attached volume') thing = (await newVolume(vm)).body.data.id;
  if (from === 'image') thing = (await act('save-image', { name })(vm)).body.data.id;
  await work();
  return { vm, thing };
}

/** Deletes what people see of a kind; what is not there is not asked about. */
async function deleteAll(table: string, path: string, what: string): Promise<void> {
  const { rows } = await server.server.services.pool.query<{ id: string }>(
    `select id from ${table} where account_id = $1 and deleted_at is null`,
    [account],
  );
  for (const { id } of rows) {
    const gone = await server.call(owner, 'DELETE', `${path}/${id}`);
    assert.equal(gone.status, 200, `${what}: ${gone.text}`);
  }
}

async function cleanUp(vm: string, what: string, dearest: number): Promise<void> {
  const { rows } = await server.server.services.pool.query<{ id: string }>('select id from images');
  for (const { id } of rows) await server.call(owner, 'DELETE', `/api/raffia/v1/images/${id}`);
  await server.call(owner, 'DELETE', `/api/v1/vms/${vm}`);
  await work();
  await deleteAll('volumes', volumes, what);
  await deleteAll('backups', backups, what);
  await work();
  await deleteAll('snapshots', '/api/v1/snapshots', what);
  await work();
  await nothingIsAmiss(vm, `${what}, then deleted`, dearest);
}

async function run(scenario: Scenario, at: number, fault: Fault, expected: unknown): Promise<void> {
  const what = `${scenario.kind}, ${workflows[scenario.kind].steps[at]?.name}, ${fault}`;
  const { services } = server.server;
  const { vm, thing } = await prepare(scenario);
  const before = await snapshot(vm);
  const asked = await scenario.ask(vm, thing);
  assert.ok(asked.status < 300, `${what}: ${asked.text}`);
  const operation = await one<{ id: string }>(
    'select id from operations where kind = $1 and finished_at is null order by sequence desc limit 1',
    [scenario.kind],
  );
  const plant = planted(scenario.kind, at, fault, () => vm);
  await work(plant.workflows, plant.begin);
  const { status, error } = await one<{ status: string; error: string | null }>(
    'select status, error from operations where id = $1',
    [operation.id],
  );
  if (fault === 'dies in each undo') assert.equal(plant.undone(), at + 1, `${what}: each undo was tried`);
  else if (fault !== 'is undone twice') assert.ok(plant.strikes() > 0, `${what}: the fault struck`);

  const now = await snapshot(vm);
  const dearest = Math.max(before.price ?? 0, now.price ?? 0, 40_000_000);
  if (faults[fault] === 'succeeded') {
    assert.deepEqual([status, error], ['succeeded', null], what);
    assert.deepEqual(now, expected, `${what}: as without the fault`);
  } else if (faults[fault] === 'failed') {
    assert.deepEqual([status, error], ['failed', 'planted'], what);
    if (now.status === 'active' || now.status === 'passive') {
      assert.equal(now.paid, before.paid, `${what}: nothing was paid for what failed`);
      assert.deepEqual([now.price, now.storage], [before.price, before.storage], `${what}: the price is as before`);
      assert.deepEqual(now.nics, before.nics, `${what}: it has the interfaces that it had`);
      assert.deepEqual([now.snapshots, now.active], [before.snapshots, before.active], `${what}: so are its snapshots`);
      // One whose deletion failed after the act is shown again, and deleted again.
      if (scenario.kind !== 'volume.delete' && scenario.kind !== 'snapshot.delete') {
        assert.deepEqual(now.volumeSnapshots, before.volumeSnapshots, `${what}: so are those of volumes`);
      }
      if (scenario.kind !== 'backup.delete') {
        assert.deepEqual(now.backups, before.backups, `${what}: backups are as before`);
      }
      if (scenario.kind !== 'volume.delete') {
        assert.deepEqual(now.volumes, before.volumes, `${what}: volumes are as before`);
      }
    }
  }
  // A deletion that failed is asked for again, and so is a gateway's closing; whatever else failed has taken back what it did by itself.
  if (!['vm.delete', 'volume.delete', 'backup.delete', 'vpc.gateway'].includes(scenario.kind))
    await nothingIsAmiss(vm, what, dearest);
  const queue = new OperationQueue(services.db, 'runner');
  const listener = new WorkListener(services.configuration.databaseUrl as string, services.clock, services.log);
  const idle = new Worker(services, queue, new OperationRunner(services, engine, workflows, queue), listener);
  await new Reconciler(services, engine, idle, comparisons).reconcile();
  await work();
  const { told: machines } = await engine.machines.list();
  for (const [kind, others] of Object.entries(comparisons)) {
    const differing = await others(services.db, machines);
    assert.deepEqual(differing, [], `${what}: nothing is left for ${kind}`);
  }
  await nothingIsAmiss(vm, what, dearest);
  await cleanUp(vm, what, dearest);
}

test('each kind of operation has its scenario', () => {
  assert.deepEqual(
    [...new Set(Object.values(scenarios).map(({ kind }) => kind))].sort(),
    Object.keys(workflows).sort(),
    'give each kind of work a scenario in server/operations/every-fault.test.ts',
  );
});

let cases = 0;
for (const [name, scenario] of Object.entries(scenarios)) {
  test(`${name}: whatever happens in whichever step, it ends, and nothing is lost, left over or paid twice`, async () => {
    const { off } = await one<{ off: number }>(
      `select (a.balance_micros + a.credits_micros - coalesce((select sum(balance_micros + credits_micros)
         from balance_entries where account_id = a.id), 0))::bigint as off from accounts a where a.id = $1`,
      [account],
    );
    if (offAtFirst === 0) offAtFirst = off;
    const { vm, thing } = await prepare(scenario);
    await scenario.ask(vm, thing);
    await work();
    const expected = await snapshot(vm);
    await nothingIsAmiss(vm, `${name} without a fault`, 40_000_000);
    await cleanUp(vm, name, 40_000_000);
    const { steps } = workflows[scenario.kind];
    for (let at = 0; at < steps.length; at++) {
      for (const fault of Object.keys(faults) as Fault[]) {
        await run(scenario, at, fault, expected);
        cases++;
      }
    }
  });
}

test('no case was left out', () => {
  const steps = Object.values(scenarios).reduce((sum, { kind }) => sum + workflows[kind].steps.length, 0);
  console.log(
    `${cases} cases: ${steps} steps of ${Object.keys(scenarios).length} scenarios × ${Object.keys(faults).length} faults`,
  );
  assert.equal(cases, steps * Object.keys(faults).length);
});
