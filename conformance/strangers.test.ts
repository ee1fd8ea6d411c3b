// timeout: 15m
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { TestServer } from '@raffia/server/testing/test-server.ts';

/** The API used by programs that know nothing of this project: only the founding page and the published contract. */
const folder = import.meta.dirname;
const contract = process.env.RAFFIA_CONTRACT;
let server: TestServer;

before(async () => {
  server = await TestServer.start({ RAFFIA_SIMULATED_DELAY: '0.1' });
});
after(() => server.stop());

interface Ended {
  readonly code: number | null;
  readonly output: string;
}

function run(command: string, args: string[], cwd: string, env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  const child = spawn(command, args, { cwd, env: { ...process.env, NODE_TEST_CONTEXT: undefined, ...env } });
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  child.stderr.on('data', (chunk) => {
    output += chunk;
  });
  return new Promise((done, reject) => {
    child.on('error', reject);
    child.on('close', (code) => done({ code, output }));
  });
}

/** The first of some commands that runs a line of code, which tells that what the program needs is there. */
function first(commands: string[], ...args: string[]): string | undefined {
  return commands.find((command) => spawnSync(command, args, { stdio: 'ignore' }).status === 0);
}

async function lives(command: string, args: string[], cwd: string): Promise<void> {
  const caller = await server.key({ account: 'member', project: 'project-admin' });
  const { code, output } = await run(command, args, cwd, {
    RAFF_API_URL: server.server.url,
    RAFF_API_KEY: caller.key,
    RAFF_PROJECT_ID: caller.project,
  });
  console.log(output.trimEnd());
  assert.equal(code, 0, output);
  for (const line of [
    /listed \d+ machines/,
    /created [0-9a-f-]{36}/,
    /it is active/,
    /it is passive/,
    /resized to plan/,
  ]) {
    assert.match(output, line);
  }
  assert.match(output, /tagged/);
  assert.match(output, /answered \d+ requests, [1-9]\d* of them after a 429/);
  assert.match(output, /it is gone/);
}

test('a Node program with fetch lives the life of a machine', () =>
  lives(process.execPath, ['vm-life.mjs'], join(folder, 'node')));

const python = first(['python3', '/usr/bin/python3'], '-c', 'import requests');
test(
  'a Python program with requests lives the life of a machine',
  { skip: python === undefined && 'needs python3 with requests (Debian: python3-requests)' },
  () => lives(python as string, ['vm_life.py'], join(folder, 'python')),
);

const ruby = first(['ruby'], '-e', 'require "net/http"');
test(
  'a Ruby program with Net::HTTP lives the life of a machine',
  { skip: ruby === undefined && 'needs ruby (Debian: ruby)' },
  () => lives(ruby as string, ['vm_life.rb'], join(folder, 'ruby')),
);

const go = first(['go', '/usr/local/go/bin/go'], 'version');
const goSkips =
  go === undefined
    ? 'needs Go 1.25'
    : contract === undefined && 'RAFFIA_CONTRACT does not name the published openapi.yaml';
test('a Go program with a client generated from the published contract lives the life of a machine', {
  skip: goSkips,
}, async () => {
  const cwd = join(folder, 'go');
  mkdirSync(join(cwd, 'raff'), { recursive: true });
  const made = await run(go as string, ['tool', 'oapi-codegen', '-config', 'generate.yaml', contract as string], cwd);
  assert.equal(made.code, 0, made.output);
  await lives(go as string, ['run', '.'], cwd);
});
