import { operations } from '@raffia/contract/contract.ts';
import { needsBody, type Operation } from '@raffia/contract/operation.ts';
import { type Schema, shapeOf } from '@raffia/contract/schema-shape.ts';

/** What success always brings: the published contract calls all of an answer optional, which would put a question mark on every use. */
const alwaysThere = new Set(['data', 'total', 'regions', 'plans', 'pricing', 'tags', 'note', 'results']);

/** The client's types and its table of operations, with no import: what is published needs nothing but itself. */
export function clientApi(): string {
  const named = new Map<string, string>();
  const inputs: string[] = [];
  const methods: string[] = [];
  const table: string[] = [];
  // A browser alone can be sent on.
  for (const operation of operations.filter(({ status }) => status !== 302)) {
    const name = capital(operation.id);
    const optional = isOptional(operation);
    inputs.push(`export interface ${name}Input ${inputOf(operation, named)}`);
    inputs.push(`export type ${name}Answer = ${typeOf(operation.answer as Schema, named, true)};`);
    methods.push(
      `  /** ${operation.summary}. \`${operation.method} ${operation.path}\` */\n` +
        `  ${operation.id}(input${optional ? '?' : ''}: ${name}Input, options?: CallOptions): Promise<${name}Answer>;`,
    );
    table.push(`  ${operation.id}: ${rowOf(operation)},`);
  }
  return [
    '// Written by `npm run derive` from the contract; not edited by hand.',
    "import type { CallOptions } from './request.ts';",
    ...[...named].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, text]) => `export interface ${name} ${text}`),
    ...inputs,
    `/** Every operation of the API, by its published id. */\nexport interface Api {\n${methods.join('\n')}\n}`,
    '/** How each operation travels: method, path, the names that go into the query, and whether it is read-once catalogue. */',
    `export const operations = {\n${table.join('\n')}\n} as const;`,
    '',
  ].join('\n\n');
}

function rowOf({ method, path, query, body, tag, access, projectHeader }: Operation): string {
  const parts = [`method: '${method}'`, `path: '${path}'`];
  const names = Object.keys(query?.properties ?? {});
  if (names.length > 0) parts.push(`query: [${names.map((name) => `'${name}'`).join(', ')}]`);
  if (body !== undefined) parts.push('body: true');
  if (projectHeader !== 'unused') parts.push(`project: '${projectHeader}'`);
  if (tag === 'Catalog' && access.who === 'open') parts.push('catalogue: true');
  return `{ ${parts.join(', ')} }`;
}

function isOptional(operation: Operation): boolean {
  const { params, query } = operation;
  return params === undefined && !needsBody(operation) && ((query as Schema | undefined)?.required ?? []).length === 0;
}

function inputOf(operation: Operation, named: Map<string, string>): string {
  const { params, query, body } = operation;
  const fields = [params, query].flatMap((part) =>
    part === undefined ? [] : fieldsOf(part as Schema, named, part === params),
  );
  if (body !== undefined) fields.push(`body${needsBody(operation) ? '' : '?'}: ${typeOf(body as Schema, named)};`);
  return block(fields);
}

function typeOf(schema: Schema, named: Map<string, string>, isAnswer = false): string {
  const name = schema['x-name'];
  if (name !== undefined && schema.properties !== undefined) {
    if (!named.has(name)) {
      named.set(name, '');
      named.set(name, block(fieldsOf(schema, named)));
    }
    return name;
  }
  const shape = shapeOf(schema);
  switch (shape.kind) {
    case 'choice':
      return [...new Set(shape.parts.map((part) => typeOf(part, named)))].join(' | ');
    case 'list': {
      const item = typeOf(shape.item, named);
      return /^\w+$/.test(item) ? `${item}[]` : `Array<${item}>`;
    }
    case 'object':
      if (schema.properties === undefined) return 'Record<string, unknown>';
      return block(fieldsOf(schema, named, false, isAnswer));
    case 'value':
      return typeOfValue(schema);
  }
}

function typeOfValue(schema: Schema): string {
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  // What the operator's catalogue decides may have other values than the hosted service's.
  if (schema.enum !== undefined && schema['x-catalogue'] === undefined) {
    return schema.enum.map((value) => (typeof value === 'string' ? `'${value}'` : String(value))).join(' | ');
  }
  switch (schema.type) {
    case 'string':
      return 'string';
    case 'integer':
    case 'number':
      return 'number';
    case 'boolean':
      return 'boolean';
    case 'null':
      return 'null';
    default:
      return 'unknown';
  }
}

function fieldsOf(schema: Schema, named: Map<string, string>, allRequired = false, isAnswer = false): string[] {
  return Object.entries(schema.properties ?? {}).map(([name, part]) => {
    const required = allRequired || schema.required?.includes(name) === true || (isAnswer && alwaysThere.has(name));
    const key = /^\w+$/.test(name) ? name : `'${name}'`;
    return `${key}${required ? '' : '?'}: ${typeOf(part, named)};`;
  });
}

function block(fields: readonly string[]): string {
  return fields.length === 0
    ? '{}'
    : `{\n${fields.map((field) => `  ${field.replaceAll('\n', '\n  ')}`).join('\n')}\n}`;
}

function capital(id: string): string {
  return id.charAt(0).toUpperCase() + id.slice(1);
}
