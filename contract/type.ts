import type { TProperties, TSchema, Type as TypeBox } from 'typebox';

/** What schemas are made of here; whoever needs another kind adds it. */
type Builders =
  | 'Array'
  | 'Boolean'
  | 'Enum'
  | 'Integer'
  | 'Null'
  | 'Number'
  | 'Object'
  | 'Optional'
  | 'Record'
  | 'String'
  | 'Union'
  | 'Unknown';

/** Tells a property that may be left out; as in TypeBox it is not seen by who copies or writes down a schema. */
const optional = '~optional';

const ofType =
  (type: string) =>
  (options?: object): object => ({ type, ...options });

function requiredOf(properties: TProperties): object {
  const required = Object.keys(properties).filter((name) => !(optional in (properties[name] as object)));
  return required.length > 0 ? { required } : {};
}

const builders: Record<Builders, (...given: never[]) => object> = {
  Array: (items: TSchema, options?: object) => ({ type: 'array', items, ...options }),
  Boolean: ofType('boolean'),
  Enum: (words: readonly string[], options?: object) => ({ enum: words, ...options }),
  Integer: ofType('integer'),
  Null: ofType('null'),
  Number: ofType('number'),
  Object: (properties: TProperties, options?: object) => ({
    type: 'object',
    ...requiredOf(properties),
    properties,
    ...options,
  }),
  Optional: (schema: TSchema) => Object.defineProperty({ ...schema }, optional, { value: true }),
  Record: (_text: TSchema, value: TSchema, options?: object) => ({
    type: 'object',
    patternProperties: { '^.*$': value },
    ...options,
  }),
  String: ofType('string'),
  Union: (anyOf: readonly TSchema[], options?: object) => ({ anyOf, ...options }),
  Unknown: (options?: object) => ({ ...options }),
};

/**
 * JSON Schemas with the types of their values: TypeBox's types, for the few kinds that an API needs. Its code is not loaded: nearly four
 * hundred files, a tenth of a server's memory, for what these lines do.
 */
export const Type = builders as unknown as Pick<typeof TypeBox, Builders>;

export type { Static, TInteger, TObject, TOptional, TProperties, TSchema, TSchemaOptions, TString } from 'typebox';
