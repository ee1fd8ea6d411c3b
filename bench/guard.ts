import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * What the bench starts ends with it, also where it is broken off or killed: all of it is told to a process beside, which waits for
 * the bench's end and then tidies up. Folders go the same way, with the databases that run on them.
 */
const keeper = spawn(process.execPath, [join(import.meta.dirname, 'keeper.mjs')], {
  stdio: ['pipe', 'ignore', 'ignore'],
  detached: true,
});
keeper.unref();
keeper.stdin.on('error', () => {});
(keeper.stdin as unknown as { unref(): void }).unref();

/** Watches over a process until it ends. */
export function guardProcess(child: ChildProcess): ChildProcess {
  const { pid } = child;
  if (pid !== undefined) guardPid(pid, (ended) => child.once('exit', ended));
  return child;
}

/** The same for a process that somebody else started and ends. */
export function guardPid(pid: number, onEnd: (ended: () => void) => void): void {
  keeper.stdin.write(`+process ${pid}\n`);
  onEnd(() => keeper.stdin.write(`-process ${pid}\n`));
}

/** A folder that goes with the bench. */
export function guardedFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'raffia-bench-'));
  guardFolder(folder);
  return folder;
}

export function guardFolder(folder: string): void {
  keeper.stdin.write(`+folder ${folder}\n`);
}

export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  keeper.stdin.write(`-folder ${folder}\n`);
}

/** Ends all that runs, and then the bench. */
export async function breakOff(code: number): Promise<never> {
  const ended = new Promise((done) => keeper.once('exit', done));
  keeper.ref();
  keeper.stdin.end();
  await ended;
  process.exit(code);
}

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const) {
  process.on(signal, () => void breakOff(code));
}
// Whoever started it was killed: nobody reads what it would print.
const parent = process.ppid;
setInterval(() => {
  if (process.ppid !== parent) void breakOff(1);
}, 500).unref();
