import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { VMPricingPlan } from '@raffia/client/client.ts';
import type { System } from '../../parts/systems.ts';
import { problemsOf, type Surroundings } from './problems.ts';
import {
  countOf,
  firstValues,
  initialValues,
  namesOf,
  planOf,
  requestOf,
  type VmValues,
  withSystem,
} from './values.ts';

const linux: System = {
  id: 'linux',
  name: 'Ubuntu',
  version: '24.04x64',
  cpu: 1,
  ram: 1,
  storage: 25,
  is_windows: false,
  os_type: 'linux',
  kind: 'os',
  region: 'us-east',
};
const windows: System = { ...linux, id: 'windows', cpu: 2, ram: 4, storage: 80, is_windows: true };
const plan = (id: number, vm_type: 'standard' | 'premium', vcpu: number, ssd_gib: number) =>
  ({ id, vm_type, vcpu, memory_gib: vcpu * 2, ssd_gib, monthly_price: id }) as VMPricingPlan;
const plans = [plan(1, 'premium', 1, 25), plan(3, 'premium', 2, 80), plan(9, 'standard', 2, 50)];
const values: VmValues = { ...initialValues, region: 'us-east', systemId: 'linux' };
const around: Surroundings = {
  system: linux,
  hasPlan: true,
  isAskedForProject: false,
  suggested: 'ubuntu-01',
  taken: new Set(['taken-01']),
  networks: ['net-1'],
};
const keys = [
  { id: 'k1', public_key: 'ssh-ed25519 ONE' },
  { id: 'k2', public_key: 'ssh-ed25519 TWO' },
];
const wrong = (change: Partial<VmValues>, other: Partial<Surroundings> = {}) =>
  problemsOf({ ...values, keyIds: ['k1'], ...change }, { ...around, ...other });

test('the plan is the chosen one while the system runs on it, else one on which it does', () => {
  assert.equal(planOf({ planId: null, family: 'standard' }, plans, linux)?.id, 9);
  assert.equal(planOf({ planId: null, family: 'premium' }, plans, linux)?.id, 1);
  assert.equal(planOf({ planId: 1, family: 'standard' }, plans, linux)?.id, 1, 'whatever is looked at');
  assert.equal(planOf({ planId: 9, family: 'standard' }, plans, windows)?.id, 3);
  assert.equal(planOf({ planId: 1, family: 'premium' }, plans, windows)?.id, 3, 'too small');
  assert.equal(planOf({ planId: null, family: 'standard' }, plans, { ...linux, ram: 99 }), undefined);
});

test('a system that a link names takes the place of the one before, and its region; networks are in a region', () => {
  const kept: VmValues = { ...values, network: 'net-1', volume: '10' };
  const image = { id: 'golden', kind: 'saved', region: 'us-east' } as const;
  assert.deepEqual(withSystem(kept, image), { ...kept, kind: 'saved', systemId: 'golden' });
  assert.deepEqual(withSystem(kept, { ...image, region: 'eu' }), {
    ...kept,
    kind: 'saved',
    systemId: 'golden',
    region: 'eu',
    network: 'auto',
  });
});

test('nothing but what was asked for is in the request', () => {
  const asked = { name: 'web', system: linux, plan: plans[2], keys };
  assert.deepEqual(requestOf({ ...values, keyIds: ['k2'] }, asked), {
    name: 'web',
    template_id: 'linux',
    pricing_id: 9,
    region: 'us-east',
    ssh_keys: ['ssh-ed25519 TWO'],
  });
  const all: VmValues = {
    ...values,
    keyIds: ['k1'],
    pasted: ' ssh-rsa THREE \n',
    volume: '100',
    filesystem: 'xfs',
    backups: 'weekly',
    tags: ['a'],
    hasPublic: false,
    network: 'new',
    networkName: 'data',
    networkBlock: '10.7.0.0/20',
  };
  assert.deepEqual(requestOf(all, asked), {
    name: 'web',
    template_id: 'linux',
    pricing_id: 9,
    region: 'us-east',
    ssh_keys: ['ssh-ed25519 ONE', 'ssh-rsa THREE'],
    extra_storage: 100,
    extra_storage_type: 'xfs',
    backup_type: 'weekly',
    backup_time: '02:00',
    backup_date: 'Sunday',
    tags: ['a'],
    skip_public_ip: true,
    vpc_name: 'data',
    vpc_cidr: '10.7.0.0/20',
  });
  assert.deepEqual(
    requestOf(
      { ...all, systemId: 'windows', password: 'ABcdefgh12345!', network: 'net-1', backups: 'daily' },
      {
        ...asked,
        system: windows,
        plan: plans[1],
      },
    ),
    {
      name: 'web',
      template_id: 'windows',
      pricing_id: 3,
      region: 'us-east',
      password: 'ABcdefgh12345!',
      extra_storage: 100,
      backup_type: 'daily',
      backup_time: '02:00',
      tags: ['a'],
      skip_public_ip: true,
      vpc_id: 'net-1',
    },
    'Windows gets no key and no file system',
  );
  assert.equal(requestOf({ ...values, hasNetwork: false, network: 'net-1' }, asked).skip_vpc, true);
});

