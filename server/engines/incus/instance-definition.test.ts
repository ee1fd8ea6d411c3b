import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MachineNic, MachineSpec } from '../engine.ts';
import { firewallRules } from './firewall.ts';
import { ifupdownFile, loopback, networkdFile, networkManagerFile } from './guest-network-files.ts';
import { guestNics } from './guest-nics.ts';
import { IncusError } from './incus-error.ts';
import { differences, instanceDefinition, wanted, withNewPorts } from './instance-definition.ts';
import { withLimits } from './machine-limits.ts';
import { gatewayPortName, hostNameOf, instanceName, machineIdOf, networkName, portName } from './names.ts';

const id = '01a209d8-400d-7ae5-9437-613ef52dc87d';
const publicNic: MachineNic = {
  nicId: 0,
  type: 'public',
  address: '203.0.113.7',
  prefix: 22,
  gateway: '203.0.112.1',
  mac: '02:00:cb:00:71:07',
  network: { id: '203.0.112.0/22', cidr: '203.0.112.0/22' },
};
const vpcNic: MachineNic = {
  nicId: 1,
  type: 'vpc',
  address: '10.0.0.2',
  prefix: 24,
  gateway: '10.0.0.1',
  mac: '02:00:0a:00:00:02',
  network: { id: 'a-vpc', cidr: '10.0.0.0/24' },
};
const spec: MachineSpec = {
  id,
  generation: 3,
  name: 'web 1',
  cpu: 2,
  ram: 4,
  disk: 80,
  image: 'template',
  nics: [publicNic, vpcNic],
  nameServers: [],
  volumes: [],
  sshKeys: ['ssh-ed25519 AAAA someone'],
};

const unlimited = { networkLimit: { receive: null, send: null }, diskLimit: { read: null, write: null } };
const limits = { networkLimit: { receive: 100, send: 50 }, diskLimit: { read: '200MB', write: '1000iops' } };

type Changes = Record<string, unknown> & { readonly nics?: readonly MachineNic[] };

// biome-ignore lint/suspicious/noExplicitAny: looked into
const define = ({ nics = spec.nics, ...changes }: Changes = {}): any =>
  instanceDefinition(
    { ...spec, nics },
    {
      project: 'raffia',
      type: 'container',
      pool: 'default',
      isOvn: false,
      dns: ['9.9.9.9'],
      image: 'debian',
      ...unlimited,
      ...changes,
    },
  );

test('every name fits into an interface name, with room for a tunnel', () => {
  assert.equal(spec.nics.length, 2);
  for (const nic of spec.nics) {
    assert.ok(networkName('raffia', nic.network).length + '-x'.length <= 15);
    assert.ok(portName(id, nic).length <= 15);
    assert.ok(gatewayPortName(networkName('raffia', nic.network)).length <= 15);
  }
  assert.notEqual(networkName('raffia', vpcNic.network), networkName('other', vpcNic.network));
  assert.equal(machineIdOf(instanceName(id)), id);
  assert.equal(machineIdOf('somebody-elses'), undefined);
});

test('a name becomes a host name', () => {
  for (const [name, host] of [
    ['web-1', 'web-1'],
    ['My Web', 'My-Web'],
    ['--x--', 'x'],
    ['été', 'e-te'],
    ['日本', 'vm'],
    ['a'.repeat(64), 'a'.repeat(63)],
  ] as const) {
    assert.match(hostNameOf(name), /^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?$/);
    if (name !== 'été') assert.equal(hostNameOf(name), host);
  }
});

test('a machine carries its identity, its size, and nothing of profiles', () => {
  const definition = define();
  assert.deepEqual(definition.profiles, []);
  assert.equal(definition.config['user.raffia.id'], id);
  assert.equal(definition.config['user.raffia.generation'], '3');
  assert.equal(definition.config['user.raffia.state'], 'creating');
  assert.equal(definition.config['limits.cpu'], '2');
  assert.equal(definition.config['limits.memory'], '4GiB');
  assert.equal(definition.devices.root.size, '80GiB');
  assert.deepEqual(definition.source, { type: 'image', alias: 'debian' });
  assert.deepEqual(define({ image: 'ab'.repeat(32) }).source, { type: 'image', fingerprint: 'ab'.repeat(32) });
  assert.equal(define({ type: 'virtual-machine' }).config['security.privileged'], undefined);
});

