import assert from 'node:assert/strict';
import { test } from 'node:test';
import { operations } from '@raffia/contract/contract.ts';
import type { Operation } from '@raffia/contract/operation.ts';
import { type Place, placesIn, type Schema } from '@raffia/contract/schema-shape.ts';

const boundedFormats = new Set(['uuid', 'date-time', 'date']);

/** Answers without a page, and why they cannot grow. */
const smallAnswers: Readonly<Record<string, string>> = {
  listRegions: 'the operator’s catalogue',
  listTemplates: 'the operator’s catalogue',
  listVMPricing: 'the operator’s catalogue',
  listPermissions: 'the catalogue of permissions',
  deleteVMsBulk: 'one entry for each of at most 50 ids',
  listSessions: 'the latest 100',
  listPasskeys: 'the 20 that a person may have',
  beginPasskey: 'the 20 that a person may have',
  beginSecondFactor: 'ten codes',
  makeBackupCodes: 'ten codes',
  getSession: 'the accounts and projects of one person, which have quotas',
  listVMNetworks: 'a VM has at most 16 network interfaces',
  getVMMetrics: 'the moments of one span, at most 720',
  listVPCCIDRSuggestions: 'three blocks',
  getVPC: 'the VMs of one VPC, which have a quota',
  createSecurityGroup: 'the rules of one group',
  getSecurityGroup: 'the rules of one group',
  updateSecurityGroup: 'the rules of one group',
  listSecurityGroupTemplates: 'five templates',
  listVMsByIds: 'at most the 100 that are asked for',
  listVMInterfaces: 'at most the 100 VMs that are asked for',
  listVMProcessorHours: 'at most the 100 VMs that are asked for, with 24 hours each',
  createVM: 'at most 20 tags of one VM',
  getVM: 'at most 20 tags of one VM',
  createApiKey: 'the permissions of one role',
  getApiKey: 'the permissions of one role',
  updateApiKey: 'the permissions of one role',
  regenerateApiKey: 'the permissions of one role',
  createRole: 'the permissions of one role',
  getRole: 'the permissions of one role',
  updateRole: 'the permissions of one role',
  getCostsByDay: 'one entry a day, of at most 400 days',
  getApiKeyUsage: 'one entry a minute, of a week at most, and five addresses',
  getApiKeyHours: 'one entry an hour, of 31 days at most',
  listApiKeyDays: 'the 24 hours of a day',
  listTierRequests: 'the latest 100',
  getCloudStatus: 'nodes, hosts and blocks of one cloud, and 100 reasons to wait',
  getAccountForOperator: 'the quotas that there are, and 500 projects',
  setAccountQuota: 'the quotas that there are, and 500 projects',
  adoptFoundMachine: 'the network interfaces of one machine',
  addVMTag: 'at most 20 tags of one VM',
  updateVMTag: 'at most 20 tags of one VM',
  removeVMTag: 'at most 20 tags of one VM',
};

let looked = 0;

/** What has no bound below a schema, as the paths of fields. */
function unbounded(schema: Schema, name: string): string[] {
  return [...placesIn(schema, name)].flatMap((place) => {
    looked++;
    const lacks = lacking(place);
    return lacks === undefined ? [] : [`${[name, ...place.path].join('.')} (${lacks})`];
  });
}

function lacking({ schema }: Place): string | undefined {
  if (schema.anyOf !== undefined || schema.enum !== undefined || schema.const !== undefined) return undefined;
  switch (schema.type) {
    case 'string':
      return schema.maxLength !== undefined || boundedFormats.has(schema.format ?? '') ? undefined : 'maxLength';
    case 'integer':
    case 'number':
      return schema.minimum !== undefined && schema.maximum !== undefined ? undefined : 'minimum and maximum';
    case 'array':
      return schema.maxItems === undefined ? 'maxItems' : undefined;
    case 'object':
      return schema.patternProperties !== undefined || typeof schema.additionalProperties === 'object'
        ? 'a map'
        : undefined;
    case 'boolean':
    case 'null':
      return undefined;
    default:
      return 'a type';
  }
}

const inputs = ({ id, params, query, body }: Operation) =>
  Object.entries({ params, query, body }).flatMap(([place, schema]) =>
    schema === undefined ? [] : unbounded(schema as Schema, `${id} ${place}`),
  );

/** The lists of an answer outside of the rows of another list. */
function lists(schema: Schema): number {
  return [...placesIn(schema, '')].filter((place) => place.schema.type === 'array' && !place.path.includes(0)).length;
}

test('every text, list and number that a caller can send has a bound', () => {
  looked = 0;
  const found = operations.flatMap(inputs);
  assert.deepEqual(found, [], 'give each a bound in contract/*.ts; shared ones stand in contract/schemas.ts');
  assert.ok(looked > 250, `only ${looked} schemas were looked at`);
  console.log(`${looked} schemas looked at`);
});

/** The named schemas of an answer, by their names. */
function namedIn(schema: Schema): Map<string, Schema> {
  const found = new Map<string, Schema>();
  for (const place of placesIn(schema, '')) {
    const name = place.schema['x-name'];
    if (name !== undefined) found.set(name, place.schema);
  }
  return found;
}

