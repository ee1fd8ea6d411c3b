import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { pino } from 'pino';
import type { Clock } from '../../foundation/clock.ts';
import { type FakeAnswer, FakeIncus } from '../../testing/fake-incus.ts';
import type { GuestNic } from './guest-nics.ts';
import { IncusApi, type IncusInstance } from './incus-api.ts';
import { tellGuest } from './tell-guest.ts';

/** What guests are told in the words of the programs that they have; that they understand it, real ones show in the behaviour of engines. */
let fake: FakeIncus;
let api: IncusApi;
let elapsed = 0;

before(async () => {
  fake = await FakeIncus.start();
  api = new IncusApi({ url: fake.url, certificateFile: null, keyFile: null, serverCertificateFile: null }, 'raffia');
});
afterEach(() => {
  fake.script = () => undefined;
  fake.seen.length = 0;
});
after(() => fake.stop());

/** Whoever waits for a second has waited; nobody comes too late. */
const clock: Clock = {
  now: () => elapsed,
  monotonic: () => elapsed,
  after: (ms, call) => {
    if (ms > 1000) return () => {};
    elapsed += ms;
    setImmediate(call);
    return () => {};
  },
};

const nic: GuestNic = {
  name: 'eth2',
  mac: '02:00:0a:02:00:02',
  address: '10.2.0.2',
  prefix: 24,
  gateway: undefined,
};
const instance = (changes: Partial<IncusInstance> = {}): IncusInstance => ({
  name: 'guest',
  status: 'Running',
  status_code: 103,
  type: 'container',
  location: 'none',
  config: { 'cloud-init.network-config': '{"version":2}' },
  devices: {},
  ...changes,
});
const off = { status: 'Stopped', status_code: 102 };

/** A guest that has these files, and what it is told: file by file, `null` for one that was removed. */
function guest(
  files: Record<string, string>,
  exec: () => FakeAnswer = () => ({ operation: { metadata: { return: 0 } } }),
  type = 'file',
) {
  const told: Record<string, string | null> = {};
  const commands: string[][] = [];
  fake.script = ({ method, path, query, body }) => {
    if (path.endsWith('/exec')) {
      commands.push(body.command);
      return exec();
    }
    const file = query.get('path');
    if (file === null) return undefined;
    if (method === 'DELETE') told[file] = null;
    if (method === 'POST') told[file] = body;
    if (method !== 'GET') return { metadata: {} };
    if (files[file] !== undefined) return { raw: files[file], headers: { 'x-lxd-type': type, 'x-lxd-mode': '0644' } };
    const inside = Object.keys(files).filter((other) => other.startsWith(`${file}/`));
    const names = new Set(inside.map((other) => other.slice(file.length + 1).split('/')[0]));
    return names.size === 0 ? { status: 404, error: 'Not found' } : { metadata: [...names] };
  };
  return { told, commands };
}

const tell = (
  of: IncusInstance,
  nics: readonly GuestNic[] = [nic],
  gone: readonly string[] = [],
  areNameServersNew = false,
) => {
  const news = { nics, gone, nameServers: ['9.9.9.9', '8.8.4.4'], areNameServersNew };
  return tellGuest({ api, clock, log: pino({ level: 'silent' }) }, of, news);
};

test('cloud-init is told to look at each boot, and the seed that it reads is the present one', async () => {
  const { told, commands } = guest({ '/etc/cloud/cloud.cfg': '', '/etc/network/interfaces': 'theirs' });
  assert.equal(await tell(instance(off)), true);
  assert.deepEqual(told, {
    '/etc/cloud/cloud.cfg.d/99-raffia-network.cfg': '{"updates":{"network":{"when":["boot-new-instance","boot"]}}}\n',
  });
  assert.deepEqual(commands, [], 'there is nobody to run a command');
  const seed = '/var/lib/cloud/seed/nocloud-net/network-config';
  const seeded = guest({ '/etc/cloud/cloud.cfg': '', [seed]: 'old' });
  await tell(instance(off));
  assert.equal(seeded.told[seed], '{"version":2}\n');
});

test('where its owner switched cloud-init off, the programs are told that go on without it', async () => {
  const { told } = guest({ '/etc/cloud/cloud-init.disabled': '', '/etc/network/interfaces': 'auto lo\n' });
  await tell(instance(off));
  assert.deepEqual(Object.keys(told), ['/etc/network/interfaces']);
});

