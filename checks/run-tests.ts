import { globSync } from 'node:fs';
import { cpus } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { run } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { endDescendants } from '@raffia/server/testing/end-descendants.ts';
import { breakOff, breakOffWhenTold } from '@raffia/server/testing/guard.ts';
import { startTestCluster } from '@raffia/server/testing/test-cluster.ts';
import { timeLimitOf } from './time-limit.ts';

const root = join(import.meta.dirname, '..');
/** One more than the usual two cores: most of the long ones wait as much as they work. */
const filesAtOnce = 3;
/** One more still while those leave this share of the cores idle: machines that start, and clocks that run out, need none. */
const idleEnough = 0.4;
const idleMs = 5000;

interface Outcome {
  passed: number;
  failed: number;
  skipped: string[];
  failures: string[];
}

/** Runs all test files, those whose path has one of the words given, or one elsewhere by its whole path; the last line sums up. */
async function main(words: string[]): Promise<number> {
  const files = globSync('{contract,server,client,dashboard,checks,conformance}/**/*.test.ts', {
    cwd: root,
    exclude: ['**/node_modules/**'],
  })
    .filter((file) => words.length === 0 || words.some((word) => file.includes(word)))
    .sort((a, b) => timeLimitOf(join(root, b)) - timeLimitOf(join(root, a)) || (a < b ? -1 : 1));
  files.push(...words.filter((word) => isAbsolute(word)));
  if (files.length === 0) {
    process.stderr.write(`No test file has one of: ${words.join(', ')}\n`);
    return 1;
  }
  const cluster = await startTestCluster();
  process.env.RAFFIA_TEST_DATABASE_URL = cluster.url;
  const totals: Outcome = { passed: 0, failed: 0, skipped: [], failures: [] };
  try {
    const queue = [...files];
    const runNext = async () => {
      const file = queue.shift();
      if (file !== undefined) add(totals, await runFile(file));
    };
    const work = async () => {
      while (queue.length > 0) await runNext();
    };
    const workWhereIdle = async () => {
      while (queue.length > 0) if ((await idleShare(idleMs)) >= idleEnough) await runNext();
    };
    await Promise.all([...Array.from({ length: filesAtOnce }, work), workWhereIdle()]);
  } finally {
    await cluster.stop();
  }
  return report(totals);
}

/** The share of all cores that did nothing in so many milliseconds from now on. */
async function idleShare(ms: number): Promise<number> {
  const times = () => {
    const all = cpus().map(({ times: one }) => one);
    const sum = (name: keyof (typeof all)[number]) => all.reduce((total, one) => total + one[name], 0);
    return { idle: sum('idle'), all: sum('user') + sum('nice') + sum('sys') + sum('irq') + sum('idle') };
  };
  const before = times();
  await setTimeout(ms);
  const after = times();
  return (after.idle - before.idle) / (after.all - before.all);
}

function runFile(file: string): Promise<Outcome> {
  const outcome: Outcome = { passed: 0, failed: 0, skipped: [], failures: [] };
  const output: string[] = [];
  const asides: string[] = [];
  const ofFile: string[] = [];
  const started = Date.now();
  const stream = run({
    files: [resolve(root, file)],
    timeout: timeLimitOf(resolve(root, file)) * 60_000,
    isolation: 'process',
    execArgv: ['--import', join(import.meta.dirname, 'end-in-time.ts')],
  });
  return new Promise((done) => {
    stream.on('test:stdout', ({ message }) => output.push(message));
    stream.on('test:stderr', ({ message }) => output.push(message));
    // What is said of the file itself: how many it was, and what went wrong outside of all tests.
    stream.on('test:diagnostic', ({ message }) => {
      if (!/^[a-z_]+ [\d.]+$/.test(message)) asides.push(message);
    });
    stream.on('test:pass', (event) => {
      if (event.details.type === 'suite' || isFile(event.name)) return;
      if (event.skip !== undefined)
        outcome.skipped.push(`${event.name}${typeof event.skip === 'string' ? `: ${event.skip}` : ''}`);
      else outcome.passed++;
    });
    stream.on('test:fail', (event) => {
      if (event.details.type === 'suite') return;
      outcome.failed++;
      const { error } = event.details;
      const reason = reasonsOf(error.cause ?? error.message);
      if (isFile(event.name)) ofFile.push(`${reason}${wayOut(error)}`);
      else outcome.failures.push(`${file}: ${event.name}\n${reason}`);
    });
    stream.on('end', () => {
      // Of a file that fails as a whole there is nothing but its last words.
      for (const reason of ofFile)
        outcome.failures.push([`${file}: outside of its tests`, reason, ...asides, ...output.slice(-20)].join('\n'));
      const seconds = ((Date.now() - started) / 1000).toFixed(1);
      const { passed, failed, skipped } = outcome;
      process.stdout.write(
        `${failed > 0 ? '✗' : '✓'} ${file}  ${passed} passed, ${failed} failed, ${skipped.length} skipped  ${seconds} s\n`,
      );
      process.stdout.write(output.map((line) => line.replace(/^(?=.)/gm, '    ')).join(''));
      done(outcome);
    });
    stream.resume();
  });
}

/** How a process ended that was not let end by itself. */
function wayOut(error: object): string {
  const { exitCode, signal } = error as { exitCode?: number | null; signal?: string | null };
  if (signal) return `, ended by ${signal}`;
  return exitCode ? `, exit code ${exitCode}` : '';
}

/** An error and what caused it, to the first cause: a failure that nobody can repeat is read from here alone. */
function reasonsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const own = error.stack ?? error.message;
  return error.cause === undefined ? own : `${own}\ncaused by ${reasonsOf(error.cause)}`;
}

/** A file that holds no test of its own shows up as one. */
function isFile(name: string): boolean {
  return name.endsWith('.test.ts');
}

function add(totals: Outcome, outcome: Outcome): void {
  totals.passed += outcome.passed;
  totals.failed += outcome.failed;
  totals.skipped.push(...outcome.skipped);
  totals.failures.push(...outcome.failures);
}

function report({ passed, failed, skipped, failures }: Outcome): number {
  for (const failure of failures) process.stdout.write(`\n${failure}\n`);
  if (skipped.length > 0) process.stdout.write(`\nSkipped:\n${skipped.map((name) => `  ${name}\n`).join('')}`);
  const skipsCount = process.env.CI === 'true' && skipped.length > 0;
  if (skipsCount) process.stdout.write('In CI nothing may be skipped: the skipped tests count as failed.\n');
  const failedInAll = failed + (skipsCount ? skipped.length : 0);
  const skippedPart = skipped.length > 0 && !skipsCount ? `, ${skipped.length} skipped` : '';
  process.stdout.write(`\n${passed} passed, ${failedInAll} failed${skippedPart}\n`);
  return failedInAll > 0 || passed === 0 ? 1 : 0;
}

breakOffWhenTold(endDescendants);
// Whatever a test file left behind may hold its output open: nobody waits for that.
await breakOff(await main(process.argv.slice(2)));
