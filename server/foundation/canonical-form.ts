import { type Form, formOf } from '@raffia/contract/forms.ts';
import type { Operation } from '@raffia/contract/operation.ts';
import { type Schema, shapeOf } from '@raffia/contract/schema-shape.ts';
import type { FastifyRequest } from 'fastify';
import { invalid } from './api-error.ts';

/** Gives a valid value its one form. @throws ApiError 400 with a sentence that names the field */
type Former = (value: unknown) => unknown;

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const time = /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2}):(\d{2})(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})$/;

/** What whoever signs people in takes as well: an address that can be invited is one that can sign in. */
const email = /^[\w'+-]+(\.[\w'+-]+)*(?<!')@([a-z0-9][a-z0-9-]*\.)+[a-z]{2,}$/i;

/** What the validator takes for an id, an address, a time and a day: no other spelling than ours (`urn:uuid:…` is an id to its own). */
export const formats = {
  uuid,
  email,
  'date-time': (text: string) => instantOf(text) !== undefined,
  date: (text: string) => isDay(text),
};

/** Whether a text is an id, in whatever case. */
export function isUuid(text: string): boolean {
  return uuid.test(text);
}

/** Variation selectors choose between drawings of one character; everything else that is not seen hides something. */
const unseen =
  /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Noncharacter_Code_Point}]|(?![\ufe00-\ufe0f])\p{Default_Ignorable_Code_Point}/u;
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const disturbing = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]|\p{Cs}/u;

const forms: Readonly<Record<Form, ((value: string, field: string) => string) | undefined>> = {
  id: (value, field) => {
    if (!uuid.test(value)) throw invalid(`${field} must be a valid UUID`);
    return value.toLowerCase();
  },
  idOrExact: (value) => (uuid.test(value) ? value.toLowerCase() : value),
  name: nameForm,
  text: (value, field) => {
    if (!disturbing.test(value)) return value;
    throw invalid(
      `${field} must not contain control characters other than line breaks and tabs, nor characters that turn the direction of writing; remove the character ${codeOf(value, disturbing)}`,
    );
  },
  search: (value, field) => seen(value, field).normalize('NFC'),
  word: (value, field) => seen(value, field),
  time: (value, field) => {
    const instant = instantOf(value);
    if (instant === undefined) throw invalid(`${field} must be a time such as 2027-01-31T12:00:00Z`);
    return instant.toISOString();
  },
  day: (value, field) => {
    if (isDay(value)) return value;
    throw invalid(`${field} must be a day such as 2027-01-31`);
  },
  email: (value, field) => seen(value, field),
  exact: undefined,
};

/** How long a text is as maxLength counts it: in characters, not in the units of UTF-16. */
export const charactersIn = (text: string): number => [...text].length;

/**
 * The one form of a name, wherever it comes from: trimmed, composed, without what nobody sees.
 *
 * @throws ApiError 400
 */
export function nameForm(value: string, field: string, maxLength = Number.POSITIVE_INFINITY): string {
  const formed = seen(value, field).normalize('NFC').trim();
  if (formed === '') throw invalid(`${field} must not be empty`);
  notLonger(formed, field, maxLength);
  return formed;
}

function notLonger(text: string, field: string, maxLength: number): void {
  // Characters are counted only where units would be too many.
  if (text.length > maxLength && charactersIn(text) > maxLength) {
    throw invalid(`${field} must have at most ${maxLength} characters`);
  }
}

function seen(value: string, field: string): string {
  if (!unseen.test(value)) return value;
  throw invalid(
    `${field} must not contain control characters or characters that are not seen; remove the character ${codeOf(value, unseen)}`,
  );
}

