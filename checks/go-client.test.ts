// timeout: 15m
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { operations } from '@raffia/contract/contract.ts';
import type { Operation } from '@raffia/contract/operation.ts';
import { EngineHost, whyNoDaemon } from '@raffia/server/testing/engine-host.ts';
import { buildGoProgram, GoClient, type GoOutcome, whyNoGo } from '@raffia/server/testing/go-client.ts';
import { TestServer } from '@raffia/server/testing/test-server.ts';
import { parseDocument } from 'yaml';
import { ConformanceWalk } from './conformance-walk.ts';
import { publishedOperations } from './published-operations.ts';

/**
 * Every published operation through the client that Go's generator makes from the published contract: what docs/conformance.md says of
 * each is true. Nothing is counted that the client has not decoded into its field for the status.
 */
const folder = mkdtempSync(join(tmpdir(), 'raffia-go-'));
const program = join(folder, 'calls');

before(async () => {
  if (whyNoGo === false) await buildGoProgram('./calls', program);
});
after(() => rmSync(folder, { recursive: true }));

// What is looked at comes first, before it is another one; what is deleted comes last.
const turn = ({ method }: Operation) => (method === 'GET' ? 0 : method === 'DELETE' ? 2 : 1);
const published = operations.filter(({ id }) => id in publishedOperations).toSorted((a, b) => turn(a) - turn(b));
const documented = ({ id }: Operation) => publishedOperations[id] as readonly number[];

async function walkOn(t: TestContext, env: Record<string, string> = {}): Promise<ConformanceWalk> {
  const server = await TestServer.start(env);
  t.after(() => server.stop());
  const client = GoClient.start(program, server.address);
  t.after(() => client.stop());
  return ConformanceWalk.on(server, client);
}

/** What was answered otherwise than documented: all of it is told, not the first alone. */
function wrong({ id }: Operation, status: number, { as, body, decoded, error, ...outcome }: GoOutcome): string[] {
  const isRight = outcome.status === status && decoded && (status < 400 || as !== '');
  return isRight ? [] : [`${id} ${status}: ${outcome.status} ${decoded ? as : 'not decoded'} ${error} ${body}`];
}

async function succeed(walk: ConformanceWalk, operation: Operation): Promise<string[]> {
  return wrong(operation, operation.status, await walk.send(await walk.callOf(operation)));
}

test('each published operation succeeds and gives each of its documented errors', { skip: whyNoGo }, async (t) => {
  const walk = await walkOn(t, { RAFFIA_BILLING_MODE: 'subscription' });
  const found: string[] = [];
  const reached = { successes: 0, errors: 0 };
  for (const operation of published) {
    await walk.good.ready(operation);
    for (const status of documented(operation).filter((one) => one >= 400)) {
      if (operation.id === 'listIPPricing') continue;
      const outcomes = await walk.refused(operation, status, await walk.callOf(operation));
      assert.ok(outcomes.length > 0, `${operation.id}: nothing was tried for ${status}`);
      found.push(...outcomes.flatMap((outcome) => wrong(operation, status, outcome)));
      reached.errors++;
    }
    await walk.good.ready(operation);
    found.push(...(await succeed(walk, operation)));
    reached.successes++;
  }
  assert.deepEqual(found, []);
  console.log(`through the Go client: ${JSON.stringify(reached)}`);
  const errors = published.flatMap(documented).filter((status) => status >= 400);
  assert.deepEqual(reached, { successes: published.length, errors: errors.length - 1 });
});

test('a cloud without a price for addresses has nothing to tell of it', { skip: whyNoGo }, async (t) => {
  const catalogue = parseDocument(readFileSync(join(import.meta.dirname, '..', 'catalogue.yaml'), 'utf8'));
  catalogue.deleteIn(['addresses']);
  writeFileSync(join(folder, 'catalogue.yaml'), catalogue.toString());
  const server = await TestServer.start({ RAFFIA_CATALOGUE: join(folder, 'catalogue.yaml') });
  t.after(() => server.stop());
  const client = GoClient.start(program, server.address);
  t.after(() => client.stop());
  const { status, as } = await client.call({ operation: 'listIPPricing' });
  assert.deepEqual([status, as], [404, 'Error']);
});

const noIncus = whyNoGo === false ? (whyNoDaemon('incus') ?? false) : whyNoGo;

test('each published operation succeeds on an Incus host', { skip: noIncus }, async (t) => {
  const host = await EngineHost.start('incus');
  t.after(() => host.stop());
  const walk = await walkOn(t, host.settings);
  const began = performance.now();
  const found: string[] = [];
  for (const operation of published) {
    await walk.good.ready(operation);
    found.push(...(await succeed(walk, operation)));
  }
  console.log(`${published.length} operations on Incus: ${((performance.now() - began) / 1000).toFixed(0)} s`);
  assert.deepEqual(found, []);
});
