import type { Operation } from '@raffia/contract/operation.ts';

interface Schema {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly format?: string;
  readonly maxLength?: number;
  readonly maxItems?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly 'x-bytes-per-character'?: number;
}

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
  if (schema.anyOf !== undefined) return Math.max(...schema.anyOf.map(bytesOf));
  if (schema.enum !== undefined) return longestId * bytesPerUnit;
  switch (schema.type) {
    case 'object':
      return Object.entries(schema.properties ?? {}).reduce(
        (sum, [name, part]) => sum + name.length + 8 + bytesOf(part),
        2,
      );
    case 'array':
      return (schema.maxItems ?? unbounded()) * (bytesOf(schema.items ?? {}) + 4);
    case 'string': {
      const length = schema.maxLength ?? (schema.format === undefined ? unbounded() : longestId);
      return 2 + length * (schema['x-bytes-per-character'] ?? bytesPerUnit);
    }
    default:
      return 32;
  }
}

function unbounded(): never {
  throw new Error('A request has a text or a list without a bound; give it maxLength or maxItems in contract/');
}
