import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { pino } from 'pino';
import { type FakeAnswer, FakeIncus } from '../../testing/fake-incus.ts';
import { InFlight } from '../in-flight.ts';
import { BackupLeftovers, DisksUnderWay } from './backup-leftovers.ts';
import { IncusApi } from './incus-api.ts';
import { Instances } from './instances.ts';

/** A host with snapshots of disks that were given out; what is left of kills of real ones, the suite of kills shows. */
let fake: FakeIncus;
let api: IncusApi;
let snapshots: string[];
let running: object[];
let answer: (snapshot: string) => FakeAnswer;

const instance = '/1.0/instances/rf-01a209d8-400d-7ae5-9437-613ef52dc87d';
const nobody = { told: [], lost: [] };
const deletions = () => fake.seen.filter(({ method }) => method === 'DELETE').length;
const looks = () => fake.seen.filter(({ query }) => query.get('recursion') === '2').length;

before(async () => {
  fake = await FakeIncus.start();
  api = new IncusApi({ url: fake.url, certificateFile: null, keyFile: null, serverCertificateFile: null }, 'raffia');
});
after(() => fake.stop());
beforeEach(() => {
  fake.seen.length = 0;
  snapshots = ['backup-one', 'snapshot-theirs'];
  running = [];
  answer = (snapshot) => {
    snapshots = snapshots.filter((name) => name !== snapshot);
    return { metadata: {} };
  };
  fake.script = ({ method, path, query }) => {
    const name = path.split('/snapshots/')[1];
    if (path === '/1.0/images') return { metadata: [] };
    if (path === '/1.0/operations') return { metadata: { running } };
    if (query.get('recursion') === '2') {
      return { metadata: [{ name: instance.split('/').at(-1), snapshots: snapshots.map((one) => ({ name: one })) }] };
    }
    if (name === undefined) return undefined;
    if (method === 'DELETE') return answer(name);
    return snapshots.includes(name) ? { metadata: { name } } : { status: 404, error: 'Not found' };
  };
});

function leftovers() {
  const underWay = new DisksUnderWay();
  const needs = { api, instances: new Instances(api), inFlight: new InFlight(0), log: pino({ level: 'silent' }) };
  return { underWay, left: new BackupLeftovers(needs, underWay) };
}

test('what an engine before this one left is removed, once, and not what is in use or somebody’s', async () => {
  const { underWay, left } = leftovers();
  snapshots.push('backup-two');
  underWay.backups.add('two');
  await left.remove(nobody);
  await left.remove(nobody);
  assert.deepEqual(snapshots, ['snapshot-theirs', 'backup-two']);
  assert.equal(looks(), 1, 'hosts are asked for all snapshots only where one may be left');
});

test('one that is left later is looked for once more', async () => {
  const { underWay, left } = leftovers();
  await left.remove(nobody);
  snapshots.push('backup-three');
  underWay.losses++;
  await left.remove(nobody);
  await left.remove(nobody);
  assert.deepEqual(snapshots, ['snapshot-theirs']);
  assert.equal(looks(), 2);
});

test('where something else than the snapshot is not found, it is not taken for gone', async () => {
  const { left } = leftovers();
  const removes = answer;
  answer = () => ({ status: 404, error: 'Storage volume not found' });
  await assert.rejects(left.remove(nobody), /Storage volume not found/);
  answer = removes;
  await left.remove(nobody);
  assert.deepEqual(snapshots, ['snapshot-theirs']);
  assert.equal(deletions(), 2);
});

test('while a host is still taking a snapshot, nobody knows that none is left', async () => {
  const { left } = leftovers();
  running = [{ description: 'Snapshotting instance' }];
  await left.remove(nobody);
  snapshots.push('backup-late');
  running = [];
  await left.remove(nobody);
  await left.remove(nobody);
  assert.deepEqual(snapshots, ['snapshot-theirs']);
  assert.equal(looks(), 2);
});

test('while a member does not answer nobody knows that none is left there, and an image of a disk stays for later', async () => {
  const { left } = leftovers();
  const others = fake.script;
  let isLost = true;
  let images = ['whole'];
  fake.script = (call) => {
    const { method, path, query } = call;
    if (method === 'GET' && path === '/1.0/images')
      return { metadata: images.map((fingerprint) => ({ fingerprint, properties: { 'raffia.backup': 'x' } })) };
    if (method === 'DELETE' && path === '/1.0/images/whole') {
      if (isLost) return { operation: { err: 'peer node 10.0.0.2:8443 is down' } };
      images = [];
      return { metadata: {} };
    }
    if (isLost && query.get('recursion') === '2')
      return { metadata: [{ name: 'rf-away', location: 'm2', config: null, snapshots: null }] };
    return others?.(call);
  };
  await left.remove(nobody);
  assert.deepEqual([images, snapshots.length], [['whole'], 2]);
  isLost = false;
  await left.remove(nobody);
  assert.deepEqual([images, snapshots], [[], ['snapshot-theirs']]);
});

test('a snapshot that a killed daemon left mounted is taken down by an image of it, alone and with its instance', async () => {
  const others = fake.script;
  const mounted = new Set(['backup-one', 'snapshot-theirs']);
  const refused =
    'Failed setting subvolume writable "/pool/x": Failed to run: btrfs property set -f -ts /pool/x ro false: exit status 1 (ERROR: Could not set subvolume flags: Read-only file system)';
  answer = (snapshot) => {
    if (mounted.has(snapshot)) return { status: 500, error: refused };
    snapshots = snapshots.filter((name) => name !== snapshot);
    return { metadata: {} };
  };
  const images: string[] = [];
  fake.script = (call) => {
    const { method, path, body } = call;
    if (method === 'POST' && path === '/1.0/images') {
      const { source } = body as { source: { name: string } };
      mounted.delete(source.name.split('/')[1] as string);
      images.push(source.name);
      return { metadata: { fingerprint: `of-${images.length}` } };
    }
    if (method === 'DELETE' && path.startsWith('/1.0/images/')) return { metadata: {} };
    if (path === `${instance}/snapshots`)
      return { metadata: snapshots.map((name) => `${instance}/snapshots/${name}?project=raffia`) };
    if (method === 'DELETE' && path === instance)
      return mounted.size > 0 ? { status: 500, error: refused } : { metadata: {} };
    return others?.(call);
  };
  await leftovers().left.remove(nobody);
  assert.deepEqual(snapshots, ['snapshot-theirs']);
  await api.remove(instance);
  const name = instance.split('/').at(-1);
  assert.deepEqual(images, [`${name}/backup-one`, `${name}/snapshot-theirs`]);
  const gone = fake.seen.filter(({ method, path }) => method === 'DELETE' && path.startsWith('/1.0/images/'));
  assert.equal(gone.length, 2, 'what was made to take them down is nobody’s');
});
