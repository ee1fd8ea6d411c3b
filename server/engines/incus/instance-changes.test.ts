import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MachineNic, MachineSpec } from '../engine.ts';
import type { IncusInstance } from './incus-api.ts';
import { changesTowards, untoldKey } from './instance-changes.ts';
import { differences, instanceDefinition, marks, withNewPorts } from './instance-definition.ts';
import { knownOf } from './known-of-instance.ts';

const nic = (nicId: number, type: 'public' | 'vpc' = 'vpc'): MachineNic => ({
  nicId,
  type,
  address: `10.${nicId}.0.2`,
  prefix: 24,
  gateway: `10.${nicId}.0.1`,
  mac: `02:00:0a:0${nicId}:00:02`,
  network: { id: `network-${nicId}`, cidr: `10.${nicId}.0.0/24` },
});

const spec: MachineSpec = {
  id: '01a209d8-400d-7ae5-9437-613ef52dc87d',
  generation: 1,
  name: 'web',
  cpu: 1,
  ram: 2,
  disk: 25,
  image: 'template',
  nics: [nic(0, 'public'), nic(1)],
  nameServers: [],
  volumes: [],
  sshKeys: [],
};
const limits = { networkLimit: { receive: 100, send: null }, diskLimit: { read: '200MB', write: null } };
const options = {
  project: 'raffia',
  type: 'container',
  pool: 'default',
  isOvn: false,
  dns: ['9.9.9.9'],
  ...limits,
} as const;

/** An instance as it is once it was built and has run. */
function built(of: MachineSpec = spec): IncusInstance {
  const { name, config, devices } = instanceDefinition(of, { ...options, image: 'debian' }) as IncusInstance;
  const volatile = { 'volatile.cloud-init.instance-id': 'seen-by-the-guest', 'volatile.uuid': 'u' };
  const all = { ...config, ...marks(of, 'ready'), ...volatile };
  return { name, config: all, devices, type: 'container', status: 'Running', status_code: 103, location: 'none' };
}

const changed = (instance: IncusInstance, to: Partial<MachineSpec>) => {
  const changes = changesTowards(instance, { ...spec, ...to }, options);
  assert.ok(changes !== undefined);
  return changes;
};

/** The instance once it is changed. */
function after(instance: IncusInstance, to: Partial<MachineSpec>): IncusInstance {
  const { config, devices, plugged, unplugged } = changed(instance, to);
  const left = Object.entries(instance.devices).filter(([name]) => unplugged[name] === undefined);
  return {
    ...instance,
    config: { ...instance.config, ...config },
    devices: { ...Object.fromEntries(left), ...devices, ...plugged },
  };
}

test('nothing has to change where all is as the spec says, whatever the ends of interfaces are called on the host', () => {
  const instance = built();
  assert.equal(changesTowards(instance, spec, options), undefined);
  const devices = { ...instance.devices, ...withNewPorts(instance.devices) };
  assert.equal(changesTowards({ ...instance, devices }, spec, options), undefined);
});

test("once a change is made nothing has to change any more, and nobody takes it for somebody else's", () => {
  const to: Partial<MachineSpec>[] = [
    { cpu: 2 },
    { ram: 1 },
    { disk: 30 },
    { nics: [nic(0, 'public')] },
    { nics: [nic(1)] },
    { nics: [] },
    { nics: [...spec.nics, nic(2)], disk: 30, name: 'renamed' },
    { nics: [nic(0, 'public'), { ...nic(1), address: '10.1.0.3', mac: '02:00:0a:01:00:03' }] },
  ];
  for (const one of to) {
    const now = after(built(), one);
    assert.equal(changesTowards(now, { ...spec, ...one }, options), undefined, JSON.stringify(one));
    assert.equal(differences(now, limits), undefined, JSON.stringify(one));
    assert.equal(changed(built(), one).config['volatile.uuid'], undefined, "what is the engine's own is not touched");
    assert.deepEqual(knownOf(now).nics, one.nics ?? spec.nics);
  }
  assert.equal(to.length, 8);
});

test('an interface is plugged or unplugged by its number, and the others stay what they are', () => {
  const instance = built({ ...spec, nics: [nic(0, 'public'), nic(1), nic(2)] });
  const { plugged, unplugged, devices } = changed(instance, { nics: [nic(0, 'public'), nic(2), nic(3)] });
  assert.deepEqual([Object.keys(plugged), Object.keys(unplugged), devices], [['eth3'], ['eth1'], {}]);
  assert.equal(plugged.eth3?.['ipv4.address'], '10.3.0.2');
  assert.equal(plugged.eth3?.['security.ipv4_filtering'], 'true');
  assert.equal(plugged.eth3?.['limits.ingress'], '100Mbit');
  const moved = { ...nic(1), network: nic(2).network };
  const again = changed(built(), { nics: [nic(0, 'public'), moved] });
  assert.deepEqual([Object.keys(again.plugged), Object.keys(again.unplugged)], [['eth1'], ['eth1']]);
});

test('the guest is to be told of what changed for it, also of what an interrupted change has not told it yet', () => {
  const untold = (instance: IncusInstance, nics: readonly MachineNic[]) =>
    changed(instance, { nics }).config[untoldKey]?.split(',');
  assert.deepEqual(untold(built(), [...spec.nics, nic(2)]), ['eth2']);
  assert.deepEqual(untold(built(), [nic(0, 'public')]), ['eth1']);
  // The default route goes over another interface then.
  assert.deepEqual(untold(built(), [nic(1)]), ['eth0', 'eth1']);
  assert.deepEqual(untold(after(built(), { nics: [...spec.nics, nic(2)] }), spec.nics), ['eth2']);
  assert.equal(changed(built(), { cpu: 2 }).config[untoldKey], undefined, 'another size is none of its business');
});

test('for cloud-init the machine stays the one that it was, however often its interfaces change', () => {
  const { config, devices } = after(built(), { nics: [...spec.nics, nic(2)] });
  assert.equal(config['user.meta-data'], 'instance-id: seen-by-the-guest\n');
  assert.deepEqual(Object.keys(JSON.parse(config['cloud-init.network-config'] ?? '').ethernets), [
    'eth0',
    'eth1',
    'eth2',
  ]);
  // The engine has made it another one meanwhile.
  const now = { ...built(), devices, config: { ...config, 'volatile.cloud-init.instance-id': 'never-seen' } };
  assert.equal(after(now, { nics: spec.nics }).config['user.meta-data'], 'instance-id: seen-by-the-guest\n');
  assert.equal(changed(built(), { cpu: 2 }).config['user.meta-data'], undefined);
});

test('a disk that has had its headroom is left with it, and one that is made larger loses none of it', () => {
  const instance = built();
  const root = { ...instance.devices.root, size: `${25 * 1024 + 64}MiB` };
  const full = { ...instance, devices: { ...instance.devices, root } };
  assert.equal(changesTowards(full, spec, options), undefined);
  assert.equal(changed(full, { cpu: 2 }).devices.root, undefined);
  assert.equal(changed(full, { disk: 26 }).devices.root?.size, '26GiB');
});
