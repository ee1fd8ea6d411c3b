import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Operation } from '@raffia/client/client.ts';
import { type StepState, spoken, stepsOf } from './operation-steps.ts';

const begun = Date.parse('2026-11-24T12:00:00Z');
const at = (ms: number) => new Date(begun + ms).toISOString();
const operation = (partial: Partial<Operation>): Operation => ({
  id: 'o',
  kind: 'vm.create',
  status: 'running',
  resource_id: 'v',
  project_id: 'p',
  created_by: 'u',
  created_at: at(0),
  steps: [],
  ...partial,
});
const step = (name: string, status: StepState, started?: number, ended?: number) => ({
  name,
  status,
  ...(started === undefined ? {} : { started_at: at(started) }),
  ...(ended === undefined ? {} : { finished_at: at(ended) }),
});

test('of an operation that failed, the mark stands on the step that failed, and what follows never runs', () => {
  const steps = stepsOf(
    operation({
      status: 'failed',
      error: 'The disk pool is full',
      finished_at: at(1700),
      steps: [
        step('take up', 'done', 0, 100),
        step('build the machine', 'failed', 100, 1700),
        step('start the machine', 'skipped'),
      ],
    }),
  );
  assert.deepEqual(steps, [
    { name: 'take up', words: 'Accepted', state: 'done', took: 100 },
    { name: 'build the machine', words: 'Build the VM', state: 'failed', took: 1600, reason: 'The disk pool is full' },
    { name: 'start the machine', words: 'Start the VM', state: 'skipped' },
  ]);
});

test('a step that runs counts from the end of the one before, and the next waits', () => {
  const steps = stepsOf(
    operation({ steps: [step('a', 'done', 0, 500), step('b', 'running', 500), step('c', 'waiting')] }),
    begun + 2500,
  );
  assert.deepEqual(
    steps.map(({ state, took }) => [state, took]),
    [
      ['done', 500],
      ['running', 2000],
      ['waiting', undefined],
    ],
  );
});

test('what was undone is not what failed, however much of it was undone', () => {
  const steps = stepsOf(
    operation({
      status: 'failed',
      error: 'The disk pool is full',
      finished_at: at(2000),
      steps: [
        step('take up', 'done', 0, 100),
        step('build the machine', 'undone', 100, 900),
        step('start the machine', 'failed', 900, 1700),
      ],
    }),
  );
  assert.deepEqual(
    steps.map(({ state, took, reason }) => [state, took, reason]),
    [
      ['done', 100, undefined],
      ['undone', 800, undefined],
      ['failed', 800, 'The disk pool is full'],
    ],
  );
});

test('names of steps are said as people say them', () => {
  assert.equal(spoken('vm.save-image'), 'Save image');
  assert.equal(spoken('captureTheDisk'), 'Copy the disk');
  assert.equal(spoken('volume.attach'), 'Attach volume');
  assert.equal(spoken('vpc.create'), 'Create VPC');
  assert.equal(spoken('attach it to its machine'), 'Attach it to the VM');
});
