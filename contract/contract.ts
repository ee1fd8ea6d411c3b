import { declarations } from './declarations.ts';
import type { Operation } from './operation.ts';

function isOperation(value: unknown): value is Operation {
  return typeof value === 'object' && value !== null && 'access' in value && 'answer' in value;
}

/** All operations of the API. */
export const operations: readonly Operation[] = declarations.flatMap((resource) =>
  Object.values(resource).filter(isOperation),
);
