import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { shownStrings } from './shown-strings.ts';

/** What is never said: in code quotes in the last column of the glossary's tables. */
function unsaid(): string[] {
  const glossary = readFileSync(join(import.meta.dirname, '../docs/glossary.md'), 'utf8');
  const rows = glossary.split('\n').filter((line) => line.startsWith('| '));
  return rows.flatMap((row) => [...(row.split('|').at(-2) ?? '').matchAll(/`([^`]+)`/g)].map(([, word]) => word ?? ''));
}

/** Words that are not capitalised are looked for in any case: they may begin a sentence. */
function saying(word: string): RegExp {
  const escaped = word.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`(?<![\\w-])${escaped}(?![\\w-])`, /[A-Z]/.test(word) ? 'u' : 'iu');
}

/** Right words that have wrong ones in them. */
const right = /\bvirtual machines?\b|\byour computer\b|\bfound machines?\b/gi;
/** What hosts have is a machine to operators; so is what the log calls a firewall group before it is put in words. */
const allowed = [
  { file: /^dashboard\/pages\/operator/, word: /^machines?$/ },
  { file: /^dashboard\/pages\/audit\/action-words\.ts$/, word: /^security group$/i },
];
const isAllowed = (in_: string, said: string) => allowed.some(({ file, word }) => file.test(in_) && word.test(said));

const words = unsaid();
const strings = shownStrings();

test('no page and no mail says what the glossary has another word for', () => {
  const patterns = words.map((word) => ({ word, pattern: saying(word) }));
  const found = strings.flatMap(({ file, line, text }) =>
    patterns
      .filter(({ word, pattern }) => !isAllowed(file, word) && pattern.test(text.replaceAll(right, '')))
      .map(({ word }) => `${file}:${line} says “${word}”: ${text}`),
  );
  assert.deepEqual(found, []);
  assert.ok(words.length >= 70, `${words.length} words of the glossary`);
  assert.ok(strings.length >= 2000, `${strings.length} texts`);
});

test('what the glossary forbids is found wherever it stands', () => {
  assert.match('Log in again', saying('log in'));
  assert.match('Your e-mail address', saying('e-mail'));
  assert.doesNotMatch('Catalogue', saying('log'));
  assert.doesNotMatch('virtual-machine', saying('machine'));
  assert.match('API Keys', saying('API Keys'));
  assert.doesNotMatch('API keys', saying('API Keys'));
});
