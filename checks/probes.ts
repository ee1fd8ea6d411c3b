import { formOf } from '@raffia/contract/forms.ts';
import { takesIdempotencyKey } from '@raffia/contract/openapi.ts';
import type { Operation } from '@raffia/contract/operation.ts';
import { type Place, placesIn, type Schema, shapeOf } from '@raffia/contract/schema-shape.ts';

/** A value that a field never takes, and why not. */
export interface BadValue {
  readonly kind: string;
  readonly value: unknown;
}

const id = '01900000-0000-7000-8000-000000000000';
/** JSON that reads as infinity: `JSON.stringify` cannot write it. */
export const beyondNumbers = '@1e400@';

const notIds = ['', 'x', `urn:uuid:${id}`, `{${id}}`, `${id}0`, id.replaceAll('-', ''), ` ${id}`, `${id}\n`, `${id} `];
const notTimes = [
  '',
  'x',
  '2027-02-30T00:00:00Z',
  '2027-13-01T00:00:00Z',
  '2027-01-01',
  '2027-01-01T25:00:00Z',
  '10000-01-01T00:00:00Z',
  '0000-01-01T00:00:00Z',
  '0001-01-01T00:00:00+14:00',
  'NaN',
];

const notDays = [
  '',
  'x',
  '2027-02-30',
  '2027-13-01',
  '2027-1-1',
  '27-01-01',
  '0000-01-01',
  '2027-01-01T00:00:00Z',
  '2027-01-01\n',
  'NaN',
];

/** What no line and no prose may have. */
const disturbing: readonly [string, string][] = [
  ['control', '\u0007'],
  ['control', '\u009b'],
  ['bidi', '\u202e'],
  ['bidi', '\u2066'],
  ['bidi', '\u200f'],
];
/** What one line of words may not have either. */
const unseen: readonly [string, string][] = [
  ['control', '\n'],
  ['control', '\t'],
  ['zero width', '\u200b'],
  ['zero width', '\ufeff'],
  ['zero width', '\u00ad'],
  ['zero width', '\u{e0041}'],
  ['control', '\u2028'],
];

/** Everything that a field of a body never takes, by the contract alone. */
export function badValues({ name, schema, isItem }: Place): BadValue[] {
  const types = wrongTypes(schema).map((value) => ({ kind: 'type', value }));
  switch (schema.type) {
    case 'array':
      return [...types, ...badLengths(schema)];
    case 'integer':
    case 'number':
      return [...types, ...badNumbers(schema).map((value) => ({ kind: 'range', value }))];
    case 'string':
      return [...types, ...badTexts(name, schema, isItem)];
    default:
      return types;
  }
}

function wrongTypes({ type, 'x-also': also }: Schema): unknown[] {
  const all: [string, unknown][] = [
    ['object', {}],
    ['object', { deep: [{}] }],
    ['array', []],
    ['array', [[]]],
    ['string', 'x'],
    ['string', 'NaN'],
    ['string', '1'],
    ['string', 'true'],
    ['number', 7.5],
    ['boolean', true],
    ['null', null],
  ];
  const taken = also === 'digits' ? ['1'] : [];
  return all.filter(([of, value]) => of !== type && !taken.includes(value as string)).map(([, value]) => value);
}

function badLengths({ items, minItems = 0, maxItems }: Schema): BadValue[] {
  const item = example('', items ?? {});
  const many = (length: number) => Array.from({ length }, () => item);
  return [
    ...(maxItems === undefined ? [] : [{ kind: 'length', value: many(maxItems + 1) }]),
    ...(minItems > 0 ? [{ kind: 'length', value: many(minItems - 1) }] : []),
  ];
}

