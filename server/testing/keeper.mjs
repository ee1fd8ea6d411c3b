// Started by guard.ts, in a session of its own: ends what a process started, once that has gone in whatever way.
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const processes = new Set();
const folders = new Set();
for await (const line of createInterface({ input: process.stdin })) {
  const [, sign, what, value] = /^([+-])(process|folder) (.+)$/.exec(line) ?? [];
  const kept = what === 'process' ? processes : folders;
  if (sign === '+') kept.add(value);
  else kept.delete(value);
}

/** A signal to each that still lives. */
function signal(pids, name) {
  return [...pids].filter((pid) => {
    try {
      return process.kill(Number(pid), name);
    } catch {
      return false;
    }
  });
}

/** Servers of PostgreSQL that run on a guarded folder; their own process is no child of whoever started them. */
function databases() {
  return [...folders].flatMap((folder) =>
    ['postgres', 'data/postgres'].flatMap((cluster) => {
      try {
        return [readFileSync(join(folder, cluster, 'postmaster.pid'), 'utf8').split('\n')[0]];
      } catch {
        return [];
      }
    }),
  );
}

async function end(pids, name, seconds) {
  for (let left = signal(pids, name), tries = 0; left.length > 0 && tries < seconds * 10; tries++) {
    await new Promise((again) => setTimeout(again, 100));
    left = signal(left, 0);
  }
}

await end(processes, 'SIGTERM', 15);
await end(processes, 'SIGKILL', 5);
await end(databases(), 'SIGINT', 15);
await end(databases(), 'SIGQUIT', 5);
for (const folder of folders) rmSync(folder, { recursive: true, force: true });
