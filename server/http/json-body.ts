import { isUtf8 } from 'node:buffer';
import { ApiError } from './api-error.ts';

const deepest = 32;

/**
 * Parses a JSON body. Refuses what would hurt further in: nesting over 32 levels, text that PostgreSQL cannot store (NUL characters,
 * halves of surrogate pairs), and keys that reach into prototypes.
 *
 * @throws ApiError 400
 */
export function parseJsonBody(bytes: Buffer): unknown {
  if (!isUtf8(bytes)) throw malformed('it is not UTF-8');
  const text = bytes.toString();
  if (depthOf(text) > deepest) throw malformed(`it is nested deeper than ${deepest} levels`);
  let hasDangerousKey = false;
  let hasBadText = false;
  const mayNeedLook = text.includes('\\u') || text.includes('__proto__') || text.includes('constructor');
  let body: unknown;
  try {
    body = mayNeedLook
      ? JSON.parse(text, (key, value: unknown) => {
          if (key === '__proto__' || (key === 'constructor' && Object(value) === value)) hasDangerousKey = true;
          if (!isText(key) || (typeof value === 'string' && !isText(value))) hasBadText = true;
          return value;
        })
      : JSON.parse(text);
  } catch (error) {
    throw malformed(error instanceof Error ? error.message : 'it is not JSON');
  }
  if (hasDangerousKey) throw malformed('a key named __proto__ or constructor is not accepted');
  if (hasBadText) throw malformed('text must not contain NUL characters or halves of surrogate pairs');
  return body;
}

function isText(value: string): boolean {
  return !value.includes('\0') && value.isWellFormed();
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