test('what the guest can read holds keys and addresses, the default route only on the public interface', () => {
  const { config } = define();
  const user = JSON.parse(config['cloud-init.user-data'].replace('#cloud-config\n', ''));
  assert.deepEqual(user.ssh_authorized_keys, spec.sshKeys);
  assert.equal(user.hostname, 'web-1');
  assert.ok(!JSON.stringify(user).includes('passw'));
  const { ethernets } = JSON.parse(config['cloud-init.network-config']);
  assert.equal(ethernets.eth0.gateway4, '203.0.112.1');
  assert.equal(ethernets.eth1.gateway4, undefined);
  assert.equal(ethernets.eth0['set-name'], undefined);
  const machine = JSON.parse(define({ type: 'virtual-machine' }).config['cloud-init.network-config']);
  assert.equal(machine.ethernets.eth0['set-name'], 'eth0');
});

test('no interface lets through what comes from another address, but OVN sees to its own', () => {
  const { eth0, eth1 } = define().devices;
  for (const nic of [eth0, eth1]) {
    for (const filter of ['mac', 'ipv4', 'ipv6']) assert.equal(nic[`security.${filter}_filtering`], 'true');
  }
  const ovn = define({ isOvn: true }).devices;
  assert.equal(ovn.eth0['security.ipv4_filtering'], 'true');
  assert.equal(ovn.eth1['security.ipv4_filtering'], undefined);
});

test('guests without cloud-init get the same addresses in the words of their network programs', () => {
  const nics = guestNics(spec.nics);
  const { text } = ifupdownFile(loopback, nics);
  assert.ok(text.startsWith('auto lo\niface lo inet loopback\n\nauto eth0\n'), text);
  assert.match(text, /address 203\.0\.113\.7\n {2}netmask 255\.255\.252\.0\n {2}gateway 203\.0\.112\.1/);
  assert.equal(text.match(/gateway/g)?.length, 1);
  const [first, second] = nics.map((nic) => networkdFile(nic, ['9.9.9.9']));
  assert.match(first?.text ?? '', /Address=203\.0\.113\.7\/22\nGateway=203\.0\.112\.1\nDNS=9\.9\.9\.9/);
  assert.doesNotMatch(second?.text ?? '', /Gateway/);
  const [manager] = nics.map((nic) => networkManagerFile(nic, ['9.9.9.9']));
  assert.match(manager?.text ?? '', /address1=203\.0\.113\.7\/22,203\.0\.112\.1\n/);
  assert.equal(manager?.mode, '0600');
  assert.match(ifupdownFile(loopback, guestNics([vpcNic])).text, /gateway 10\.0\.0\.1/);
});

test('an address of IPv6 is told in the same ways, with its own default route, and takes none from advertisements', () => {
  const nic: MachineNic = {
    nicId: 2,
    type: 'ipv6',
    address: '2001:db8::7',
    prefix: 64,
    gateway: '2001:db8::1',
    mac: '02:06:00:00:00:07',
    network: { id: '2001:db8::/64', cidr: '2001:db8::/64' },
  };
  const nics = guestNics([vpcNic, nic]);
  assert.deepEqual(
    nics.map(({ gateway }) => gateway),
    ['10.0.0.1', '2001:db8::1'],
  );
  const theirs = 'auto eth2\niface eth2 inet6 auto\n\nauto eth3\niface eth3 inet6 auto\n';
  const { text } = ifupdownFile(theirs, nics);
  assert.match(text, /^auto eth3\niface eth3 inet6 auto\n\nauto eth1\niface eth1 inet static\n/);
  assert.match(
    text,
    /iface eth2 inet6 static\n {2}address 2001:db8::7\n {2}netmask 64\n {2}gateway 2001:db8::1\n {2}accept_ra 0\n$/,
  );
  const [, second] = nics.map((one) => networkdFile(one, ['9.9.9.9']));
  assert.match(second?.text ?? '', /Address=2001:db8::7\/64\nGateway=2001:db8::1\nIPv6AcceptRA=no\n/);
  const [, manager] = nics.map((one) => networkManagerFile(one, ['9.9.9.9', '2001:db8::53']));
  assert.match(
    manager?.text ?? '',
    /\[ipv4\]\nmethod=disabled\n\n\[ipv6\]\nmethod=manual\naddress1=2001:db8::7\/64,2001:db8::1\ndns=2001:db8::53\n/,
  );
  const { config, devices } = define({ nics: [vpcNic, nic] });
  const { eth2 } = JSON.parse(config['cloud-init.network-config']).ethernets;
  assert.deepEqual(eth2, {
    addresses: ['2001:db8::7/64'],
    gateway6: '2001:db8::1',
    'accept-ra': false,
    nameservers: { addresses: ['9.9.9.9'] },
  });
  assert.equal(devices.eth2['ipv6.address'], '2001:db8::7');
  assert.equal(devices.eth2['ipv4.address'], undefined);
  assert.equal(devices.eth2['security.ipv4_filtering'], 'true');
  assert.match(
    firewallRules(['10.0.0.0/8', 'fc00::/7']),
    /ip daddr \{ 10\.0\.0\.0\/8 \} drop\n.*ip6 daddr \{ fc00::\/7 \} drop/,
  );
});

