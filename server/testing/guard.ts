import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What a guard's process runs; whoever ends others lets it go on. */
export const keeperProgram = join(import.meta.dirname, 'keeper.mjs');

let keeper: ReturnType<typeof startKeeper> | undefined;

/**
 * What a test, a run of them or the bench starts ends with it, also where it is broken off or killed: all of it is told to a process
 * beside, which waits for this one's end and then tidies up. Folders go the same way, with the databases that run on them.
 */
function startKeeper() {
  const started = spawn(process.execPath, [keeperProgram], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  started.unref();
  started.stdin.on('error', () => {});
  (started.stdin as unknown as { unref(): void }).unref();
  return started;
}

function tell(line: string): void {
  keeper ??= startKeeper();
  keeper.stdin.write(`${line}\n`);
}

/** Watches over a process until it ends. */
export function guardProcess(child: ChildProcess): ChildProcess {
  const { pid } = child;
  if (pid === undefined) return child;
  tell(`+process ${pid}`);
  child.once('exit', () => tell(`-process ${pid}`));
  return child;
}

/** A folder that goes with this process. */
export function guardedFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'raffia-bench-'));
  guardFolder(folder);
  return folder;
}

export function guardFolder(folder: string): void {
  tell(`+folder ${folder}`);
}

export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  tell(`-folder ${folder}`);
}

let ending: Promise<never> | undefined;

/** Ends all that is guarded, and then this process; it ends once, with the code that came first. */
export function breakOff(code: number): Promise<never> {
  ending ??= end(code);
  return ending;
}

async function end(code: number): Promise<never> {
  if (keeper !== undefined) {
    const ended = new Promise((done) => keeper?.once('exit', done));
    keeper.ref();
    keeper.stdin.end();
    await ended;
  }
  process.exit(code);
}

/**
 * Breaks off when a signal says so, and when whoever started this process was killed: nobody reads what it would print.
 *
 * @param first what is ended before all that is guarded
 */
export function breakOffWhenTold(first: () => void = () => {}): void {
  const told = (code: number) => {
    first();
    void breakOff(code);
  };
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const) {
    process.on(signal, () => told(code));
  }
  whenOrphaned(() => told(1));
}

/** Calls back once when the process that started this one has gone, or whoever read what this one prints; at the latest at its end. */
export function whenOrphaned(act: () => void): void {
  const parent = process.ppid;
  let isOrphan = false;
  const orphaned = () => {
    if (isOrphan) return;
    isOrphan = true;
    clearInterval(timer);
    act();
  };
  const look = () => {
    if (process.ppid !== parent) orphaned();
  };
  const timer = setInterval(look, 500).unref();
  process.on('exit', look);
  process.stdout.on('error', orphaned);
}
