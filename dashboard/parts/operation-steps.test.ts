import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Operation } from '@raffia/client/client.ts';
import { spoken, stepsOf } from './operation-steps.ts';

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
const step = (name: string, status: Operation['steps'][number]['status'], ended?: number) => ({
  name,
  status,
  ...(ended === undefined ? {} : { finished_at: at(ended) }),
});

test('of an operation that failed, the mark stands on the step that failed, and what follows never runs', () => {
  const steps = stepsOf(
    operation({
      status: 'failed',
      error: 'The disk pool is full',
      finished_at: at(1700),
      steps: [step('take up', 'done', 100), step('build the machine', 'failed'), step('start the machine', 'waiting')],
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
    operation({ steps: [step('a', 'done', 500), step('b', 'running'), step('c', 'waiting')] }),
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

test('names of steps are said as people say them', () => {
  assert.equal(spoken('vm.save-image'), 'Save image');
  assert.equal(spoken('captureTheDisk'), 'Copy the disk');
});
