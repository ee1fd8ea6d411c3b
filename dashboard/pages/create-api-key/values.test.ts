import assert from 'node:assert/strict';
import { test } from 'node:test';
import { initialKey, type KeyValues, keyDraft } from './values.ts';

const entered: KeyValues = {
  name: 'ci-deploy',
  projects: ['01900000-0000-7000-8000-000000000001'],
  projectRole: '01900000-0000-7000-8000-000000000002',
  accountRole: null,
  expires: 'never',
};

test('what was chosen comes back; what was not changed is no draft', () => {
  assert.deepEqual(keyDraft.read(keyDraft.write(entered), initialKey), entered);
  assert.equal(keyDraft.read(keyDraft.write(initialKey), initialKey), undefined);
  for (const field of Object.keys(initialKey) as (keyof KeyValues)[]) {
    const isChanged = keyDraft.differs({ ...initialKey, [field]: entered[field] }, initialKey);
    assert.equal(isChanged, field !== 'accountRole', field);
  }
});

test('no secret is kept: not what else a form might hold, nor one that was pasted as the name', () => {
  const secret = `raff_${'0a'.repeat(32)}`;
  const kept = keyDraft.write({ ...entered, secret } as KeyValues);
  assert.ok(!kept.includes('raff_'), kept);
  const pasted = keyDraft.write({ ...entered, name: `my key ${secret}` });
  assert.ok(!pasted.includes('0a0a'), pasted);
  assert.equal(keyDraft.read(pasted, initialKey)?.name, '');
});

test('what this page does not keep is nothing, in whatever field it differs', () => {
  for (const text of [null, '', 'null', '[]', '{}', '"x"', '{'])
    assert.equal(keyDraft.read(text, initialKey), undefined, String(text));
  const fields = Object.keys(initialKey);
  for (const field of fields) {
    const broken = { ...entered, [field]: { not: 'this' } };
    assert.equal(keyDraft.read(JSON.stringify(broken), initialKey), undefined, field);
  }
  assert.equal(keyDraft.read(JSON.stringify({ ...entered, expires: '31' }), initialKey), undefined);
  assert.equal(fields.length, 5);
});