test('names follow the suggestion or the person’s own, and single ones can be changed', () => {
  assert.deepEqual(namesOf(values, 'x-01'), ['x-01']);
  assert.deepEqual(namesOf({ ...values, count: 2, ownNames: { 1: ' db ' } }, 'x-01'), ['x-01', 'db']);
  assert.deepEqual(namesOf({ ...values, isNamed: true, name: ' web ', ownNames: { 0: 'db' } }, 'x'), ['web']);
  assert.deepEqual(
    [0, 21, '', '5', 'x', 2.5].map((count) => countOf({ count })),
    [1, 20, 1, 5, 1, 2],
  );
});

test('each field that is not right is told under its name, and nothing where all is', () => {
  assert.deepEqual(wrong({}), {});
  const cases: [string, Partial<VmValues>, Partial<Surroundings>?][] = [
    ['projectId', {}, { isAskedForProject: true }],
    ['systemId', {}, { system: undefined }],
    ['planId', {}, { hasPlan: false }],
    ['keyIds', { keyIds: [] }],
    ['pasted', { pasted: 'ssh-dss AAAA' }],
    ['pasted', { pasted: '-----BEGIN OPENSSH PRIVATE KEY-----' }],
    ['pasted', { pasted: 'ssh-ed25519 A\nssh-ed25519 B' }],
    ['password', { signIn: 'password' }],
    ['password', { signIn: 'password', password: 'short' }],
    ['password', {}, { system: windows }],
    ['hasNetwork', { hasPublic: false, hasNetwork: false }],
    ['network', { network: 'gone' }],
    ['networkName', { network: 'new', networkBlock: '10.0.0.0/24' }],
    ['networkBlock', { network: 'new', networkName: 'x', networkBlock: '10.0.0.0/8' }],
    ['networkBlock', { network: 'new', networkName: 'x', networkBlock: '10.0.0.256/24' }],
    ['volume', { volume: 10_001 }],
    ['volume', { volume: 1.5 }],
    ['name', { isNamed: true, name: ' ' }],
    ['name', { isNamed: true, name: 'taken-01' }],
    ['ownNames.1', { count: 2, ownNames: { 1: 'ubuntu-01' } }],
    ['ownNames.1', { count: 2, ownNames: { 1: 'taken-01' } }],
    ['ownNames.0', { count: 2, ownNames: { 0: '' } }],
    ['ownNames.1', { count: 2, ownNames: { 1: 'x'.repeat(65) } }],
    ['count', { count: 21 }],
    ['count', { count: '' }],
  ];
  for (const [field, change, other] of cases) {
    const found = wrong(change, other);
    assert.deepEqual(Object.keys(found), [field], JSON.stringify(change));
    assert.match(found[field] ?? '', /^(?:[A-Z]|ubuntu-01 ).+[^.]$/, field);
  }
  assert.ok(cases.length >= 25);
  assert.deepEqual(wrong({ hasPublic: false, network: 'net-1' }), {});
  assert.deepEqual(wrong({ keyIds: [], pasted: 'ssh-ed25519 AAAA' }), {});
  assert.deepEqual(Object.keys(problemsOf({ ...values, isNamed: true, count: 0 }, around)), [
    'keyIds',
    'name',
    'count',
  ]);
});

test('a new form has the default region’s first system, and the account’s only key', () => {
  const offer = {
    regions: [
      { code: 'here', is_default: false },
      { code: 'us-east', is_default: true },
    ],
    templates: [
      { ...linux, id: 'other', region: 'here', category: 'os' } as const,
      { ...linux, category: 'os' } as const,
    ],
  };
  const { region, systemId, keyIds, projectId } = firstValues(offer, [{ id: 'k1' }], 'p1');
  assert.deepEqual([region, systemId, keyIds, projectId], ['us-east', 'linux', ['k1'], 'p1']);
  assert.deepEqual(firstValues(offer, keys, null).keyIds, [], 'of several one chooses');
  assert.equal(firstValues({ regions: [], templates: [] }, [], null).systemId, '');
});
