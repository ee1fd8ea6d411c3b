import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { transact } from '../../database/transaction.ts';
import type { MachineState } from '../../engines/engine.ts';
import { openEngine } from '../../engines/open-engine.ts';
import { OperationQueue } from '../../operations/operation-queue.ts';
import { OperationRunner } from '../../operations/operation-runner.ts';
import { Reconciler } from '../../operations/reconciler.ts';
import { WorkListener } from '../../operations/work-listener.ts';
import { Worker } from '../../operations/worker.ts';
import type { OperationRow } from '../../operations/workflow.ts';
import { TestServer } from '../../testing/test-server.ts';
import { workflows } from '../../workflows.ts';
import { comparisons } from './comparisons.ts';
import { machineSpec, machinesOnRecord } from './machine-spec.ts';

/** What is written down of an interface whose attaching or detaching failed, by what its host was found to have. Nothing works by itself. */
let server: TestServer;
let serial = 0;

before(async () => {
  server = await TestServer.start({}, { works: false });
});
after(() => server.stop());

const call = (method: string, path: string, body?: object) =>
  server.call(server.owner, method, `/api/v1/${path}`, body === undefined ? {} : { body });

const ask = async <R extends object>(text: string, ...values: unknown[]) =>
  (await server.server.services.pool.query<R>(text, values)).rows;

interface Case {
  readonly vm: string;
  readonly vpc: string;
  readonly address: string;
}

/** A machine whose interface 2 is being attached, or detached. */
async function begun(kind: 'vm.attach-vpc' | 'vm.detach-vpc'): Promise<Case & { operation: OperationRow }> {
  const block = `172.22.${++serial}`;
  const vm = await server.vm(`found-${serial}`, {}, server.owner, false);
  await ask(`update vms set status = 'active' where id = $1`, vm);
  const vpc = (await call('POST', 'vpcs', { name: `found-${serial}`, cidr: `${block}.0/24` })).body.data.id;
  const attached = await call('POST', `vms/${vm}/vpc`, { vpc_id: vpc });
  assert.equal(attached.status, 200, attached.text);
  if (kind === 'vm.detach-vpc') {
    await ask(`update nics set state = 'attached' where vm_id = $1`, vm);
    const detached = await call('DELETE', `vms/${vm}/vpc/2`);
    assert.equal(detached.status, 200, detached.text);
  }
  const [operation] = await ask<OperationRow>(
    'select * from operations where resource_id = $1 and kind = $2',
    vm,
    kind,
  );
  return { vm, vpc, address: `${block}.2`, operation: operation as OperationRow };
}

/** What the host says: nothing at all, or the machine with these addresses. */
function machineWith({ vm, vpc }: Case, addresses: readonly string[]): MachineState {
  const nics = addresses.map((address) => ({ type: 'vpc' as const, address, network: { id: vpc, cidr: '' } }));
  return { id: vm, generation: 1, power: 'on', known: { nics } as unknown as MachineState['known'] };
}

const found: Readonly<Record<string, (of: Case) => MachineState | 'gone' | 'unknown'>> = {
  'the machine has it': (of) => machineWith(of, [of.address]),
  'the machine has it not': (of) => machineWith(of, ['10.0.0.2']),
  'the machine is gone': () => 'gone',
  'the host does not answer': () => 'unknown',
};

const expected = {
  'vm.attach-vpc': {
    'the machine has it': 'detaching',
    'the machine has it not': undefined,
    'the machine is gone': undefined,
    'the host does not answer': 'detaching',
  },
  'vm.detach-vpc': {
    'the machine has it': 'attached',
    'the machine has it not': undefined,
    'the machine is gone': undefined,
    'the host does not answer': 'detaching',
  },
} as const;

async function fails(kind: 'vm.attach-vpc' | 'vm.detach-vpc', of: Case & { operation: OperationRow }, what: string) {
  const { services } = server.server;
  const { operation } = of;
  const work = { services, operation, elapsedMs: 0, input: { nicId: 2 }, password: undefined };
  const state = (found[what] as (of: Case) => MachineState | 'gone' | 'unknown')(of);
  await transact(services.db, (tx) => workflows[kind].failed(tx, work, 'planted', state));
  await ask(`update operations set status = 'failed', finished_at = now() where resource_id = $1`, of.vm);
}

