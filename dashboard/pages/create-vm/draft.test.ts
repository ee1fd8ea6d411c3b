import assert from 'node:assert/strict';
import { test } from 'node:test';
import { differs, draftOf, readDraft } from './draft.ts';
import { initialValues, type VmValues } from './values.ts';

const initial: VmValues = { ...initialValues, region: 'us-east', systemId: 'ubuntu' };
const entered: VmValues = {
  ...initial,
  planId: 10,
  isNamed: true,
  name: 'web-04',
  count: 2,
  ownNames: { 1: 'db' },
  tags: ['web'],
  volume: 100,
  password: 'ABcdefgh12345!',
  pasted: 'ssh-ed25519 AAAA you@laptop',
};

test('what was entered comes back, and no password', () => {
  const kept = draftOf(entered);
  assert.ok(!kept.includes('ABcdefgh'), kept);
  assert.deepEqual(readDraft(kept, initial), { ...entered, password: '' });
});

test('a private key that was pasted by mistake is not kept', () => {
  const kept = draftOf({ ...entered, pasted: '-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl' });
  assert.ok(!kept.includes('b3Bl'), kept);
  assert.equal(readDraft(kept, initial)?.pasted, '');
});

test('what this page does not keep is nothing, in whatever field it differs', () => {
  for (const text of [null, '', 'null', '[]', '{}', '"x"', '{']) assert.equal(readDraft(text, initial), undefined);
  const fields = Object.keys(initial).filter((name) => name !== 'password');
  for (const field of fields) {
    const broken = { ...JSON.parse(draftOf(entered)), [field]: { not: ['this'] } };
    assert.equal(readDraft(JSON.stringify(broken), initial), undefined, field);
  }
  assert.ok(fields.length >= 22);
  assert.equal(readDraft(draftOf(initial), initial), undefined, 'nothing was entered');
});

test('looking at other systems and sizes enters nothing', () => {
  assert.equal(differs({ ...initial, kind: 'saved', family: 'premium' }, initial), false);
  assert.equal(differs({ ...initial, tags: ['x'] }, initial), true);
  assert.equal(differs({ ...initial, password: 'x' }, initial), true);
});
