import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { pino } from 'pino';
import { loadConfiguration } from '../../configuration/configuration.ts';
import { systemClock } from '../../foundation/clock.ts';
import { type FakeAnswer, FakeIncus } from '../../testing/fake-incus.ts';
import { EngineError } from '../engine.ts';
import { formatVolumes } from './format-volumes.ts';
import { IncusApi, type IncusInstance } from './incus-api.ts';
import { volumeName } from './names.ts';
import { SnapshotStore } from './snapshot-store.ts';
import { VolumeStore } from './volume-store.ts';

/** File systems on the block devices of virtual machines, which no host of these tests can run: their guests are scripted. */
const id = '01a209d8-400d-7ae5-9437-613ef52dc87d';
const path = `/1.0/storage-pools/default/volumes/custom/${volumeName(id)}`;

let fake: FakeIncus;
let api: IncusApi;
/** What is to be made on the volume, as its configuration says. */
let filesystem = '';
let guest: FakeAnswer[] = [];

before(async () => {
  fake = await FakeIncus.start();
  api = new IncusApi(loadConfiguration({ RAFFIA_ENGINE: 'incus', RAFFIA_INCUS_URL: fake.url }).incus, 'raffia');
  fake.script = ({ method, path: at, body }) => {
    if (at === path && method === 'GET') {
      return { metadata: { name: volumeName(id), config: { 'user.raffia.filesystem': filesystem } } };
    }
    if (at === path && method === 'PATCH') filesystem = body.config['user.raffia.filesystem'];
    return at.endsWith('/exec') ? guest.shift() : undefined;
  };
});
afterEach(() => {
  fake.seen.length = 0;
});
after(async () => {
  api.connection.close();
  await fake.stop();
});

const instance = (type: IncusInstance['type']): IncusInstance => ({
  name: 'rf-x',
  type,
  status: 'Running',
  status_code: 103,
  location: 'none',
  config: {},
  devices: {
    root: { type: 'disk', path: '/', pool: 'default' },
    'volume-12': { type: 'disk', pool: 'default', source: volumeName(id) },
  },
});
const ends = (code: number): FakeAnswer => ({ operation: { metadata: { return: code } } });
const format = (type: IncusInstance['type'] = 'virtual-machine') => {
  const volumes = new VolumeStore(api, new SnapshotStore(api), 'default');
  const needs = { api, volumes, clock: systemClock, log: pino({ level: 'silent' }) };
  return formatVolumes(needs, instance(type));
};
const commands = () => fake.seen.filter((request) => request.path.endsWith('/exec')).map(({ body }) => body.command);

test('a blank volume is formatted in the guest of a virtual machine as soon as its agent answers, and once', async () => {
  filesystem = 'xfs';
  guest = [{ operation: { err: 'VM agent is not currently running' } }, ends(0)];
  await format();
  assert.equal(filesystem, '');
  assert.equal(commands().length, 2);
  assert.deepEqual(commands()[0].slice(3), ['sh', 'volume-12', 'xfs']);
  await format();
  assert.equal(commands().length, 2, 'nothing is run again');
});

test('a guest that cannot is told in a sentence, and the volume stays to be formatted', async () => {
  filesystem = 'btrfs';
  guest = [ends(21)];
  await assert.rejects(format(), (error) => error instanceof EngineError && /has no mkfs\.btrfs/.test(error.message));
  guest = [ends(1)];
  await assert.rejects(format(), /could not make btrfs on the volume/);
  assert.equal(filesystem, 'btrfs');
});

test('a container has a directory, and nothing is made on it', async () => {
  filesystem = 'ext4';
  await format('container');
  assert.deepEqual(fake.seen, []);
});
