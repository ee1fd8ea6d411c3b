import assert from 'node:assert/strict';
import { test } from 'node:test';
import { workflows } from '../workflows.ts';
import type { OperationKind } from './operation-kinds.ts';
import { releasedSteps } from './released-steps.ts';
import { stepIndex, type Workflow } from './workflow.ts';

const kinds = Object.keys(workflows) as OperationKind[];

test('every step that a version ever wrote down is found in the workflow of its kind', () => {
  let found = 0;
  for (const kind of kinds) {
    for (const name of releasedSteps[kind]) {
      const help = `${kind}: work in flight may stand at "${name}"; keep the step, or put the name into its successor's \`formerly\``;
      assert.notEqual(stepIndex(workflows[kind] as Workflow, name), -1, help);
      found++;
    }
  }
  assert.ok(found >= 26, `${found} steps`);
});

test('every step is on the list, under a name of its own', () => {
  for (const kind of kinds) {
    const names = workflows[kind].steps.flatMap(({ name, formerly = [] }) => [name, ...formerly]);
    assert.equal(new Set(names).size, names.length, `${kind}: two steps have one name`);
    for (const name of names) {
      assert.ok(
        releasedSteps[kind].includes(name),
        `${kind}: "${name}" is not in released-steps.ts: npm run derive adds it`,
      );
    }
  }
});