test('a file of ifupdown keeps what its owner wrote when interfaces come and go, and loses all of those that are gone', () => {
  const nics = guestNics(spec.nics);
  const before = ifupdownFile(loopback, nics).text;
  const theirs = `${before}  up ip route add 10.77.0.0/16 via 10.0.0.9

iface eth1 inet6 static
  address fd00::2/64

# the tunnel to the office
auto wg0 tun0
iface wg0 inet manual
source /etc/network/interfaces.d/*
`;
  const third = { ...vpcNic, nicId: 2, address: '10.5.0.9', network: { id: 'other', cidr: '10.5.0.0/24' } };
  const more = guestNics([...spec.nics, third]).filter(({ name }) => name === 'eth2');
  const grown = ifupdownFile(theirs, more).text;
  assert.ok(grown.startsWith(theirs.trimEnd()), grown);
  assert.ok(
    grown.endsWith('\n\nauto eth2\niface eth2 inet static\n  address 10.5.0.9\n  netmask 255.255.255.0\n'),
    grown,
  );
  assert.equal(ifupdownFile(grown, more).text, grown, 'twice is once');
  assert.equal(ifupdownFile(grown, [], ['eth2']).text, theirs);
  const less = ifupdownFile(theirs, [], ['eth1']).text;
  assert.doesNotMatch(less, /eth1|10\.77|fd00/);
  assert.match(less, /auto eth0[\s\S]*# the tunnel to the office\nauto wg0 tun0\niface wg0 inet manual\nsource/);
  // Told anew, as where the default route moves: the other family is its owner's.
  const again = ifupdownFile(theirs, guestNics([vpcNic])).text;
  assert.match(again, /iface eth1 inet6 static\n {2}address fd00::2\/64/);
  assert.equal(again.match(/iface eth1 inet static/g)?.length, 1);
  assert.match(again, /gateway 10\.0\.0\.1/);
});

test('the firewall blocks what it is told to, and can do without', () => {
  assert.match(
    firewallRules(['10.0.0.0/8', '192.168.0.0/16']),
    /ip daddr \{ 10\.0\.0\.0\/8, 192\.168\.0\.0\/16 \} drop/,
  );
  assert.doesNotMatch(firewallRules([]), /daddr/);
});

for (const [message, refusal] of [
  ['The instance is already running', 'is-running'],
  ['Instance is running', 'is-running'],
  ['The instance is already stopped', 'is-stopped'],
  ['Failed creating instance record: Instance is busy running a "create" operation', 'busy'],
  ['Failed to create instance delete operation: A matching non-reusable operation has now succeeded', 'busy'],
  ['The network is currently in use', 'in-use'],
  ['peer node 10.200.0.13:8443 is down', 'member-lost'],
  ['Missing event connection with target cluster member', 'member-lost'],
  ['no available dqlite leader server found', 'member-lost'],
  ['Failed creating instance record: This "instances" entry already exists', 'exists'],
  ['Image with same fingerprint already exists', 'exists'],
  ['Instance not found', 'not-found'],
  ['Image not provided for instance creation', 'not-found'],
  ['write /x: no space left on device', 'no-space'],
  ['Operation not found', 'restarted'],
  ['Failed to start device "eth0": Failed to create ingress tc filter: Failed to run: tc', 'no-police'],
  ["ETag doesn't match: a vs b", 'conflict'],
  ["VM agent isn't currently running", 'no-agent'],
  ['something new', 'other'],
] as const) {
  test(`"${message}" is understood as ${refusal}`, () => assert.equal(new IncusError(message).refusal, refusal));
}

test('what somebody changed about an instance is found and undone, what we change ourselves is not', () => {
  const { config, devices, type } = define() as Parameters<typeof differences>[0];
  assert.equal(differences({ config, devices, type }, unlimited), undefined);
  const { eth0: _, ...without } = devices;
  const found = differences({ config: { ...config, 'limits.memory': '64GiB' }, devices: without, type }, unlimited);
  assert.deepEqual(Object.keys(found?.config ?? {}), ['limits.memory']);
  assert.deepEqual(found?.devices?.eth0, devices.eth0);
  const ours = {
    ...config,
    'limits.memory': '2GiB',
    ...wanted({ config, devices }, { config: { 'limits.memory': '2GiB' } }),
  };
  assert.equal(differences({ config: ours, devices, type }, unlimited), undefined);
});

test("an interface's new name on the host keeps the prefix that the firewall rules match, and is no difference", () => {
  const { config, devices, type } = define() as Parameters<typeof differences>[0];
  const renamed = withNewPorts(devices);
  assert.ok(Object.keys(renamed).length > 0);
  for (const [name, { host_name = '' }] of Object.entries(renamed)) {
    assert.notEqual(host_name, devices[name]?.host_name);
    assert.equal(host_name.slice(0, 3), devices[name]?.host_name?.slice(0, 3));
    assert.ok(host_name.length <= 15);
  }
  assert.equal(differences({ config, devices: { ...devices, ...renamed }, type }, unlimited), undefined);
});

test('a container can make no subvolume of btrfs, also with a number whose upper half the kernel does not read', () => {
  const denied = define().config['security.syscalls.deny'] as string;
  const lines = denied.split('\n');
  assert.equal(lines.length, 4);
  for (const line of lines) assert.match(line, /^ioctl errno 1 \[1,\d+,SCMP_CMP_MASKED_EQ,4294967295\]$/);
});

test('a container weighs as many processors as it has, and no more than the kernel takes; a virtual machine has no weight', () => {
  assert.equal(define().config['limits.cpu.allowance'], '20%');
  assert.equal(define({ type: 'virtual-machine' }).config['limits.cpu.allowance'], undefined);
  const of = (cpu: string) => withLimits({ config: { 'limits.cpu': cpu }, devices: {} }, 'container', unlimited).config;
  assert.equal(of('1000')['limits.cpu.allowance'], '10000%');
  assert.equal(of('1001')['limits.cpu.allowance'], '10000%');
  assert.equal(of('0-3')['limits.cpu.allowance'], undefined);
});

test('interfaces and the disk have the limits of the settings, but no interface of OVN has', () => {
  const { root, eth0, eth1 } = define({ ...limits, isOvn: true }).devices;
  assert.deepEqual([root['limits.read'], root['limits.write']], ['200MB', '1000iops']);
  assert.deepEqual([eth0['limits.ingress'], eth0['limits.egress']], ['100Mbit', '50Mbit']);
  assert.deepEqual([eth1['limits.ingress'], eth1['limits.egress']], [undefined, undefined]);
  assert.equal(define(limits).devices.eth1['limits.ingress'], '100Mbit');
  assert.doesNotMatch(JSON.stringify(define().devices), /limits/);
});

test('limits are what the settings and the size say now: also of what was made without, changed by hand, or knows nothing of itself', () => {
  const { config, devices, type } = define(limits) as Parameters<typeof differences>[0];
  const bare = define() as Parameters<typeof differences>[0];
  assert.equal(differences({ config, devices, type }, limits), undefined);
  // Made before: no weight, no limits, and perhaps no memory of what it was told.
  const { 'limits.cpu.allowance': weight, 'user.raffia.wanted': _, ...old } = bare.config;
  assert.equal(weight, '20%');
  const all = { config: { 'limits.cpu.allowance': '20%' }, devices };
  assert.deepEqual(differences({ config: old, devices: bare.devices, type }, limits), all);
  assert.deepEqual(
    differences(
      { ...bare, config: { ...old, 'user.raffia.wanted': bare.config['user.raffia.wanted'] as string } },
      limits,
    ),
    all,
  );
  // A setting that was changed, and one that was taken away.
  const faster = { ...limits, networkLimit: { receive: 200, send: null } };
  const changed = differences({ config, devices, type }, faster)?.devices;
  assert.deepEqual(Object.keys(changed ?? {}), ['eth0', 'eth1']);
  assert.equal(changed?.eth0?.['limits.ingress'], '200Mbit');
  assert.ok(!('limits.egress' in (changed?.eth0 ?? {})));
  assert.deepEqual(differences({ config, devices, type }, unlimited)?.devices, bare.devices);
  // By hand: a limit for both directions has the last word in the engine, a weight of one's own among the neighbours.
  const both = { ...devices, eth0: { ...devices.eth0, 'limits.max': '1Gbit' } };
  assert.deepEqual(differences({ config, devices: both, type }, limits)?.devices, { eth0: devices.eth0 });
  const heavy = { ...config, 'limits.cpu.allowance': '400%' };
  assert.deepEqual(differences({ config: heavy, devices, type }, limits)?.config, { 'limits.cpu.allowance': '20%' });
  // An interface that somebody put in, which nobody told it to have.
  const more = { ...devices, eth2: bare.devices.eth1 as Record<string, string> };
  assert.deepEqual(Object.keys(differences({ config, devices: more, type }, limits)?.devices ?? {}), ['eth2']);
});
