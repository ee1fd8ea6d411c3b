import { ApiError } from './api-error.ts';

const deepest = 32;

/**
 * Parses a JSON body. Refuses what would hurt further in: nesting over 32 levels, NUL characters (PostgreSQL cannot store them),
 * and keys that reach into prototypes.
 *
 * @throws ApiError 400
 */
export function parseJsonBody(text: string): unknown {
  if (depthOf(text) > deepest) throw malformed(`it is nested deeper than ${deepest} levels`);
  let hasDangerousKey = false;
  let hasNul = false;
  const mayNeedLook = text.includes('\\u') || text.includes('__proto__') || text.includes('constructor');
  let body: unknown;
  try {
    body = mayNeedLook
      ? JSON.parse(text, (key, value: unknown) => {
          if (key === '__proto__' || (key === 'constructor' && Object(value) === value)) hasDangerousKey = true;
          if (key.includes('\0') || (typeof value === 'string' && value.includes('\0'))) hasNul = true;
          return value;
        })
      : JSON.parse(text);
  } catch (error) {
    throw malformed(error instanceof Error ? error.message : 'it is not JSON');
  }
  if (hasDangerousKey) throw malformed('a key named __proto__ or constructor is not accepted');
  if (hasNul) throw malformed('text must not contain a NUL character');
  return body;
}

function malformed(detail: string): ApiError {
  return new ApiError('malformedBody', { detail });
}

/** The deepest nesting of brackets outside of strings; counts without recursion, so that it cannot overflow. */
function depthOf(text: string): number {
  let depth = 0;
  let max = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const char = text.charCodeAt(i);
    if (inString) {
      if (char === 0x5c) i++;
      else if (char === 0x22) inString = false;
    } else if (char === 0x22) inString = true;
    else if (char === 0x5b || char === 0x7b) {
      if (++depth > max) max = depth;
    } else if (char === 0x5d || char === 0x7d) depth--;
  }
  return max;
}
