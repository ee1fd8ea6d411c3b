import { isPersonal, needsBody, type Operation } from './operation.ts';
import { ownKeywords } from './schema-shape.ts';
import { BillingError, ErrorBody } from './schemas.ts';

type Json = { [key: string]: unknown };

const isOwn = new Set<string>(ownKeywords);

/** The statuses that may come from any operation, beside those it declares. */
export const globalErrors: readonly [number, string][] = [
  [401, 'The key is missing, unknown, expired or suspended'],
  [403, 'The key lacks the permission or the project, or the account is not in good standing'],
  [404, 'There is no such thing within reach of the key'],
  [405, 'The path does not take this method'],
  [408, 'The request, or its body, did not arrive in time; send it again'],
  [409, 'The state of the resource forbids it, or the same request is still running'],
  [413, 'The body is larger than the operation takes'],
  [415, 'The body is not JSON'],
  [422, 'The Idempotency-Key was used for another request'],
  [429, 'Too many requests; Retry-After tells when to come again'],
  [431, 'The address and the headers together are larger than 16 kB'],
  [500, 'A fault of the server'],
  [503, 'The server is busy or cannot reach its database; Retry-After tells when to come again'],
];

const header = (description: string, schema: Json, required = true): Json => ({ description, required, schema });
const text: Json = { type: 'string' };

/** Headers of answers. What the server refuses before it has read a request has none of its number. */
const headers = {
  'X-Request-Id': header('The number of the request, for questions to the operator', text),
  'X-RateLimit-Limit': header('Requests per second of the tier', { type: 'integer', minimum: 1 }),
  'X-RateLimit-Remaining': header('How many are left of them now', { type: 'integer', minimum: 0 }),
  'RateLimit-Policy': header('The same limit as the IETF draft writes it', text),
  RateLimit: header('The same remainder as the IETF draft writes it', text),
  'Idempotent-Replayed': header('true where the first answer is given again', { const: 'true' }, false),
  Allow: header('The methods that the path takes', text),
  Location: header('Where the browser goes on', text),
  'Retry-After': header('Seconds to wait', { type: 'integer', minimum: 1 }),
} as const;

type HeaderName = keyof typeof headers;

const headersOfErrors: Readonly<Record<number, readonly HeaderName[]>> = {
  405: ['Allow'],
  429: ['Retry-After'],
  503: ['Retry-After'],
};

function withHeaders(names: readonly HeaderName[]): Json {
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
}

/** The headers of an operation's success. Who asks with a key, or for an account, is told of his limit. */
function headersOf(operation: Operation): Json {
  const { who } = operation.access;
  return withHeaders([
    'X-Request-Id',
    ...(who === 'key' || who === 'permission'
      ? (['X-RateLimit-Limit', 'X-RateLimit-Remaining', 'RateLimit-Policy', 'RateLimit'] as const)
      : []),
    ...(takesIdempotencyKey(operation) ? (['Idempotent-Replayed'] as const) : []),
    ...(operation.status === 302 ? (['Location'] as const) : []),
  ]);
}

/**
 * The OpenAPI 3.1 document of a list of operations.
 *
 * @param servers base URLs under which the API answers
 */
export function openapi(operations: readonly Operation[], servers: readonly string[]): Json {
  const components = new Map<string, unknown>();
  const paths: Record<string, Json> = {};
  for (const operation of operations) {
    paths[operation.path] ??= {};
    (paths[operation.path] as Json)[operation.method.toLowerCase()] = describe(operation, components);
  }
  reference(ErrorBody, components);
  reference(BillingError, components);
  return {
    openapi: '3.1.0',
    info: { title: 'Raffia', version: '1.0.0', description: 'The Raff API, served by your own cloud.' },
    servers: servers.map((url) => ({ url })),
    security: [{ ApiKeyAuth: [] }, { SessionAuth: [] }],
    tags: [...new Set(operations.map((operation) => operation.tag))].map((name) => ({ name })),
    paths,
    components: {
      securitySchemes: {
        ApiKeyAuth: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
        SessionAuth: {
          type: 'apiKey',
          in: 'cookie',
          name: 'raffia.session_token',
          description:
            'A person who signed in on a page of this server; X-Account-ID names the account. A key beats it.',
        },
      },
      responses: Object.fromEntries(
        globalErrors.map(([status, text]) => [`Error${status}`, errorResponse(status, text)]),
      ),
      headers,
      schemas: Object.fromEntries([...components].sort(([a], [b]) => (a < b ? -1 : 1))),
    },
  };
}

function errorResponse(status: number, description: string): Json {
  const schema =
    status === 403
      ? { anyOf: [{ $ref: '#/components/schemas/Error' }, { $ref: '#/components/schemas/BillingError' }] }
      : { $ref: '#/components/schemas/Error' };
  const names = headersOfErrors[status];
  return {
    description,
    ...(names === undefined ? {} : { headers: withHeaders(names) }),
    content: { 'application/json': { schema } },
  };
}

