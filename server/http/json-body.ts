import { isUtf8 } from 'node:buffer';
import { ApiError } from '../foundation/api-error.ts';

const deepest = 32;
/** The contract's largest body has some hundred. */
const mostValues = 5000;

/**
 * Parses a JSON body. Refuses what would hurt further in: nesting over 32 levels, more than 5,000 values, text that PostgreSQL cannot
 * store (NUL characters, halves of surrogate pairs), and keys that reach into prototypes. What is counted is counted before anything is
 * made of it.
 *
 * @throws ApiError 400
 */
export function parseJsonBody(bytes: Buffer): unknown {
  if (!isUtf8(bytes)) throw malformed('it is not UTF-8');
  const text = bytes.toString();
  const { depth, values } = measure(text);
  if (depth > deepest) throw malformed(`it is nested deeper than ${deepest} levels`);
  if (values > mostValues) throw malformed(`it has more than ${mostValues} values; send less at once`);
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (error) {
    throw malformed(error instanceof Error ? error.message : 'it is not JSON');
  }
  if (text.includes('\\u') || text.includes('__proto__') || text.includes('constructor')) look(body);
  return body;
}

/** Looks at every key and value; there are no more than were counted. */
function look(body: unknown): void {
  const open: unknown[] = [body];
  while (open.length > 0) {
    const value = open.pop();
    if (typeof value === 'string') checkText(value);
    if (typeof value !== 'object' || value === null) continue;
    const isList = Array.isArray(value);
    for (const [key, inner] of Object.entries(value)) {
      if (!isList) {
        if (key === '__proto__' || (key === 'constructor' && Object(inner) === inner)) {
          throw malformed('a key named __proto__ or constructor is not accepted');
        }
        checkText(key);
      }
      open.push(inner);
    }
  }
}

function checkText(value: string): void {
  if (!value.includes('\0') && value.isWellFormed()) return;
  throw malformed('text must not contain NUL characters or halves of surrogate pairs');
}

function malformed(detail: string): ApiError {
  return new ApiError('malformedBody', { detail });
}

/** The deepest nesting of brackets outside of strings, and the most values there can be; without recursion, so that it cannot overflow. */
function measure(text: string): { depth: number; values: number } {
  let depth = 0;
  let max = 0;
  let values = 1;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const char = text.charCodeAt(i);
    if (inString) {
      if (char === 0x5c) i++;
      else if (char === 0x22) inString = false;
    } else if (char === 0x22) inString = true;
    else if (char === 0x2c) values++;
    else if (char === 0x5b || char === 0x7b) {
      values++;
      if (++depth > max) max = depth;
    } else if (char === 0x5d || char === 0x7d) depth--;
  }
  return { depth: max, values };
}
