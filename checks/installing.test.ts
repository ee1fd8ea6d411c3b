import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';

/** `raffia.mjs` in a folder of its own, with an npm that only notes that it ran. */
let folder: string;
const root = join(import.meta.dirname, '..');
const npmRan = () => existsSync(join(folder, 'npm-ran'));

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'raffia-installing-'));
  cpSync(join(root, 'raffia.mjs'), join(folder, 'raffia.mjs'));
  writeFileSync(join(folder, 'package-lock.json'), '{}');
  mkdirSync(join(folder, 'server'));
  mkdirSync(join(folder, 'contract'));
  writeFileSync(
    join(folder, 'server', 'main.ts'),
    `import { appendFileSync } from 'node:fs';
appendFileSync('${folder}/ran', process.argv[2] + ' ');
process.stdout.write('the program ran');\n`,
  );
  mkdirSync(join(folder, 'bin'));
  writeFileSync(join(folder, 'bin', 'npm'), `#!/bin/sh\ntouch '${folder}/npm-ran'\n`, { mode: 0o755 });
  const bin = join(folder, 'node_modules', `node-${process.platform}-${process.arch}`, 'bin');
  mkdirSync(dirname(bin), { recursive: true });
  symlinkSync(dirname(process.execPath), bin);
});
beforeEach(() => rmSync(join(folder, 'npm-ran'), { force: true }));
after(() => rmSync(folder, { recursive: true, force: true }));

function raffia(...args: string[]) {
  // What was installed is of another lock file.
  writeFileSync(join(folder, 'node_modules', '.raffia-installed'), 'before');
  return spawnSync(process.execPath, [join(folder, 'raffia.mjs'), ...args], {
    encoding: 'utf8',
    env: { ...process.env, npm_execpath: '', PATH: `${join(folder, 'bin')}:${process.env.PATH}` },
  });
}

test('a changed lock file is installed where no server runs', () => {
  const { stdout } = raffia('operator', 'help');
  assert.deepEqual([npmRan(), stdout], [true, 'the program ran']);
});

test('nothing is installed under a running server: commands use what is there, a second start is refused', async () => {
  const server = spawn('sleep', ['60']);
  const note = join(folder, '.raffia-running', String(server.pid));
  mkdirSync(dirname(note), { recursive: true });
  writeFileSync(note, '');
  try {
    const command = raffia('operator', 'help');
    assert.deepEqual([npmRan(), command.stdout], [false, 'the program ran']);
    assert.match(command.stderr, /a server runs from this folder: this uses what is installed/);
    const start = raffia('start');
    assert.deepEqual([npmRan(), start.status], [false, 1]);
    assert.match(start.stderr, new RegExp(`process ${server.pid}\\)\\. Stop it, then run this again`));
  } finally {
    const ended = once(server, 'exit');
    server.kill('SIGKILL');
    await ended;
  }
});

test('what a killed server left behind holds up nothing', () => {
  const gone = spawnSync('true').pid;
  const note = join(folder, '.raffia-running', String(gone));
  mkdirSync(dirname(note), { recursive: true });
  writeFileSync(note, '');
  assert.equal(raffia('operator', 'help').stdout, 'the program ran');
  assert.deepEqual([npmRan(), existsSync(note)], [true, false]);
});

test('before a start its sources are read by a process that ends, once after each change', () => {
  const ran = (...args: string[]) => {
    rmSync(join(folder, 'ran'), { force: true });
    assert.equal(raffia(...args).stdout, 'the program ran');
    return readFileSync(join(folder, 'ran'), 'utf8').trim().split(' ');
  };
  rmSync(join(folder, 'node_modules', '.cache', 'read-ahead'), { force: true });
  assert.deepEqual(ran('start'), ['read', 'start']);
  assert.deepEqual(ran('start'), ['start']);
  writeFileSync(join(folder, 'contract', 'changed.ts'), '');
  assert.deepEqual(ran('operator'), ['operator']);
  assert.deepEqual(ran('start'), ['read', 'start']);
  assert.deepEqual(ran('start'), ['start']);
});
