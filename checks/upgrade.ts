import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@raffia/server/foundation/free-port.ts';
import { mustCall } from '@raffia/server/testing/call-api.ts';
import { releasedVersion } from '@raffia/server/testing/released-version.ts';
import { vmRequest } from '@raffia/server/testing/test-server.ts';
import { until } from '@raffia/server/testing/until.ts';
import pg from 'pg';

/**
 * An upgrade in the middle of work: a released version is killed while its operations are under way, and this one starts on the same
 * data. `node raffia.mjs upgrade [COMMIT]`; the released version is installed once, into the system's temporary folder.
 */
const root = join(import.meta.dirname, '..');
const commit = process.argv[2] ?? 'a6fe346';
const say = (text: string) => process.stdout.write(`${text}\n`);

async function main(): Promise<void> {
  const old = releasedVersion(commit);
  if (old === undefined) return;
  const folder = mkdtempSync(join(tmpdir(), 'raffia-upgrade-'));
  chmodSync(folder, 0o755);
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const env = {
    ...process.env,
    RAFFIA_PORT: String(port),
    RAFFIA_DATA: join(folder, 'data'),
    RAFFIA_BOOTSTRAP_FILE: join(folder, 'first.json'),
    RAFFIA_SIMULATED_DELAY: '0',
    RAFFIA_LOG_LEVEL: 'error',
  };
  const start = async (from: string) => {
    const child = spawn(process.execPath, [join(from, 'server/main.ts'), 'start'], { cwd: from, env, stdio: 'ignore' });
    const ended = new Promise<number | null>((done) => child.once('exit', done));
    const isReady = async () => (await fetch(`${url}/ready`).catch(() => undefined))?.ok;
    await until('it is ready', isReady, { everyMs: 50 });
    return (signal: NodeJS.Signals) => {
      child.kill(signal);
      return ended;
    };
  };
  let end = await start(old);
  try {
    const first = JSON.parse(readFileSync(join(folder, 'first.json'), 'utf8'));
    const call = async (method: string, path: string, body?: object) =>
      (await mustCall(url, first, method, path, body)).body;
    const make = async (name: string) => (await call('POST', '/api/v1/vms', vmRequest(name))).data.id as string;
    const statuses = async () => {
      const { data } = await call('GET', '/api/v1/vms?limit=100');
      return new Map<string, string>(data.map((vm: { name: string; status: string }) => [vm.name, vm.status]));
    };
    const there: string[] = [];
    for (let index = 0; index < 6; index++) there.push(await make(`there-${index}`));
    await until('all are active', async () => [...(await statuses()).values()].every((status) => status === 'active'));
    for (const verb of ['create', 'stop', 'delete']) {
      const fault = ['operator', 'fault', 'add', verb, '--name', '*', '--delay', '20000'];
      execFileSync(process.execPath, [join(old, 'server/main.ts'), ...fault], { cwd: old, env });
    }
    const coming: string[] = [];
    for (let index = 0; index < 8; index++) coming.push(await make(`coming-${index}`));
    await call('POST', `/api/v1/vms/${there[0]}/stop`);
    await call('POST', `/api/v1/vms/${there[1]}/stop`);
    await call('POST', `/api/v1/vms/${there[2]}/reboot`);
    await call('DELETE', `/api/v1/vms/${there[3]}`);
    await call('DELETE', `/api/v1/vms/${coming[7]}`);
    await new Promise((later) => setTimeout(later, 2500));
    const before = [...(await statuses()).values()];
    const underWay = before.filter((status) => status !== 'active').length;
    await end('SIGKILL');
    say(`killed with ${underWay} of ${before.length} VMs in the middle of something`);

    const began = performance.now();
    end = await start(root);
    await until('all operations end', () => endedAll(folder), { everyMs: 200 });
    say(`all operations ended ${Math.round(performance.now() - began)} ms after the start of this version`);
    const wrong: string[] = [];
    const found = await statuses();
    const expected = new Map<string, string>();
    for (const index of [0, 1]) expected.set(`there-${index}`, 'passive');
    for (const index of [2, 4, 5]) expected.set(`there-${index}`, 'active');
    for (let index = 0; index < 7; index++) expected.set(`coming-${index}`, 'active');
    for (const name of new Set([...found.keys(), ...expected.keys()])) {
      if (found.get(name) !== expected.get(name)) {
        wrong.push(`${name} is ${found.get(name) ?? 'gone'}, not ${expected.get(name) ?? 'gone'}`);
      }
    }
    for (const [what, text] of Object.entries(leaks)) {
      const [row] = await ask<{ count: number }>(folder, `select count(*)::integer as count from ${text}`);
      if (row?.count !== 0) wrong.push(`${row?.count} ${what}`);
    }
    if (underWay < 8) wrong.push(`only ${underWay} were in the middle of something`);
    say(wrong.length === 0 ? 'nothing is lost, and nothing is left over' : wrong.join('\n'));
    process.exitCode = wrong.length === 0 ? 0 : 1;
  } finally {
    await end('SIGTERM');
    rmSync(folder, { recursive: true, force: true });
  }
}

const leaks = {
  'machines that no row knows':
    'simulated_machines m where not exists (select from vms v where v.id = m.id and v.deleted_at is null)',
  'VMs without a machine':
    'vms v where v.deleted_at is null and not exists (select from simulated_machines m where m.id = v.id)',
  'addresses of VMs that are gone': `public_addresses a where a.state = 'attached' and not exists (
    select from nics n join vms v on v.id = n.vm_id where n.public_address = a.address and v.deleted_at is null)`,
  'VMs whose address is not theirs': `vms v where not exists (select from nics n join public_addresses a on a.address = n.public_address
    where n.vm_id = v.id and a.state = 'attached' and a.account_id = v.account_id and a.project_id = v.project_id)`,
};

async function endedAll(folder: string): Promise<boolean> {
  return (await ask(folder, 'select id from operations where finished_at is null')).length === 0;
}

async function ask<R extends pg.QueryResultRow>(folder: string, text: string): Promise<R[]> {
  const [, , , port] = readFileSync(join(folder, 'data/postgres/postmaster.pid'), 'utf8').split('\n');
  const password = readFileSync(join(folder, 'data/postgres.password'), 'utf8').trim();
  const client = new pg.Client(`postgres://raffia:${password}@127.0.0.1:${port}/raffia`);
  await client.connect();
  try {
    return (await client.query<R>(text)).rows;
  } finally {
    await client.end();
  }
}

await main();