/** The text below a field that has a bound: the field itself, or the items of its list. */
const textOf = (schema: Schema | undefined): Schema | undefined => (schema?.type === 'array' ? schema.items : schema);

/**
 * What a request bounds, its answer bounds alike: each text of a body, and each list of one, that a named part of the same operation's
 * answer has under the same name.
 */
function looser(checked: readonly Operation[]): { compared: number; found: string[] } {
  const found: string[] = [];
  let compared = 0;
  for (const { id, body, answer } of checked) {
    const fields = Object.entries((body as Schema | undefined)?.properties ?? {});
    for (const [name, part] of namedIn(answer as Schema)) {
      for (const [field, asked] of fields) {
        const given = part.properties?.[field];
        if (given === undefined) continue;
        for (const [bound, ours, theirs] of [
          ['maxLength', textOf(given)?.maxLength, textOf(asked)?.maxLength],
          ['maxItems', given.maxItems, asked.maxItems],
          ['maximum', given.maximum, asked.maximum],
        ] as const) {
          // Tags are texts in a request, and things with an id in an answer.
          if (theirs === undefined || (bound === 'maxLength' && textOf(given)?.type === 'object')) continue;
          // The operator's catalogue may have more than the published one.
          if (bound === 'maximum' && asked['x-catalogue'] !== undefined) continue;
          compared++;
          if (ours !== theirs) found.push(`${id}: ${name}.${field} has ${bound} ${ours}, the request ${theirs}`);
        }
      }
    }
  }
  return { compared, found };
}

/** Names of other things in an answer, as long as these may be. */
const namesOfOthers: Readonly<Record<string, number>> = {
  role_name: 64,
  role_slug: 64,
  project_name: 64,
  account_name: 64,
  api_key_name: 128,
  email: 254,
  owner_email: 254,
  invited_by_email: 254,
};

test('what a request bounds is bounded alike in the answer, and so are the names of others there', () => {
  const { compared, found } = looser(operations);
  assert.deepEqual(found, []);
  assert.ok(compared >= 34, `${compared} bounds were compared`);
  let names = 0;
  for (const { id, answer } of operations) {
    for (const { name, schema } of placesIn(answer as Schema, '')) {
      const bound = namesOfOthers[name];
      if (bound === undefined) continue;
      names++;
      assert.equal(schema.maxLength, bound, `${id}: ${name}`);
    }
  }
  assert.ok(names >= 60, `${names} names were looked at`);
  console.log(`${compared} bounds of requests compared with answers, ${names} names of others`);
});

test('the rows of each page have the most that there can be, and a total is no less than none', () => {
  let pages = 0;
  for (const { id, query, answer } of operations) {
    if (!('limit' in (query?.properties ?? {}))) continue;
    const { data, total } = (answer as Schema).properties ?? {};
    assert.ok([100, 500].includes(data?.maxItems ?? 0), `${id} answers pages without their most rows`);
    if (total !== undefined) assert.equal(total.minimum, 0, id);
    pages++;
  }
  assert.ok(pages >= 10, `${pages} pages`);
});

test('an answer that is looser than its request is found', () => {
  const name = (maxLength?: number) => ({ type: 'object', properties: { name: { type: 'string', maxLength } } });
  const planted = (given?: number) =>
    [{ id: 'planted', body: name(64), answer: { ...name(given), 'x-name': 'Planted' } }] as unknown as Operation[];
  assert.equal(looser(planted()).found.length, 1);
  assert.equal(looser(planted(65)).found.length, 1);
  assert.equal(looser(planted(64)).found.length, 0);
});

test('every operation that answers a list has a page, or a reason why the list stays small', () => {
  const lacking = operations
    .filter(
      ({ id, query, answer }) =>
        lists(answer as Schema) > 0 && !('limit' in (query?.properties ?? {})) && !(id in smallAnswers),
    )
    .map(({ id }) => id);
  assert.deepEqual(
    lacking,
    [],
    'give each `...page(50)` as query in contract/*.ts, or name it in smallAnswers of checks/bounds.test.ts',
  );
  const paged = operations.filter(({ query }) => 'limit' in (query?.properties ?? {}));
  assert.ok(paged.length >= 10, `${paged.length}`);
  for (const id of Object.keys(smallAnswers)) {
    const operation = operations.find((candidate) => candidate.id === id);
    assert.ok(
      operation !== undefined && lists(operation.answer as Schema) > 0,
      `${id} answers no list; take it from smallAnswers`,
    );
  }
});

test('each thing without a bound is found', () => {
  const planted: Record<string, Schema> = {
    text: { type: 'string' },
    email: { type: 'string', format: 'email' },
    number: { type: 'integer', minimum: 1 },
    list: { type: 'array', items: { type: 'string', maxLength: 3 } },
    items: { type: 'array', maxItems: 3, items: { type: 'string' } },
    map: { type: 'object', additionalProperties: { type: 'boolean' } },
    nullable: { anyOf: [{ type: 'string' }, { type: 'null' }] },
    anything: {},
  };
  for (const [name, schema] of Object.entries(planted)) {
    assert.equal(unbounded({ type: 'object', properties: { [name]: schema } }, 'body').length, 1, name);
  }
});
