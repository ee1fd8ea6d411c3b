import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { operations } from '@raffia/contract/contract.ts';
import { globalErrors, openapi } from '@raffia/contract/openapi.ts';
import { parse } from 'yaml';
import { publishedOperations } from './published-operations.ts';

/**
 * The published contract against ours, operation by operation: path, parameters, request fields, statuses, response fields and types.
 * Words (descriptions, examples) are not compared. RAFFIA_CONTRACT names the published file.
 */
const file = process.env.RAFFIA_CONTRACT;
const skip = file === undefined ? 'RAFFIA_CONTRACT does not name the published openapi.yaml' : false;

type Json = Record<string, unknown>;

/** Every deliberate difference, with its reason: `operation place: ours instead of theirs`. */
const deliberate: Record<string, string> = {
  'listVMs parameters.header X-Project-ID': 'The founding page sends the header on this list, so it narrows the answer',
  'POST parameters.header Idempotency-Key': 'Our addition, optional on every POST',
  'getVM answer 200 status_reason': 'Why a creation, start or reset failed, or that an image is being saved',
  'listVMs answer 200 status_reason': 'The same',
  'createVM answer 201 status_reason': 'The same',
  'createAccountInvitation answer 201 accept_url': 'Where no mail is configured, the inviter hands the link over',
  'createProjectInvitation answer 201 accept_url': 'The same',
  'addMember answer 201 accept_url': 'The same, since it invites as they do',
  'requests bounds':
    'Every text, list and number of a request has a bound; where the published one names none, it is ours',
  'answers bounds':
    'What a request bounds is bounded in the answer, and a page has its most rows; published are neither',
  'listSSHKeys parameters.query limit': 'Clients that want a page of the keys get one; all others get up to 500',
  'listSSHKeys parameters.query offset': 'The same',
  'listSSHKeys answer 200 total': 'What a page needs',
  'listVPCs parameters.query limit': 'Clients that want a page of the VPCs get one; all others get up to 500',
  'listVPCs parameters.query offset': 'The same',
  'listVPCs answer 200 total': 'What a page needs',
  'listSecurityGroups parameters.query limit': 'The same for security groups',
  'listSecurityGroups parameters.query offset': 'The same',
  'listSecurityGroups answer 200 total': 'The same',
  'getSecurityGroup parameter header X-Project-ID': 'As for a VPC',
  'listVPCs answer 200 description': 'What PUT takes is kept and shown; clients send it at creation too',
  'createVPC answer 201 description': 'The same',
  'updateVPC answer 200 description': 'The same',
  'getVPC answer 200 description': 'The same',
  'createVPC body description': 'The same',
  'createVPC body dns': 'The name server can be chosen by clients; published is only that it is shown',
  'updateVPC body dns': 'The same',
  'createVPC body gateway_type': 'So can the gateway: published is only that it is shown',
  'updateVPC body gateway_type': 'The same',
  'listVPCCIDRSuggestions parameter header X-Project-ID required':
    'The founding page wants the header on what changes something; here it narrows who is asked for the permission',
  'listIPs parameter header X-Project-ID required': 'The same: it narrows the list to one project',
  'getSnapshot parameter header X-Project-ID': 'As for a VPC',
  'listSnapshots answer 200 volume_id': 'Which volume it is of: the published shape has only the VM',
  'createSnapshot answer 201 volume_id': 'The same',
  'getSnapshot answer 200 volume_id': 'The same',
  'renameSnapshot answer 200 volume_id': 'The same',
  'getVolume parameter header X-Project-ID': 'As for a VPC',
  'getBackup parameter header X-Project-ID': 'As for a VPC',
  'getBackupSchedule parameter header X-Project-ID': 'As for a VPC',
  'listBackups answer 200 status_reason': 'Why one failed: of one that a schedule took nobody is told otherwise',
  'createBackup answer 202 status_reason': 'The same',
  'getBackup answer 200 status_reason': 'The same',
  'restoreBackup answer 202 status_reason': 'The same',
  'getVPC parameter header X-Project-ID':
    'The founding page wants the header on what changes something: the id is enough',
};

const words = new Set(['description', 'example', 'examples', 'summary', 'title']);

