// timeout: 15m
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { mkdtempSync, rmSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { operations } from '@raffia/contract/contract.ts';
import { buildGoProgram, whyNoGo } from '@raffia/server/testing/go-client.ts';
import { TestServer } from '@raffia/server/testing/test-server.ts';
import { lifeOperations } from './life-operations.ts';

/** The API used by programs that know nothing of this project: only the founding page and the published contract. */
const folder = import.meta.dirname;
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

/** The operation that a request is of; a literal path beats one with parameters. */
function operationOf({ method, url = '' }: IncomingMessage): string {
  const [path = ''] = url.split('?');
  const fits = operations
    .filter((one) => one.method === method)
    .filter((one) => new RegExp(`^${one.path.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(path))
    .toSorted((a, b) => a.path.split('{').length - b.path.split('{').length);
  return fits[0]?.id ?? `${method} ${path}`;
}

/** The first of some commands that runs a line of code, which tells that what the program needs is there. */
function first(commands: string[], ...args: string[]): string | undefined {
  return commands.find((command) => spawnSync(command, args, { stdio: 'ignore' }).status === 0);
}

async function lives(command: string, args: string[], cwd: string): Promise<void> {
  const caller = await server.key({ account: 'member', project: 'project-admin' });
  const called = new Set<string>();
  const note = (message: unknown) => called.add(operationOf((message as { request: IncomingMessage }).request));
  subscribe('http.server.request.start', note);
  const { code, output } = await run(command, args, cwd, {
    RAFF_API_URL: server.server.url,
    RAFF_API_KEY: caller.key,
    RAFF_PROJECT_ID: caller.project,
  });
  unsubscribe('http.server.request.start', note);
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
  assert.match(output, /in a VPC, and reachable at \d+\.\d+\.\d+\.\d+/);
  assert.match(output, /it is attached\nit is available\n/);
  assert.match(output, /snapshots: renamed/);
  assert.match(output, /answered \d+ requests, [1-9]\d* of them after a 429/);
  assert.match(output, /it is gone/);
  assert.deepEqual(
    [...called].toSorted(),
    lifeOperations.toSorted(),
    'conformance/life-operations.ts tells what is called',
  );
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

test('a Go program with a client generated from the published contract lives the life of a machine', {
  skip: whyNoGo,
}, async (t) => {
  const made = mkdtempSync(join(tmpdir(), 'raffia-go-'));
  t.after(() => rmSync(made, { recursive: true }));
  await buildGoProgram('.', join(made, 'life'));
  await lives(join(made, 'life'), [], made);
});

test('96 machines as fast as Go sends: a key that waits is never refused, another one is', {
  skip: whyNoGo,
}, async (t) => {
  const made = mkdtempSync(join(tmpdir(), 'raffia-go-'));
  t.after(() => rmSync(made, { recursive: true }));
  await buildGoProgram('./many', join(made, 'many'));
  const refusals = async (waitMs: string) => {
    const { key, id, project = '' } = await server.key({ account: 'member', project: 'project-admin' });
    await server.operator('key', 'wait', id, waitMs);
    const { code, output } = await run(join(made, 'many'), [], made, {
      RAFF_API_URL: server.server.url,
      RAFF_API_KEY: key,
      RAFF_PROJECT_ID: project,
    });
    assert.equal(code, 0, output);
    const [, machines, sent, refused] = /^made (\d+) sent (\d+) refused (\d+)$/m.exec(output) ?? [];
    console.log(`wait_ms ${waitMs}: ${output.trim()}`);
    await server.settled();
    return { machines: Number(machines), sent: Number(sent), refused: Number(refused) };
  };
  assert.deepEqual(await refusals('5000'), { machines: 96, sent: 480, refused: 0 });
  assert.ok((await refusals('0')).refused > 0);
});
