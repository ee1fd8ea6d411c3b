/** What schemas of the contract say to the server alone: a validator takes them for nothing, and they are not published. */
export const ownKeywords = ['x-also', 'x-bytes-per-character', 'x-catalogue', 'x-name'] as const;

/** What a schema of the contract may say about a value. */
export interface Schema {
  readonly type?: string | readonly string[];
  readonly format?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: unknown;
  readonly patternProperties?: unknown;
  readonly 'x-name'?: string;
  readonly 'x-catalogue'?: string;
  /** What a request may write as well: words in lower case, a number as digits, or an empty text for none of the words. */
  readonly 'x-also'?: 'lower case' | 'digits' | 'nothing';
  readonly 'x-bytes-per-character'?: number;
}

/** What a schema has below it. */
export type Shape =
  | { readonly kind: 'choice'; readonly parts: readonly Schema[] }
  | { readonly kind: 'object'; readonly fields: readonly (readonly [string, Schema])[] }
  | { readonly kind: 'list'; readonly item: Schema }
  | { readonly kind: 'value' };

/** Whatever else has schemas below it would be walked past. */
const unknownShapes = ['oneOf', 'allOf', 'not', 'if', 'then', 'else', '$ref', 'prefixItems', 'contains'];

/**
 * The one place that knows how schemas stand within each other: whoever walks them asks here.
 *
 * @throws Error for what no walk knows
 */
export function shapeOf(schema: Schema): Shape {
  const unknown = unknownShapes.find((keyword) => keyword in schema);
  if (unknown !== undefined) {
    throw new Error(`A schema has ${unknown}, which no rule looks into; write it with anyOf, or teach shapeOf`);
  }
  const { type, anyOf } = schema;
  if (anyOf !== undefined) return { kind: 'choice', parts: anyOf };
  if (schema.enum !== undefined || schema.const !== undefined) return { kind: 'value' };
  if (typeof type === 'object') return { kind: 'choice', parts: type.map((one) => ({ ...schema, type: one })) };
  if (type === 'object') return { kind: 'object', fields: Object.entries(schema.properties ?? {}) };
  if (type === 'array') return { kind: 'list', item: schema.items ?? {} };
  return { kind: 'value' };
}

/** A schema within another. */
export interface Place {
  /** The way to the value: names, and 0 for the items of a list. */
  readonly path: readonly (string | number)[];
  /** The name that decides its form: for the items of a list, the list's. */
  readonly name: string;
  readonly schema: Schema;
  readonly isItem: boolean;
}

/** A schema and everything below it, at whatever depth. */
export function* placesIn(
  schema: Schema,
  name: string,
  path: Place['path'] = [],
  isItem = false,
): Generator<Place, void, undefined> {
  yield { path, name, schema, isItem };
  const shape = shapeOf(schema);
  if (shape.kind === 'choice') for (const part of shape.parts) yield* placesIn(part, name, path, isItem);
  if (shape.kind === 'list') yield* placesIn(shape.item, name, [...path, 0], true);
  if (shape.kind === 'object') {
    for (const [field, part] of shape.fields) yield* placesIn(part, field, [...path, field]);
  }
}
