import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SavedImage, Template } from '@raffia/client/client.ts';
import { planRefusal } from './plan-refusal.ts';
import { systemsOf, tilesOf } from './systems.ts';

const template = (id: string, name: string, version: string, more: Partial<Template> = {}): Template => ({
  id,
  name,
  version,
  cpu: 1,
  ram: 1,
  storage: 25,
  is_windows: false,
  os_type: 'linux',
  category: 'os',
  region: 'us-east',
  ...more,
});
const image = (id: string, status: SavedImage['status']): SavedImage => ({
  ...template(id, 'golden', '24.04x64'),
  project_id: 'p',
  status,
  created_at: '2026-01-01T00:00:00.000Z',
});

test('systems of one name are one tile with their versions, in the catalogue’s order; saved images stand alone', () => {
  const systems = systemsOf(
    [
      template('1', 'Ubuntu', '24.04x64'),
      template('2', 'Debian', '13x64'),
      template('3', 'Ubuntu', '22.04x64'),
      template('4', 'Docker', 'Ubuntu 24.04x64', { category: 'marketplace' }),
      template('5', 'Debian', '12x64', { region: 'elsewhere' }),
    ],
    [image('6', 'ready'), image('7', 'saving'), image('8', 'failed'), image('9', 'ready')],
  ).filter(({ region }) => region === 'us-east');
  const shown = (kind: 'os' | 'marketplace' | 'saved') =>
    tilesOf(systems, kind).map(({ name, systems: of }) => [name, ...of.map(({ id }) => id)]);
  assert.deepEqual(shown('os'), [
    ['Ubuntu', '1', '3'],
    ['Debian', '2'],
  ]);
  assert.deepEqual(shown('marketplace'), [['Docker', '4']]);
  assert.deepEqual(shown('saved'), [
    ['golden', '6'],
    ['golden', '9'],
  ]);
});

test('a plan that a system does not run on says why, all of it', () => {
  const plan = { vcpu: 1, memory_gib: 1, ssd_gib: 25, vm_type: 'premium' } as const;
  const needs = { is_windows: false, cpu: 1, ram: 1, storage: 25 };
  assert.equal(planRefusal(plan, needs), undefined);
  assert.equal(planRefusal({ ...plan, vm_type: 'standard' }, needs), undefined);
  assert.equal(
    planRefusal({ ...plan, vm_type: 'standard' }, { ...needs, is_windows: true }),
    'Windows needs a Premium plan',
  );
  assert.equal(planRefusal(plan, { ...needs, ram: 2 }), 'Needs 2 GB memory');
  assert.equal(
    planRefusal(plan, { is_windows: true, cpu: 2, ram: 4, storage: 80 }),
    'Needs 2 vCPU, 4 GB memory, 80 GB disk',
  );
  assert.equal(planRefusal(plan, { ...needs, storage: 80 }, 120), undefined, 'a disk that stays');
});
