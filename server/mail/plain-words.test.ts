import assert from 'node:assert/strict';
import { test } from 'node:test';
import { invitationMail, passwordMail } from './mails.ts';
import { plainWords } from './plain-words.ts';

test('names of people and firms stay as they are', () => {
  for (const name of [
    'My cloud',
    "O'Brien & Söhne, Inc.",
    'Müller GmbH (Köln)',
    '東京クラウド',
    'Team #1',
    'Dr. Ada',
    'a_b-c',
    'café',
  ])
    assert.equal(plainWords(name, '-'), name);
});

test('what a mail program could make a link of, or what is not one line of words, is left out altogether', () => {
  for (const name of [
    'Win at http://evil.example',
    'evil.example',
    'www.evil',
    'go to evil.example now',
    'me@evil.example',
    'a/b',
    'javascript:x',
    '<b>x</b>',
    'two\nlines',
    'evil。example/x',
    'evil․example:80',
    '200.1.2.3',
    'x'.repeat(61),
    '',
  ])
    assert.equal(plainWords(name, '-'), '-', name);
});

test('no mail has a name in its subject, nor a name that is not plain words in its text', () => {
  const evil = 'Win at http://evil.example';
  const link = 'https://cloud.example/invitation#t';
  const of = { id: 'i', to: 'x@example.com', inviter: 'me@example.com', days: 7, link };
  const named = { accountName: evil, projectName: evil, roleName: evil };
  for (const mail of [
    invitationMail({ ...of, ...named }),
    invitationMail({ ...of, ...named, projectName: null }),
    passwordMail({ vm: { id: 'the-id', name: evil }, to: 'x@example.com', password: 'p' }),
  ]) {
    assert.doesNotMatch(`${mail.subject} ${mail.text}`, /evil|Win/);
  }
  const plain = invitationMail({ ...of, accountName: 'My cloud', projectName: 'Web', roleName: 'Viewer' });
  assert.match(plain.text, /^me@example\.com invites you to Web of My cloud, as Viewer\.$/m);
  assert.doesNotMatch(plain.subject, /Web|My cloud/);
  assert.match(plain.subject, /cloud\.example/);
});
