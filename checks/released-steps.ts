import { releasedSteps } from '@raffia/server/operations/released-steps.ts';
import { workflows } from '@raffia/server/workflows.ts';
import { formatted } from './indexes.ts';

/** What was ever released, and what this version has beside it: nothing is taken away. */
export function namesOfSteps(): string {
  const known: Readonly<Record<string, readonly string[]>> = releasedSteps;
  const lines = Object.entries(workflows).map(([kind, { steps }]) => {
    const names = new Set([...(known[kind] ?? []), ...steps.map(({ name }) => name)]);
    return `'${kind}': ${JSON.stringify([...names])},`;
  });
  return formatted(`// Written by \`npm run derive\`, which adds the steps of new workflows; not edited by hand.
import type { OperationKind } from './operation-kinds.ts';

/**
 * Every name of a step that a version ever wrote down: an upgrade finds it in flight. Names are added here with their step and never
 * taken away; a step that is renamed keeps its old one in \`formerly\`.
 */
export const releasedSteps: Readonly<Record<OperationKind, readonly string[]>> = {
  ${lines.join('\n')}
};
`);
}