function badNumbers({
  type,
  minimum = Number.NEGATIVE_INFINITY,
  maximum = Number.POSITIVE_INFINITY,
}: Schema): unknown[] {
  const edges = [
    minimum - 1,
    maximum + 1,
    2 ** 31,
    -(2 ** 31) - 1,
    2 ** 53,
    -(2 ** 53),
    2 ** 63,
    2 ** 64,
    1e300,
    -1e300,
  ];
  return [
    ...edges.filter((value) => value < minimum || value > maximum),
    ...(type === 'integer' ? [1.5, 1.0000001, -0.5] : []),
    beyondNumbers,
    `-${beyondNumbers}`,
  ];
}

function badTexts(name: string, schema: Schema, isItem: boolean): BadValue[] {
  const bad: BadValue[] = [
    { kind: 'NUL', value: 'a\u0000b' },
    { kind: 'surrogate', value: 'a\ud800b' },
    { kind: 'surrogate', value: '\udc00' },
  ];
  const add = (kind: string, ...values: unknown[]) => bad.push(...values.map((value) => ({ kind, value })));
  if (schema.maxLength !== undefined) {
    const good = example(name, schema) as string;
    add('length', good.padEnd(schema.maxLength + 1, 'a'), good.padEnd(4 * schema.maxLength, 'a'));
  }
  if (schema.minLength !== undefined && !isItem) add('length', '');
  const form = formOf(name, schema);
  const around = (part: string) => `a${part}b`;
  if (form === 'id' || (form === 'idOrExact' && schema.pattern !== undefined)) add('id', ...notIds);
  if (form === 'time') add('time', ...notTimes);
  if (form === 'day') add('day', ...notDays);
  if (form === 'email') add('form', 'x', '@', 'a@', '@b.example', 'a b@example.com', 'a@example.com\n');
  // One spelling of few may be the empty one: it changes nothing.
  if (schema.enum !== undefined) {
    const first = String(schema.enum[0]);
    add(
      'form',
      `${first} `,
      ` ${first}`,
      `${first}\u200b`,
      'no such',
      ...(first.toUpperCase() === first ? [] : [first.toUpperCase()]),
    );
  }
  const line =
    form === 'name' || form === 'search' || form === 'email' || (form === 'word' && schema.enum === undefined);
  if (line || form === 'text') for (const [kind, part] of disturbing) add(kind, around(part));
  if (line) for (const [kind, part] of unseen) add(kind, around(part));
  if (form === 'name') add('form', ' ', '\u3000');
  return bad;
}

/** A value that a field takes. */
export function example(name: string, schema: Schema): unknown {
  if (schema.enum !== undefined) return schema.enum[0];
  const shape = shapeOf(schema);
  switch (shape.kind) {
    case 'choice':
      return example(name, shape.parts[0] ?? {});
    case 'list':
      return [example(name, shape.item)];
    case 'object':
      return Object.fromEntries(shape.fields.map(([key, part]) => [key, example(key, part)]));
    case 'value':
      return exampleValue(name, schema);
  }
}

function exampleValue(name: string, schema: Schema): unknown {
  switch (schema.type) {
    case 'boolean':
      return false;
    case 'integer':
    case 'number':
      return Math.max(schema.minimum ?? 1, Math.min(1, schema.maximum ?? 1));
    default:
      return exampleText(name, schema);
  }
}

function exampleText(name: string, schema: Schema): string {
  const form = formOf(name, schema);
  if (form === 'id') return id;
  if (form === 'time') return '2100-01-01T00:00:00Z';
  if (form === 'day') return '2100-01-01';
  if (form === 'email') return 'probe@example.com';
  const known: Record<string, string> = {
    vpc_cidr: '10.1.0.0/24',
    cidr: '10.1.0.0/24',
    dns: '9.9.9.9',
    range: '80',
    ip: '',
    password: 'ABcdefgh12345!',
    permissions: 'vm.view',
    resource_id: id,
    callbackURL: '/probe',
    errorCallbackURL: '/probe',
  };
  return known[name] ?? 'probe';
}

