import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { guardProcess } from '../testing/guard.ts';
import { replacePrivately } from './private-files.ts';

const folder = mkdtempSync(join(tmpdir(), 'raffia-private-'));
after(() => rmSync(folder, { recursive: true, force: true }));

test('whoever is killed while a file is replaced leaves the one before or the next, whole and for its owner alone', async () => {
  const file = join(folder, 'key.pem');
  const program = `
    import { replacePrivately } from ${JSON.stringify(join(import.meta.dirname, 'private-files.ts'))};
    process.umask(0);
    for (let i = 0; ; i++) {
      replacePrivately(${JSON.stringify(file)}, String(i % 10).repeat(3_000_000));
      if (i === 1) console.log('writes');
    }`;
  const seen = new Set<string>();
  let leftovers = 0;
  for (let i = 0; i < 20; i++) {
    const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    guardProcess(child);
    await new Promise((writes) => child.stdout.once('data', writes));
    const ended = new Promise((over) => child.once('exit', over));
    await new Promise((later) => setTimeout(later, Math.random() * 30));
    child.kill('SIGKILL');
    await ended;
    const text = readFileSync(file, 'utf8');
    assert.deepEqual([text.length, new Set(text).size], [3_000_000, 1]);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    if (readdirSync(folder).length > 1) {
      leftovers++;
      assert.equal(statSync(`${file}.new`).mode & 0o777, 0o600);
    }
    seen.add(text[0] as string);
  }
  assert.ok(leftovers > 0, 'no kill came in the middle of a file');
  replacePrivately(file, 'whole');
  assert.deepEqual([readdirSync(folder), readFileSync(file, 'utf8')], [['key.pem'], 'whole']);
});

test('who finds fault with what was written keeps the one before', () => {
  const file = join(folder, 'kept.pem');
  writeFileSync(file, 'before');
  assert.throws(
    () =>
      replacePrivately(file, 'after', (written) => {
        assert.equal(readFileSync(written, 'utf8'), 'after');
        throw new Error('no good');
      }),
    /no good/,
  );
  assert.equal(readFileSync(file, 'utf8'), 'before');
  assert.ok(!readdirSync(folder).includes('kept.pem.new'));
});
