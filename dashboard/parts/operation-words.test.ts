import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Operation } from '@raffia/client/client.ts';
import { actOf, actOnMany, endsOf, pathOfThing } from './operation-words.ts';

const operation = (id: string, kind: string, status: Operation['status'] = 'succeeded', error?: string): Operation => ({
  id,
  kind,
  status,
  resource_id: id,
  project_id: 'project',
  created_by: 'me',
  created_at: '',
  steps: [],
  ...(error === undefined ? {} : { error }),
});
const said = (...ended: Operation[]) =>
  endsOf(ended, ({ id }) => (id === '' ? undefined : id)).map(({ sentence, isFailure }) => [sentence, isFailure]);

test('an act is said before a name, or before how many there are; a kind that nobody knows is said as it is', () => {
  assert.equal(actOf('vm.reboot'), 'Restart');
  assert.equal(actOf('volume.attach'), 'Attach volume');
  assert.equal(actOf('vpc.gateway'), 'Change NAT gateway of VPC');
  assert.equal(actOnMany('vm.resize', 6), 'Change size of 6 VMs');
  assert.equal(actOnMany('backup.delete', 3), 'Delete 3 backups');
  assert.equal(actOf('vm.fly-away'), 'Fly away');
});

test('an end names the thing, with the reason where it failed', () => {
  assert.deepEqual(said(operation('web-1', 'vm.stop')), [['web-1 is stopped', false]]);
  assert.deepEqual(said(operation('daily', 'snapshot.create')), [['Snapshot daily is taken', false]]);
  assert.deepEqual(said(operation('', 'vm.delete')), [['A VM is deleted', false]]);
  assert.deepEqual(said(operation('web-1', 'vm.create', 'failed', 'The disk pool is full')), [
    ["Couldn't create web-1. The disk pool is full.", true],
  ]);
  assert.deepEqual(said(operation('', 'vm.delete', 'failed')), [["Couldn't delete a VM.", true]]);
});

test('many that end together are told in one sentence, of each outcome', () => {
  const many = ['a', 'b', 'c', 'd'].map((id) => operation(id, 'vm.reboot'));
  assert.deepEqual(said(...many, operation('e', 'vm.reboot', 'failed', 'It broke.')), [
    ['a, b, c and 1 more have restarted', false],
    ["Couldn't restart e. It broke.", true],
  ]);
  assert.deepEqual(said(...many.slice(0, 2)).length, 2);
  assert.deepEqual(said(...['', 'b', 'c'].map((id) => operation(id, 'vm.stop'))), [['3 VMs are stopped', false]]);
});

test('a thing is led to where it is seen, and one that is gone nowhere', () => {
  assert.equal(pathOfThing(operation('7', 'volume.resize')), 'volumes/7');
  assert.equal(pathOfThing(operation('7', 'vm.delete')), undefined);
});
