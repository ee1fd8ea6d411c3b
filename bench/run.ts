import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { startTestCluster } from '@raffia/server/testing/test-cluster.ts';
import { filters } from './filters.ts';
import { growth } from './growth.ts';
import { breakOff } from './guard.ts';
import { largestBodies } from './largest-bodies.ts';
import { metrics } from './metrics.ts';
import { nodes } from './nodes.ts';
import { overload } from './overload.ts';
import { scale } from './scale.ts';
import { stopTargets } from './servers.ts';
import { againstPeers, byKeys, byVms, onBed, rounds, seconds, starts, withWrites } from './side-by-side.ts';
import { sinceReleased } from './since-released.ts';

/** All parts in turn, or those that are named. One that fails or takes too long is reported, and the next one goes on. */
const parts: Readonly<Record<string, { readonly run: () => Promise<void>; readonly minutes: number }>> = {
  start: { run: starts, minutes: 10 },
  peers: { run: onBed(againstPeers), minutes: 15 },
  writes: { run: onBed(withWrites), minutes: 10 },
  vms: { run: onBed(byVms), minutes: 15 },
  keys: { run: byKeys, minutes: 15 },
  overload: { run: overload, minutes: 6 },
  bodies: { run: largestBodies, minutes: 6 },
  growth: { run: growth, minutes: 30 },
  filters: { run: filters, minutes: 2 },
  metrics: { run: metrics, minutes: 15 },
  nodes: { run: nodes, minutes: 10 },
  scale: { run: scale, minutes: 25 },
  since: { run: sinceReleased, minutes: 15 },
};
const needWrk = new Set(['peers', 'writes', 'vms', 'keys', 'nodes', 'scale', 'since']);
const root = join(import.meta.dirname, '..');
const say = (text = '') => process.stdout.write(`${text}\n`);

function prepare(names: readonly string[]): void {
  const tools = ['taskset', ...(names.some((name) => needWrk.has(name)) ? ['wrk'] : [])];
  for (const tool of tools) {
    if (spawnSync('which', [tool]).status !== 0) say(`There is no ${tool}: apt-get install wrk util-linux`);
  }
  if (!names.includes('peers') || existsSync(join(root, 'bench/node_modules'))) return;
  say('Installing the peers …');
  execFileSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: join(root, 'bench'),
    stdio: 'inherit',
  });
}

async function inTime(run: () => Promise<void>, minutes: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`It had not ended after ${minutes} minutes`)), minutes * 60_000);
  });
  await Promise.race([run(), late]).finally(() => clearTimeout(timer));
}

async function main(names: readonly string[]): Promise<number> {
  const unknown = names.filter((name) => parts[name] === undefined);
  if (unknown.length > 0) {
    say(`There is no part ${unknown.join(', ')}; there are ${Object.keys(parts).join(', ')}`);
    return 1;
  }
  prepare(names);
  say(
    `${cpus().length} cores, ${cpus()[0]?.model.trim()}; load ${loadavg()[0]?.toFixed(1)}; Node ${process.versions.node}; ` +
      `${rounds} rounds of ${seconds} s in turn; median (least-most)`,
  );
  const cluster = await startTestCluster();
  process.env.RAFFIA_TEST_DATABASE_URL = cluster.url;
  const failed: string[] = [];
  for (const name of names) {
    try {
      await inTime((parts[name] as (typeof parts)[string]).run, (parts[name] as (typeof parts)[string]).minutes);
    } catch (error) {
      failed.push(name);
      say(`\nThe part ${name} failed: ${error instanceof Error ? error.message : error}`);
    }
    await stopTargets();
  }
  await cluster.stop();
  say(
    `\n${names.length - failed.length} of ${names.length} parts passed${failed.map((name) => `; ${name} failed`).join('')}`,
  );
  return failed.length > 0 ? 1 : 0;
}

process.once('uncaughtException', (error) => {
  process.stderr.write(`The bench broke off: ${error.stack}\n`);
  void breakOff(1);
});
const named = process.argv.slice(2);
const code = await main(named.length > 0 ? named : Object.keys(parts)).catch((error) => {
  say(`The bench broke off: ${error instanceof Error ? error.stack : error}`);
  return 1;
});
await breakOff(code);
