import type { Operation } from '@raffia/contract/operation.ts';
import { type Schema, shapeOf } from '@raffia/contract/schema-shape.ts';

/** The most that a request may bring which needs no more: fields that nobody knows, and white space. */
export const smallBody = 16_384;
/** JSON may escape each UTF-16 unit. */
const bytesPerUnit = 6;
const longestId = 64;

/** The bytes of the largest body that an operation's schema allows, and room for white space; no less than {@link smallBody}. */
export function bodyLimitOf({ body }: Operation): number {
  return body === undefined ? smallBody : Math.max(smallBody, bytesOf(body as Schema) + 4096);
}

function bytesOf(schema: Schema): number {
  const shape = shapeOf(schema);
  switch (shape.kind) {
    case 'choice':
      return Math.max(...shape.parts.map(bytesOf));
    case 'object':
      return shape.fields.reduce((sum, [name, part]) => sum + name.length + 8 + bytesOf(part), 2);
    case 'list':
      return (schema.maxItems ?? unbounded()) * (bytesOf(shape.item) + 4);
    case 'value':
      return bytesOfValue(schema);
  }
}

function bytesOfValue(schema: Schema): number {
  if (schema.enum !== undefined) return longestId * bytesPerUnit;
  if (schema.type !== 'string') return 32;
  const length = schema.maxLength ?? (schema.format === undefined ? unbounded() : longestId);
  return 2 + length * (schema['x-bytes-per-character'] ?? bytesPerUnit);
}

function unbounded(): never {
  throw new Error('A request has a text or a list without a bound; give it maxLength or maxItems in contract/');
}