/** A schema with references resolved and words left out, in one notation for both versions of OpenAPI. */
function normalise(value: unknown, document: Json): unknown {
  if (Array.isArray(value)) return value.map((part) => normalise(part, document));
  if (typeof value !== 'object' || value === null) return value;
  const schema = value as Json;
  if (typeof schema.$ref === 'string') return normalise(resolve(document, schema.$ref), document);
  if (Array.isArray(schema.allOf))
    return normalise(merge(schema.allOf.map((part) => deref(part as Json, document))), document);
  if (Array.isArray(schema.anyOf) && schema.anyOf.some((part) => (part as Json).type === 'null')) {
    const other = schema.anyOf.find((part) => (part as Json).type !== 'null');
    return normalise({ ...(other as Json), nullable: true }, document);
  }
  const entries = Object.entries(schema)
    .filter(([key]) => !words.has(key) && !key.startsWith('x-'))
    .map(([key, inner]) => {
      if (key === 'required' && Array.isArray(inner)) return [key, [...inner].sort()];
      if (key === 'properties') {
        const properties = Object.entries(inner as Json).map(([name, part]) => [name, normalise(part, document)]);
        return [key, Object.fromEntries(properties.sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)))];
      }
      return [key, normalise(inner, document)];
    })
    .filter(([key, inner]) => !(key === 'required' && Array.isArray(inner) && inner.length === 0));
  return Object.fromEntries(entries.sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)));
}

const bounds = ['maxLength', 'maxItems', 'minimum', 'maximum'] as const;

/** Our schema without the bounds that the published one does not name at the same place; where both name one, they are compared. */
function withoutOurBounds(theirs: unknown, ours: unknown): unknown {
  if (Array.isArray(ours)) return ours.map((part, i) => withoutOurBounds((theirs as unknown[] | undefined)?.[i], part));
  if (typeof ours !== 'object' || ours === null) return ours;
  const published = (typeof theirs === 'object' && theirs !== null ? theirs : {}) as Json;
  return Object.fromEntries(
    Object.entries(ours)
      .filter(
        ([key, value]) => !(bounds.some((bound) => bound === key) && typeof value === 'number' && !(key in published)),
      )
      .map(([key, value]) => [key, withoutOurBounds(published[key], value)]),
  );
}

/** Which deliberate differences were met: one that is there no more must go from the list. */
const met = new Set<string>();

function isDeliberate(difference: string): boolean {
  if (!(difference in deliberate)) return false;
  met.add(difference);
  return true;
}

/** A schema without the fields that are ours by intention. */
function withoutDeliberate(place: string, schema: unknown): unknown {
  const text = JSON.stringify(schema, (name, value) => (isDeliberate(`${place} ${name}`) ? undefined : value));
  return text === undefined ? undefined : JSON.parse(text);
}

function deref(schema: Json, document: Json): Json {
  return typeof schema.$ref === 'string' ? resolve(document, schema.$ref) : schema;
}

function resolve(document: Json, reference: string): Json {
  return reference
    .slice(2)
    .split('/')
    .reduce<Json>((place, name) => place[name] as Json, document);
}

function merge(parts: Json[]): Json {
  return {
    type: 'object',
    properties: Object.assign({}, ...parts.map((part) => part.properties ?? {})),
    required: parts.flatMap((part) => (part.required ?? []) as string[]),
  };
}

function parametersOf(operation: Json, document: Json): Map<string, Json> {
  const list = ((operation.parameters ?? []) as Json[]).map((parameter) => deref(parameter, document));
  return new Map(list.map((parameter) => [`${parameter.in} ${parameter.name}`, parameter]));
}

function jsonSchema(content: Json | undefined, document: Json): unknown {
  const media = (content?.content as Record<string, Json> | undefined)?.['application/json'];
  return media === undefined ? undefined : normalise(media.schema, document);
}

