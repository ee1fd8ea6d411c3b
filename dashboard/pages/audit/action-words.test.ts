import assert from 'node:assert/strict';
import { test } from 'node:test';
import { operations } from '@raffia/contract/contract.ts';
import { actionWords, auditKinds, originOf } from './action-words.ts';

test('every change that the API can make is said in words', () => {
  const verbs = new Set(
    Object.values(operations).flatMap((operation) =>
      'audit' in operation && typeof operation.audit === 'string' ? [operation.audit] : [],
    ),
  );
  assert.ok(verbs.size >= 75, `${verbs.size} verbs`);
  const said = new Map<string, string>();
  for (const verb of verbs) {
    const words = actionWords({ verb, details: { email: 'anna@example.com' } });
    assert.match(words, /^\S+ .*\w$/, `${verb}: ${words}`);
    assert.doesNotMatch(words, /_|\w\.\w+$|undefined/, `${verb}: ${words}`);
    const act = verb.split('.', 2)[1]?.replaceAll('-', ' ') ?? '';
    assert.ok(verb.startsWith('person.') || !words.endsWith(` ${act}`), `${verb} is said as it is called: ${words}`);
    assert.equal(said.get(words), undefined, `${verb} is said as ${said.get(words)}`);
    said.set(words, verb);
    assert.ok(
      auditKinds.some(({ value }) => verb.startsWith(`${value}.`)),
      `${verb} has a kind`,
    );
  }
});

test('people are named, and from where they came', () => {
  assert.equal(
    actionWords({ verb: 'person.sign-in', details: { email: 'anna@example.com' } }),
    'anna@example.com signed in',
  );
  assert.equal(actionWords({ verb: 'person.sign-in', details: {} }), 'A person signed in');
  assert.equal(actionWords({ verb: 'securitygroup.create', details: {} }), 'Firewall group created');
  assert.equal(originOf({ details: { address: '198.18.0.7' } }), '198.18.0.7');
  assert.equal(originOf({ details: { address: 'operator' } }), undefined);
  assert.equal(originOf({ details: {} }), undefined);
});