function codeOf(value: string, pattern: RegExp): string {
  const code = pattern.exec(value)?.[0].codePointAt(0) ?? 0;
  return `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
}

/** The instant of an RFC 3339 time, or undefined: a day that is not in the calendar, or outside of the years 1 to 9999 in UTC. */
function instantOf(text: string): Date | undefined {
  const parts = time.exec(text);
  if (parts === null) return undefined;
  const [year, month, day, hour, minute, second] = parts.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > daysOf(year, month)) return undefined;
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  const zone = parts[8] as string;
  if (zone.length > 1 && (Number(zone.slice(1, 3)) > 23 || Number(zone.slice(4)) > 59)) return undefined;
  const instant = new Date(text.replace(' ', 'T').toUpperCase());
  const inUtc = instant.getUTCFullYear();
  return inUtc >= 1 && inUtc <= 9999 ? instant : undefined;
}

/** Whether a text is a day that is in the calendar. */
function isDay(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && instantOf(`${text}T00:00:00Z`) !== undefined;
}

function daysOf(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}

/**
 * Turns everything that a valid request brings into its one form, before any rule sees it. What nothing needs to be done to costs
 * nothing: the formers are made once, of the contract's schemas.
 */
export function canonicalForm(operation: Operation): (request: FastifyRequest) => void {
  const params = formerOf(operation.params as Schema | undefined, 'path');
  const query = formerOf(operation.query as Schema | undefined, 'query');
  const body = formerOf(operation.body as Schema | undefined, 'body');
  return (request) => {
    if (params !== undefined) request.params = params(request.params);
    if (query !== undefined) request.query = query(request.query);
    if (body !== undefined) request.body = body(request.body);
  };
}

function formerOf(schema: Schema | undefined, field: string, path = ''): Former | undefined {
  if (schema === undefined) return undefined;
  const shape = shapeOf(schema);
  switch (shape.kind) {
    case 'choice': {
      const former = shape.parts.map((part) => formerOf(part, field, path)).find((found) => found !== undefined);
      return former === undefined ? undefined : (value) => (value === null ? null : former(value));
    }
    case 'object':
      return formerOfObject(shape.fields, path);
    case 'list': {
      const item = formerOf(shape.item, field, path);
      return item === undefined ? undefined : (value) => (value as unknown[]).map(item);
    }
    case 'value':
      if (schema['x-also'] === 'digits') return (value) => numberIn(schema, value, path || field);
      // JSON knows a negative zero, and no rule does.
      if (schema.type === 'integer' || schema.type === 'number') return (value) => (value === 0 ? 0 : value);
      if (schema.type === 'string' && schema.enum === undefined) return formerOfText(schema, field, path || field);
      return undefined;
  }
}

/** The bounds of a number hold for its digits too. */
function numberIn({ minimum = 0, maximum = Number.MAX_SAFE_INTEGER }: Schema, value: unknown, path: string): number {
  const number = Number(value);
  if (number < minimum) throw invalid(`${path} must be at least ${minimum}`);
  if (number > maximum) throw invalid(`${path} must be at most ${maximum}`);
  return number === 0 ? 0 : number;
}

function formerOfObject(fields: readonly (readonly [string, Schema])[], path: string): Former | undefined {
  const formers: [string, Former][] = [];
  for (const [name, part] of fields) {
    const former = formerOf(part, name, path === '' ? name : `${path}.${name}`);
    if (former !== undefined) formers.push([name, former]);
  }
  if (formers.length === 0) return undefined;
  return (value) => {
    const object = value as Record<string, unknown>;
    for (const [name, former] of formers) {
      const given = object[name];
      if (given !== undefined) object[name] = former(given);
    }
    return object;
  };
}

function formerOfText(schema: Schema, field: string, path: string): Former | undefined {
  const form = formOf(field, schema);
  if (form === undefined) throw new Error(`${path} has no form; name one in contract/forms.ts`);
  const give = forms[form];
  if (give === undefined) return undefined;
  const { maxLength = Number.POSITIVE_INFINITY } = schema;
  return (value) => {
    const formed = give(value as string, path);
    // Composing makes a few characters longer.
    if (formed !== value) notLonger(formed, path, maxLength);
    return formed;
  };
}