/** All differences of one operation that are not deliberate, as sentences. */
function differences(id: string, method: string, theirs: Json, ours: Json, published: Json, own: Json): string[] {
  const found: string[] = [];
  const same = (place: string, a: unknown, b: unknown) => {
    if (isDeliberate(`${id} ${place}`)) return;
    if (JSON.stringify(a) !== JSON.stringify(b))
      found.push(`${id} ${place}: ${JSON.stringify(b)} instead of ${JSON.stringify(a)}`);
  };
  const theirParameters = parametersOf(theirs, published);
  const ourParameters = parametersOf(ours, own);
  for (const [name, parameter] of theirParameters) {
    const mine = ourParameters.get(name);
    same(`parameter ${name}`, true, mine !== undefined);
    if (mine === undefined) continue;
    same(`parameter ${name} required`, parameter.required === true, mine.required === true);
    const schema = normalise(parameter.schema, published);
    same(`parameter ${name} schema`, schema, withoutOurBounds(schema, normalise(mine.schema, own)));
  }
  for (const name of ourParameters.keys()) {
    if (theirParameters.has(name)) continue;
    const isNamed =
      isDeliberate(`${id} parameters.${name}`) || isDeliberate(`${method.toUpperCase()} parameters.${name}`);
    if (!isNamed) found.push(`${id} has the parameter ${name}, which is not published`);
  }
  const theirBody = theirs.requestBody as Json | undefined;
  const ourBody = ours.requestBody as Json | undefined;
  same('body required', theirBody?.required === true, ourBody?.required === true);
  const body = jsonSchema(theirBody, published);
  same('body', body, withoutOurBounds(body, withoutDeliberate(`${id} body`, jsonSchema(ourBody, own))));
  const theirResponses = theirs.responses as Record<string, Json>;
  const ourResponses = ours.responses as Record<string, Json>;
  for (const [status, response] of Object.entries(theirResponses)) {
    same(`status ${status}`, true, status in ourResponses);
    if (status.startsWith('2')) {
      const answer = withoutDeliberate(`${id} answer ${status}`, jsonSchema(ourResponses[status], own));
      const schema = jsonSchema(deref(response, published), published);
      same(`answer ${status}`, schema, withoutOurBounds(schema, answer));
    }
  }
  for (const status of Object.keys(ourResponses)) {
    // What can be asked for in a wrong form is refused with 400, whether that was published or not.
    if (status === '400' || status in theirResponses || globalErrors.some(([known]) => String(known) === status))
      continue;
    found.push(`${id} declares the status ${status}, which is not published`);
  }
  return found;
}

const isOurs = (path: string) => path === '/ready' || path.startsWith('/api/raffia/');

test('every published operation that we declare is declared as it was published', { skip }, () => {
  const published = parse(readFileSync(file as string, 'utf8')) as Json;
  const own = JSON.parse(JSON.stringify(openapi(operations, ['http://localhost'])));
  const found: string[] = [];
  let compared = 0;
  for (const [path, methods] of Object.entries(own.paths as Record<string, Record<string, Json>>)) {
    for (const [method, ours] of Object.entries(methods)) {
      const theirs = (published.paths as Record<string, Record<string, Json>>)[path]?.[method];
      if (theirs === undefined) {
        if (isOurs(path)) continue;
        found.push(`${method} ${path} is not published; what is ours alone begins with /api/raffia/`);
        continue;
      }
      assert.equal(ours.operationId, theirs.operationId);
      found.push(...differences(ours.operationId as string, method, theirs, ours, published, own));
      compared++;
    }
  }
  console.log(`${compared} operations compared, ${Object.keys(deliberate).length} deliberate differences`);
  assert.deepEqual(
    found,
    [],
    'declare each in contract/*.ts as it was published, or name it in `deliberate` with its reason',
  );
  const perOperation = Object.keys(deliberate).filter(
    (name) => !name.startsWith('requests ') && !name.startsWith('answers '),
  );
  assert.deepEqual(
    perOperation.filter((name) => !met.has(name)),
    [],
    'these are no differences any more: take them from `deliberate`',
  );
  assert.equal(compared, operations.filter(({ path }) => !isOurs(path)).length);
  assert.ok(compared >= 79, `only ${compared} operations were compared`);
});

test('the published operations and their documented statuses are known without the contract', { skip }, () => {
  const published = parse(readFileSync(file as string, 'utf8')) as { paths: Record<string, Record<string, Json>> };
  const found = Object.values(published.paths)
    .flatMap((methods) => Object.values(methods))
    .map(({ operationId, responses }) => [operationId, Object.keys(responses as Json).map(Number)]);
  assert.deepEqual(publishedOperations, Object.fromEntries(found));
});

test('whole groups of the published contract are declared', { skip }, () => {
  const published = parse(readFileSync(file as string, 'utf8')) as { paths: Record<string, Record<string, Json>> };
  const groups = [
    'Health',
    'Catalog',
    'Projects',
    'Virtual Machines',
    'SSH Keys',
    'API Keys',
    'Roles',
    'Permissions',
    'Project Members',
    'Members',
    'Invitations',
    'Volumes',
  ];
  const wanted = Object.values(published.paths)
    .flatMap((methods) => Object.values(methods))
    .filter((operation) => groups.includes((operation.tags as string[])[0] as string))
    .map((operation) => operation.operationId);
  const declared = new Set(operations.map((operation) => operation.id));
  assert.deepEqual(
    wanted.filter((id) => !declared.has(id as string)),
    [],
  );
});