const stateOf = async (vm: string) =>
  (await ask<{ state: string }>('select state from nics where vm_id = $1 and nic_id = 2', vm))[0]?.state;

for (const kind of ['vm.attach-vpc', 'vm.detach-vpc'] as const) {
  for (const [what, state] of Object.entries(expected[kind])) {
    test(`${kind} failed and ${what}: the interface is ${state ?? 'no more'}, and its address nobody else's until then`, async () => {
      const of = await begun(kind);
      await fails(kind, of, what);
      assert.equal(await stateOf(of.vm), state);
      const shown = (await call('GET', `vms/${of.vm}/networks`)).body.data.map(
        ({ nic_id }: { nic_id: number }) => nic_id,
      );
      assert.deepEqual(shown, state === 'attached' ? [0, 1, 2] : [0, 1]);
      const other = await server.vm(`other-${serial}`, {}, server.owner, false);
      await ask(`update vms set status = 'active' where id = $1`, other);
      const taken = await call('POST', `vms/${other}/vpc`, { vpc_id: of.vpc, ip: of.address });
      assert.equal(taken.status, state === undefined ? 200 : 400, taken.text);
    });
  }
}

test('of a machine whose host does not answer the rows name every interface that it may have, those that come and go too', async () => {
  const { db } = server.server.services;
  const [coming, going] = [await begun('vm.attach-vpc'), await begun('vm.detach-vpc')];
  const groups = await call('POST', 'security-groups', { name: 'closed', rules: [] });
  const order = { security_group_id: groups.body.data.id, nic_id: 0 };
  assert.equal((await call('POST', `vms/${going.vm}/security-groups`, order)).status, 200);
  const known = await machinesOnRecord(db, [going.vm, coming.vm, randomUUID()]);
  assert.equal(known.length, 2);
  for (const { vm, vpc, address } of [coming, going]) {
    const { nics, ...size } = known.find(({ id }) => id === vm) ?? assert.fail('it is on record');
    assert.deepEqual(size, { id: vm, cpu: 1, ram: 1, disk: 25 });
    assert.deepEqual(
      nics.map(({ nicId }) => nicId),
      [0, 1, 2],
    );
    assert.deepEqual([nics[2]?.address, nics[2]?.network.id], [address, vpc]);
    assert.deepEqual(
      nics.map(({ filter }) => filter !== undefined),
      [vm === going.vm, false, false],
    );
    const { nics: settled } = await machineSpec(db, vm);
    assert.deepEqual(nics.slice(0, 2), settled.slice(0, 2), 'the others are as whoever works on it has them');
  }
});

test('what a VPC that is gone has still is never shown again', async () => {
  const of = await begun('vm.detach-vpc');
  assert.equal((await call('DELETE', `vpcs/${of.vpc}`)).status, 200);
  await fails('vm.detach-vpc', of, 'the machine has it');
  assert.equal(await stateOf(of.vm), 'detaching');
});

test('an interface of which nobody knows whether its machine has it is detached once the host is looked at', async () => {
  await ask(`update operations set status = 'failed', finished_at = now() where finished_at is null`);
  await ask(`delete from nics where state = 'detaching'`);
  const of = await begun('vm.attach-vpc');
  await fails('vm.attach-vpc', of, 'the host does not answer');
  const { services } = server.server;
  const engine = await openEngine(services, async () => []);
  const queue = new OperationQueue(services.db, 'runner');
  const listener = new WorkListener(services.configuration.databaseUrl as string, services.clock, services.log);
  const idle = new Worker(services, queue, new OperationRunner(services, engine, workflows, queue), listener);
  const asked = () =>
    ask(`select resource_id, kind, input from operations where kind = 'vm.detach-vpc' and finished_at is null`);
  for (let round = 0; round < 2; round++) {
    await new Reconciler(services, engine, idle, comparisons).reconcile();
    assert.deepEqual(await asked(), [{ resource_id: of.vm, kind: 'vm.detach-vpc', input: { nicId: 2 } }]);
  }
});