/** The same body with another value at a place. */
export function withValue(body: unknown, [step, ...rest]: readonly (string | number)[], value: unknown): unknown {
  if (step === undefined) return value;
  if (Array.isArray(body)) return body.map((part, i) => (i === step ? withValue(part, rest, value) : part));
  const object = body as Record<string, unknown>;
  return { ...object, [step]: withValue(object[step], rest, value) };
}

/** What a parameter of a query never takes, as it stands in the address; two of a kind are a list, which none takes. */
export function badQueries(name: string, schema: Schema): { kind: string; text: string }[] {
  const bad = (kind: string, ...values: string[]) => values.map((text) => ({ kind, text: `${name}=${text}` }));
  const good = encodeURIComponent(String(example(name, schema)));
  const all = [...bad('type', `${good}&${name}=${good}`)];
  // No bytes of a text in UTF-8: half a surrogate pair, a byte that begins nothing, half an escape.
  all.push(
    ...bad('surrogate', '%ED%A0%80'),
    ...bad('UTF-8', '%FF', '%C3%28', '%', '%4'),
    ...bad('NUL', '%00', 'a%00b'),
  );
  if (schema.type === 'integer') {
    const words = [
      '',
      'x',
      'NaN',
      'Infinity',
      '1.5',
      '1e1',
      '0x1',
      '+1',
      '%201',
      '1%20',
      'true',
      'null',
      '１',
      '1_0',
      '--1',
    ];
    all.push(...bad('type', ...words.map((word) => (word.includes('%') ? word : encodeURIComponent(word)))));
    const outside = badNumbers(schema).filter((value): value is number => typeof value === 'number');
    all.push(...bad('range', ...outside.map((value) => encodeURIComponent(plain(value)))));
    all.push(...bad('range', '9223372036854775807', '9223372036854775808', `1${'0'.repeat(400)}`));
    return all;
  }
  if (schema.type === 'boolean') {
    all.push(...bad('type', '', 'x', '1', '0', 'TRUE', 'yes', 'null', '%20true', 'true%20', 'true,false'));
    return all;
  }
  for (const { kind, value } of badTexts(name, schema, false)) {
    if (kind !== 'surrogate' && kind !== 'NUL') all.push(...bad(kind, encodeURIComponent(String(value))));
  }
  return all;
}

/** Digits without an exponent. */
const plain = (value: number) => (Number.isInteger(value) ? BigInt(value).toString() : String(value));

/** Texts in place of an id in a path, as they stand in the address. */
export const badIds = [
  'x',
  '1',
  'null',
  '%00',
  'a%00b',
  '%FF',
  '%ED%A0%80',
  '%',
  '%E2%80%AE',
  '%E2%80%8B',
  '..%2f',
  'a'.repeat(199),
  'a'.repeat(2000),
  `urn:uuid:${id}`,
  `%7B${id}%7D`,
  `${id}0`,
  id.replaceAll('-', ''),
  `%20${id}`,
  `${id}%0A`,
  `${id}%00`,
  '9223372036854775808',
  'NaN',
] as const;

/** Whether what decides about a field is its schema and its form: a complaint names it then. */
export function isNamed({ kind }: BadValue): boolean {
  return kind !== 'NUL' && kind !== 'surrogate';
}

/** All lists of a query, a body and a path of an operation, none of which is forgotten. */
export function placesOf(operation: Operation) {
  const { params, query, body, projectHeader } = operation;
  return {
    params: Object.entries((params as Schema | undefined)?.properties ?? {}),
    query: Object.entries((query as Schema | undefined)?.properties ?? {}),
    body: body === undefined ? [] : [...placesIn(body as Schema, 'body')].filter(({ path }) => path.length > 0),
    headers: [
      ...(projectHeader === 'unused' ? [] : ['x-project-id']),
      ...(takesIdempotencyKey(operation) ? ['idempotency-key'] : []),
    ],
  };
}
