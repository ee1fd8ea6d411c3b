import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { TestServer } from '@raffia/server/testing/test-server.ts';

/** The examples of docs/clients.md, run as they stand there. */
const page = readFileSync(join(import.meta.dirname, '..', 'docs', 'clients.md'), 'utf8');
/** The sections of the page, each with its blocks of code. */
const sections = page
  .split(/^## /m)
  .slice(1)
  .map((text) => ({
    title: text.slice(0, text.indexOf('\n')),
    isRun: !text.includes('No test of ours runs this example'),
    blocks: [...text.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(([, language, code]) => [language, code] as const),
  }));
const code = (title: string, language: string) =>
  sections.find((section) => section.title === title)?.blocks.find(([of]) => of === language)?.[1] as string;

let server: TestServer;
let folder: string;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'raffia-page-'));
  server = await TestServer.start({ RAFFIA_SIMULATED_DELAY: '0.1' });
});
after(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

async function run(command: string, ...args: string[]): Promise<string> {
  const env = {
    ...process.env,
    HOME: folder,
    RAFF_API_URL: server.address,
    RAFF_API_KEY: server.first.api_key,
    RAFF_PROJECT_ID: server.first.project_id,
  };
  return (await promisify(execFile)(command, args, { env, cwd: folder })).stdout;
}

const statusOf = async (name: string) =>
  (await server.call(server.owner, 'GET', '/api/v1/vms?limit=100')).body.data.find(
    (vm: { name: string }) => vm.name === name,
  )?.status;

const has = (command: string, ...args: string[]) => spawnSync(command, args, { stdio: 'ignore' }).status === 0;
const noCurl = !has('curl', '--version') && 'needs curl';
const python = ['python3', '/usr/bin/python3'].find((command) => has(command, '-c', 'import requests'));
const noAnsible = !has('ansible-playbook', '--version') && 'needs ansible-playbook (Debian: ansible-core)';

test('the example of a shell creates a VM', { skip: noCurl }, async () => {
  await run('sh', '-euc', code('A shell', 'sh'));
  assert.notEqual(await statusOf('from-a-shell'), undefined);
});

test('the example of a program waits for its VM', {
  skip: python === undefined && 'needs python3 with requests (Debian: python3-requests)',
}, async () => {
  const said = await run(python as string, '-c', code('A program in any language', 'python'));
  assert.match(said, /^active: [0-9a-f-]{36}\n$/);
  assert.equal(await statusOf('from-a-program'), 'active');
});

test('the play makes its VM once, and finds it the second time', { skip: noAnsible }, async () => {
  writeFileSync(join(folder, 'play.yaml'), code('Ansible', 'yaml'));
  const first = await run('ansible-playbook', 'play.yaml');
  assert.match(first, /ok=2 +changed=1 +unreachable=0 +failed=0/);
  assert.equal(await statusOf('from-ansible'), 'active');
  const second = await run('ansible-playbook', 'play.yaml');
  assert.match(second, /ok=2 +changed=0 +unreachable=0 +failed=0/);
});

test('the example of a patient key makes one', { skip: noCurl }, async () => {
  await run('sh', '-euc', code('Patient keys', 'sh'));
  const { body } = await server.call(server.owner, 'GET', '/api/v1/api-keys');
  const { id } = body.data.find((key: { name: string }) => key.name === 'terraform');
  const usage = await server.call(server.owner, 'GET', `/api/raffia/v1/api-keys/${id}/usage`);
  assert.equal(usage.body.data.wait_ms, 5000);
});

test('every example is run here, or its section says that none is', () => {
  const run = sections
    .filter(({ isRun }) => isRun)
    .flatMap(({ title, blocks }) => blocks.map(([of]) => `${title}: ${of}`));
  assert.deepEqual(run, ['A shell: sh', 'A program in any language: python', 'Ansible: yaml', 'Patient keys: sh']);
  const others = sections.filter(({ isRun }) => !isRun).map(({ title }) => title);
  assert.deepEqual(others, ['Terraform', 'The `raff` command']);
});