/** Where the default of the document, a key or a session, is not what an operation takes. */
function security({ access }: Operation): Json {
  if (access.who === 'open') return { security: [] };
  if (isPersonal({ access })) return { security: [{ SessionAuth: [] }] };
  return {};
}

function describe(operation: Operation, components: Map<string, unknown>): Json {
  return {
    operationId: operation.id,
    tags: [operation.tag],
    summary: operation.summary,
    ...(operation.description === undefined ? {} : { description: operation.description }),
    ...security(operation),
    'x-raffia-access': accessInWords(operation),
    parameters: parameters(operation, components),
    ...(operation.body === undefined
      ? {}
      : {
          requestBody: {
            required: needsBody(operation),
            content: { 'application/json': { schema: reference(operation.body, components) } },
          },
        }),
    responses: {
      ...Object.fromEntries(
        [
          ...new Set([
            ...(mayBeMalformed(operation) ? [400] : []),
            ...(operation.billing === 'charge' ? [402] : []),
            ...globalErrors.map(([status]) => status),
          ]),
        ]
          .sort((a, b) => a - b)
          .map((status) => [status, responseOf(status)]),
      ),
      ...Object.fromEntries(
        [operation.status, ...(operation.sameAnswer ?? [])].map((status) => [
          status,
          answerOf(operation, status, components),
        ]),
      ),
    },
  };
}

function answerOf(operation: Operation, status: number, components: Map<string, unknown>): Json {
  const type = operation.stream === true ? 'text/event-stream' : 'application/json';
  return {
    description: operation.summary,
    headers: status === operation.status ? headersOf(operation) : withHeaders(['X-Request-Id']),
    ...(status === 302 ? {} : { content: { [type]: { schema: reference(operation.answer, components) } } }),
  };
}

function responseOf(status: number): Json {
  if (globalErrors.some(([known]) => known === status)) return { $ref: `#/components/responses/Error${status}` };
  const texts: Record<number, string> = {
    400: 'The request or the state does not allow it',
    402: 'The balance is too low',
  };
  return errorResponse(status, texts[status] ?? 'Error');
}

/** What has a query or a body may be asked for in another form, and a session has to name its account. */
function mayBeMalformed({ access, query, body, fromPages }: Operation): boolean {
  // From pages: cookies are a part of what is sent, and the address that one came by.
  return access.who !== 'open' || query !== undefined || body !== undefined || fromPages === true;
}

/** What is done in no account's name is remembered in none. */
export function takesIdempotencyKey({ method, access }: Operation): boolean {
  return method === 'POST' && access.who !== 'open' && !isPersonal({ access });
}

/** Who may call an operation, in words. */
export function accessInWords({ access, project }: Operation): string {
  if (access.who === 'open') return 'anyone';
  if (access.who === 'person') return 'anybody who is signed in';
  if (access.who === 'operator') return 'an operator of this cloud who is signed in';
  if (access.who === 'key') return 'any valid key';
  const place = project === 'account' ? 'in the account' : 'on the project';
  return `${access.anyOf.join(' or ')} ${place}`;
}

function parameters(operation: Operation, components: Map<string, unknown>): Json[] {
  const list: Json[] = [];
  for (const [name, schema] of Object.entries(operation.params?.properties ?? {})) {
    list.push({ name, in: 'path', required: true, schema: reference(schema, components) });
  }
  for (const [name, schema] of Object.entries(operation.query?.properties ?? {})) {
    const required = operation.query?.required?.includes(name) ?? false;
    list.push({ name, in: 'query', required, schema: reference(schema, components) });
  }
  if (operation.projectHeader !== 'unused') {
    const required = operation.projectHeader === 'required';
    list.push({ name: 'X-Project-ID', in: 'header', required, schema: { type: 'string', format: 'uuid' } });
  }
  if (takesIdempotencyKey(operation)) {
    list.push({
      name: 'Idempotency-Key',
      in: 'header',
      required: false,
      description: 'The same key and request give the first answer again for 24 hours.',
      schema: { type: 'string', pattern: '^[!-~]+$', minLength: 1, maxLength: 255 },
    });
  }
  return list;
}

/** A schema with its named parts as references; the named parts are put among the components. */
function reference(schema: unknown, components: Map<string, unknown>): unknown {
  if (Array.isArray(schema)) return schema.map((part) => reference(part, components));
  if (typeof schema !== 'object' || schema === null) return schema;
  const { 'x-name': name } = schema as Json;
  const published = Object.entries(schema).filter(([key]) => !isOwn.has(key));
  const copy = () => Object.fromEntries(published.map(([key, value]) => [key, reference(value, components)]));
  if (typeof name !== 'string') return copy();
  if (!components.has(name)) {
    components.set(name, undefined);
    components.set(name, copy());
  }
  return { $ref: `#/components/schemas/${name}` };
}
