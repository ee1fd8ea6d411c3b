import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { VM, VPC } from '@raffia/client/client.ts';
import type { VmNic } from '../../api/interfaces.ts';
import { endOf, held, largest, nextKnot, smallest, weaveOf, zoomed } from './weave.ts';

const vm = (id: string) => ({ id, name: id }) as VM;
const vpc = (id: string, more: Partial<VPC> = {}) =>
  ({ id, name: id, cidr: '10.0.0.0/24', used_ips: 1, total_ips: 253, ...more }) as VPC;
const nic = (of: string, type: VmNic['type'], ip: string, more: Partial<VmNic> = {}): VmNic => ({
  vm: vm(of),
  nic_id: 0,
  mac: '',
  type,
  ip,
  security_group_ids: [],
  ...more,
});

const vms = ['b', 'a', 'alone'].map(vm);
const vpcs = [vpc('prod', { gateway_type: 'nat', router_public_ip: '198.18.0.5', gateway: '10.0.0.1' }), vpc('data')];
const nics = [
  nic('a', 'public', '198.18.0.21', { security_group_ids: ['g'] }),
  nic('a', 'ipv6', '2001:db8::5'),
  nic('a', 'vpc', '10.0.0.2', { vpc_id: 'prod' }),
  nic('b', 'vpc', '10.0.0.3', { vpc_id: 'prod' }),
  nic('b', 'vpc', '10.1.0.3', { vpc_id: 'data' }),
];
const told = (text?: string) => {
  const { rows, columns, knots } = weaveOf(vms, vpcs, nics, text);
  return {
    rows: rows.map(({ name }) => name),
    columns: columns.map(({ name }) => name),
    knots: knots.map(({ row, column, addresses }) => `${rows[row]?.name} × ${columns[column]?.name}: ${addresses}`),
  };
};

test('each network is a strand, each machine and gateway a thread, and each interface a knot', () => {
  assert.deepEqual(told(), {
    rows: ['Internet', 'data', 'prod'],
    columns: ['prod NAT gateway', 'a', 'b'],
    knots: [
      'Internet × prod NAT gateway: 198.18.0.5',
      'prod × prod NAT gateway: 10.0.0.1',
      'Internet × a: 198.18.0.21,2001:db8::5',
      'prod × a: 10.0.0.2',
      'prod × b: 10.0.0.3',
      'data × b: 10.1.0.3',
    ],
  });
  const { knots } = weaveOf(vms, vpcs, nics);
  assert.deepEqual(
    knots.map(({ isOpen }) => isOpen),
    [false, false, true, false, false, false],
  );
});

test('machines are narrowed by name and by address', () => {
  assert.deepEqual(told('10.1.').columns, ['b']);
  assert.deepEqual(told('PROD').columns, ['prod NAT gateway']);
  assert.deepEqual(told('alone').columns, []);
});

test('arrows go to the nearest knot of the same strand or thread, and else to the nearest there is', () => {
  const { knots } = weaveOf(vms, vpcs, nics);
  const at = (id: string) => knots.find((knot) => knot.id === id);
  const from = at('a internet');
  assert.ok(from !== undefined);
  const next = (key: string) => nextKnot(knots, from, key)?.id;
  assert.equal(next('ArrowDown'), 'a prod');
  assert.equal(next('ArrowLeft'), 'gateway prod 0');
  assert.equal(next('ArrowRight'), 'b data');
  assert.equal(next('ArrowUp'), undefined);
});

test('a zoom keeps the point under the pointer, within its bounds, and the drawing stays in its window', () => {
  const at = { x: 200, y: 100 };
  const before = { x: -50, y: -20, k: 1 };
  const after = zoomed(before, 1.5, at);
  const pointIn = ({ x, y, k }: typeof before) => [(at.x - x) / k, (at.y - y) / k];
  assert.deepEqual(pointIn(after), pointIn(before));
  assert.deepEqual([zoomed(before, 100, at).k, zoomed(before, 0.001, at).k], [largest, smallest]);
  const window = { width: 500, height: 300 };
  assert.deepEqual(held({ x: 40, y: 9, k: 1 }, { width: 1000, height: 200 }, window), { x: 0, y: 0, k: 1 });
  assert.deepEqual(held({ x: -4000, y: -9, k: 2 }, { width: 1000, height: 200 }, window), { x: -1500, y: -9, k: 2 });
});

test('the end of an address tells it from its neighbours', () => {
  assert.deepEqual([endOf('198.18.0.21'), endOf('2001:db8::5')], ['.21', ':5']);
});