test('each network program is told of what is new, and no more of what is gone', async () => {
  const { told } = guest({
    '/etc/network/interfaces': 'auto lo\n\nauto eth1\niface eth1 inet dhcp\n',
    '/etc/systemd/network/any.network': '',
    '/etc/NetworkManager/system-connections/any': '',
    '/etc/resolv.conf': 'nameserver 1.1.1.1\n',
  });
  await tell(instance(off), [nic], ['eth1']);
  assert.match(told['/etc/network/interfaces'] ?? '', /^auto lo\n\nauto eth2\niface eth2 inet static\n/);
  assert.match(told['/etc/systemd/network/05-raffia-eth2.network'] ?? '', /Address=10\.2\.0\.2\/24/);
  assert.match(
    told['/etc/NetworkManager/system-connections/raffia-eth2.nmconnection'] ?? '',
    /address1=10\.2\.0\.2\/24\n/,
  );
  const gone = Object.keys(told).filter((file) => told[file] === null);
  assert.deepEqual(gone, [
    '/etc/systemd/network/05-raffia-eth1.network',
    '/etc/NetworkManager/system-connections/raffia-eth1.nmconnection',
  ]);
  assert.equal(told['/etc/resolv.conf'], undefined, 'its name servers are its own by now');
});

test('other name servers are written where a guest keeps them itself, beside what else stands there', async () => {
  const resolv = '/etc/resolv.conf';
  const { told } = guest({ [resolv]: '# mine\nsearch example.com\nnameserver 1.1.1.1\n nameserver 1.0.0.1\n' });
  await tell(instance(off), [], [], true);
  assert.equal(told[resolv], '# mine\nsearch example.com\nnameserver 9.9.9.9\nnameserver 8.8.4.4\n');
  const linked = guest({ [resolv]: '../run/systemd/resolve/stub-resolv.conf' }, undefined, 'symlink');
  await tell(instance(off), [], [], true);
  assert.deepEqual(linked.told, {}, "a link is somebody else's");
});

test('a guest that runs is told at once, by the hardware address; of what is gone there is nothing to say', async () => {
  const { commands } = guest({});
  assert.equal(await tell(instance()), true);
  assert.deepEqual(commands[0]?.slice(3), ['sh', 'eth2', nic.mac, '10.2.0.2/24', '', '9.9.9.9 8.8.4.4']);
  await tell(instance(), [{ ...nic, gateway: '10.2.0.1' }]);
  assert.equal(commands[1]?.at(-2), '10.2.0.1');
  await tell(instance(), [], ['eth1']);
  assert.equal(commands.length, 2);
});

test('a guest that cannot be told keeps nobody waiting for ever, and one that lacks the interface is not passed over', async () => {
  const ends: [string, () => FakeAnswer, boolean, number][] = [
    ['has no shell', () => ({ operation: { err: 'Command not found' } }), true, 3],
    ['fails at it', () => ({ operation: { metadata: { return: 1 } } }), true, 3],
    ['has been switched off', () => ({ operation: { err: 'Instance is not running' } }), true, 1],
    ['lacks the interface', () => ({ operation: { metadata: { return: 9 } } }), false, 3],
  ];
  for (const [what, answer, outcome, times] of ends) {
    const { commands } = guest({}, answer);
    assert.equal(await tell(instance()), outcome, what);
    assert.equal(commands.length, times, what);
  }
  let asked = 0;
  const late = guest({}, () =>
    asked++ < 20
      ? { status: 500, error: "VM agent isn't currently running" }
      : { operation: { metadata: { return: 0 } } },
  );
  assert.equal(await tell(instance({ type: 'virtual-machine' })), true);
  assert.equal(late.commands.length, 21, 'a virtual machine that boots is waited for');
  const never = guest({}, () => ({ status: 500, error: "VM agent isn't currently running" }));
  assert.equal(await tell(instance({ type: 'virtual-machine' })), true);
  assert.ok(never.commands.length > 50 && never.commands.length < 80, `${never.commands.length} times`);
});

test('an engine that does not answer is no guest that was told', async () => {
  guest({}, () => 'hang up');
  await assert.rejects(tell(instance()), { refusal: 'unreachable' });
});
