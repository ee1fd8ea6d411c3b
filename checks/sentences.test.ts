import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { operations } from '@raffia/contract/contract.ts';
import { type ErrorCode, errors } from '@raffia/contract/errors.ts';
import { type Place, placesIn, type Schema } from '@raffia/contract/schema-shape.ts';
import { vmActions, vmStatuses } from '@raffia/contract/vm-states.ts';
import { ApiError } from '@raffia/server/foundation/api-error.ts';
import { validationError } from '@raffia/server/http/validation.ts';
import { refuseByState } from '@raffia/server/resources/vms/accept-action.ts';
import type { Vm } from '@raffia/server/resources/vms/queries.ts';
import { brokenSentence } from './sentences.ts';

/**
 * What is refused is refused in words of people: tools print the sentences as they are. The states' words are the API's own; people
 * say running for active.
 */
const wordsOfTheApi =
  /\b(passive|initiating|provisioning|booting|finalizing|failure|payg|no_billing_customer)\b|is (active|failure)\b/;

/** Words that the published documentation has. */
const published: readonly string[] = ['vmNotReadyToAttach', 'vmNotReadyToDetach'] satisfies ErrorCode[];

function isSentence(text: string, what: string): void {
  assert.doesNotMatch(text, brokenSentence, `${what}: ${text}`);
  if (!published.includes(what)) assert.doesNotMatch(text, wordsOfTheApi, `${what}: ${text}`);
  assert.match(text, /[a-z]{2,}.* .*[a-z]{2,}|not found/i, `${what}: ${text}`);
}

test('every error is a sentence when its places are filled', () => {
  const example = (name: string) => (/limit|seconds|length|size/.test(name) ? 7 : 'something that is there');
  let filled = 0;
  for (const [code, { message }] of Object.entries(errors)) {
    const names = [...message.matchAll(/\{(\w+)\}/g)].map(([, name]) => name as string);
    filled += names.length;
    const values = Object.fromEntries(names.map((name) => [name, example(name)]));
    isSentence(new ApiError(code as ErrorCode, values).message, code);
  }
  assert.ok(Object.keys(errors).length >= 50, `${Object.keys(errors).length} errors`);
  assert.ok(filled >= 18, `${filled} places were filled`);
});

test('every refusal of an action says the state as people do, and what it must be', () => {
  let refused = 0;
  for (const action of vmActions.actions) {
    for (const status of vmStatuses) {
      if (vmActions.ruling(action, status) !== 'refuse') continue;
      assert.throws(
        () => refuseByState({ status } as Vm, action),
        (error: ApiError) => {
          isSentence(error.message, `${action} while ${status}`);
          assert.match(error.message, /must be|can only/, `${action} while ${status}: ${error.message}`);
          return error.status === 400;
        },
      );
      refused++;
    }
  }
  assert.ok(refused >= 40, `${refused} refusals`);
});

test('starting is refused while a VM starts, as stopping is', () => {
  for (const action of ['start', 'stop', 'reboot', 'hardReboot'] as const) {
    assert.equal(vmActions.ruling(action, 'booting'), 'refuse', action);
  }
});

test('every list of spellings that is told to callers is whole', () => {
  let lists = 0;
  const look = ({ name, schema }: Place, id: string): void => {
    if (schema.enum === undefined) return;
    lists++;
    // The empty spelling changes nothing, and is told to nobody.
    for (const allowedValues of [schema.enum, [...schema.enum, '']]) {
      const told = validationError(
        [{ keyword: 'enum', instancePath: `/${name}`, params: { allowedValues } } as never],
        'body',
      );
      assert.doesNotMatch(told.message, brokenSentence, `${id} ${name}: ${told.message}`);
      for (const value of schema.enum) assert.ok(told.message.includes(String(value)), told.message);
    }
  };
  for (const { id, query, body, params } of operations) {
    for (const schema of [query, body, params]) {
      if (schema !== undefined) for (const place of placesIn(schema as Schema, '')) look(place, id);
    }
  }
  assert.ok(lists >= 25, `${lists} lists`);
});

test('every pattern is told in words and not as it is written', () => {
  let patterns = 0;
  for (const { id, body } of operations) {
    for (const [name, { pattern }] of Object.entries((body as Schema | undefined)?.properties ?? {})) {
      if (pattern === undefined) continue;
      patterns++;
      const told = validationError(
        [{ keyword: 'pattern', instancePath: `/${name}`, params: { pattern } } as never],
        'body',
      );
      isSentence(told.message, `${id} ${name}`);
      assert.doesNotMatch(told.message, /[\^$*+[\]]/, told.message);
    }
  }
  assert.ok(patterns >= 2, `${patterns} patterns`);
});

/** The sentences that are made on the spot: what stands between quotes in a refusal. */
function sentencesIn(file: string): string[] {
  const text = readFileSync(file, 'utf8');
  const starts = [...text.matchAll(/\b(?:invalid\(|detail:|message:|status_reason:|throw new Error\()\s*/g)];
  return starts
    .map(({ index, 0: start }) =>
      /^(?:'((?:[^'\\\n]|\\.)*)'|"([^"\n]*)"|`((?:[^`\\]|\\.)*)`)/.exec(text.slice(index + start.length)),
    )
    .filter((found) => found !== null)
    .map(([, single, double, template]) => single ?? double ?? template ?? '');
}

test('no sentence in the server has a state as the API spells it, whether as a word or put in', () => {
  const files = globSync('server/{http,resources,access,billing,quotas,operations,database}/**/*.ts', {
    cwd: join(import.meta.dirname, '..'),
    exclude: ['**/*.test.ts'],
  });
  let sentences = 0;
  const found: string[] = [];
  for (const file of files) {
    for (const sentence of sentencesIn(join(import.meta.dirname, '..', file))) {
      sentences++;
      if (wordsOfTheApi.test(sentence) || /\$\{[\w.]*(status|state)\}/.test(sentence))
        found.push(`${file}: ${sentence}`);
    }
  }
  assert.deepEqual(found, []);
  assert.ok(sentences >= 110, `${sentences} sentences`);
  console.log(`${sentences} sentences in ${files.length} files`);
});
