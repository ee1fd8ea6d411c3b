import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { isAlive } from '@raffia/server/foundation/is-alive.ts';
import { until } from '@raffia/server/testing/until.ts';

const root = join(import.meta.dirname, '..');

/** A test that never ends, with a server of its own and a program that nobody guards; it says what runs for it. */
const endless = (told: string) => `
import { spawn } from 'node:child_process';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import pg from '${import.meta.resolve('pg')}';
import { ServerProcess } from '${join(root, 'server/testing/server-process.ts')}';

test('never ends', async () => {
  const server = await ServerProcess.create();
  await server.start();
  const client = new pg.Client({ connectionString: process.env.RAFFIA_TEST_DATABASE_URL });
  await client.connect();
  const { rows } = await client.query("select current_setting('data_directory') as folder");
  const postmaster = (folder) => Number(readFileSync(join(folder, 'postmaster.pid'), 'utf8').split('\\n')[0]);
  const processes = {
    'the test file': process.pid,
    'its server': server.pid,
    'the database of its server': postmaster(join(server.folder, 'data/postgres')),
    'what nobody guards': spawn('sleep', ['1000'], { stdio: 'ignore' }).pid,
    'the database of the run': postmaster(rows[0].folder),
  };
  const folders = [server.folder, join(rows[0].folder, '../..')];
  writeFileSync('${told}.new', JSON.stringify({ processes, folders }));
  renameSync('${told}.new', '${told}');
  await new Promise(() => setInterval(() => {}, 1000));
});
`;

for (const [signal, code] of [
  ['SIGTERM', 143],
  ['SIGKILL', null],
] as const) {
  test(`a test run that is ended by ${signal} leaves no process, no database and no folder behind`, async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'raffia-killed-run-'));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const told = join(folder, 'told.json');
    const file = join(folder, 'endless.test.ts');
    writeFileSync(file, endless(told));
    const run = spawn(process.execPath, [join(import.meta.dirname, 'run-tests.ts'), file], {
      env: { ...process.env, NODE_TEST_CONTEXT: undefined, RAFFIA_TEST_DATABASE_URL: undefined },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [run.stdout, run.stderr]) {
      stream.on('data', (chunk) => {
        output += chunk;
      });
    }
    const ended = once(run, 'exit');
    await until(
      'the test of the run is under way',
      () => {
        assert.equal(run.exitCode, null, output);
        return existsSync(told);
      },
      { withinMs: 120_000 },
    );
    const { processes, folders } = JSON.parse(readFileSync(told, 'utf8')) as {
      processes: Record<string, number>;
      folders: string[];
    };
    const living = () => Object.keys(processes).filter((name) => isAlive(processes[name] as number));
    t.after(() => {
      for (const name of living()) process.kill(processes[name] as number, 'SIGKILL');
    });
    assert.equal(living().length, 5, `${living()}`);
    assert.ok(folders.every((path) => existsSync(path)) && new Set(folders).size === 2, `${folders}`);
    run.kill(signal);
    assert.equal((await ended)[0], code, output);
    await until('no process is left', () => living().length === 0, { withinMs: 60_000 }).catch((error) => {
      throw new Error(`${living()} still there: ${error.message}`);
    });
    await until('no folder is left', () => !folders.some((path) => existsSync(path)), { withinMs: 30_000 });
  });
}
