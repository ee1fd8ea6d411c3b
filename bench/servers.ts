import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '@raffia/server/foundation/free-port.ts';
import { guardProcess } from './guard.ts';

const root = join(import.meta.dirname, '..');

/** A server under measurement: a process of its own on the first core; load and database have the other. */
export interface Target {
  readonly name: string;
  readonly url: string;
  readonly child: ChildProcess;
}

const running = new Set<Target>();

/** Ends what a part left running. */
export async function stopTargets(): Promise<void> {
  await Promise.all([...running].map(stopTarget));
}

/** Starts a program of the bench or the server, of this version or of one in another folder, and waits until it answers. */
export async function startTarget(
  name: string,
  program: string[],
  env: (port: number) => Record<string, string>,
  { ready = '/api/v1/vms', from = root }: { ready?: string; from?: string } = {},
): Promise<Target> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const args = program.map((part) => part.replace('PORT', String(port)));
  const child = spawn('taskset', ['-c', '0', process.execPath, ...args], {
    cwd: from,
    env: { ...process.env, ...env(port) },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  guardProcess(child);
  const target = { name, url, child };
  running.add(target);
  let errors = '';
  child.stderr?.on('data', (chunk) => {
    errors = `${errors}${chunk}`.slice(-2000);
  });
  for (const end = Date.now() + 120_000; ; await new Promise((done) => setTimeout(done, 20))) {
    const response = await fetch(`${url}${ready}`, { headers: { 'x-api-key': 'x' } }).catch(() => undefined);
    await response?.arrayBuffer();
    if (response !== undefined && response.status < 500) break;
    if (child.exitCode !== null || Date.now() > end) throw new Error(`${name} did not start: ${errors}`);
  }
  return target;
}

export async function stopTarget(target: Target): Promise<void> {
  const { child } = target;
  running.delete(target);
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((done) => child.once('exit', done));
  child.kill('SIGTERM');
  await ended;
}

/** CPU time that a process has used so far, in microseconds (Linux: clock ticks of 10 ms). */
export function cpuMicros(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
}

/** CPU time of PostgreSQL: of its first process, of those that have ended, and of those that run. */
export function withChildrenMicros(pid: number): number {
  return readdirSync('/proc').reduce((sum, name) => {
    if (!/^\d+$/.test(name)) return sum;
    let fields: string[];
    try {
      fields = readFileSync(`/proc/${name}/stat`, 'utf8')
        .replace(/^.*\) /, '')
        .split(' ');
    } catch {
      return sum;
    }
    const ofEnded = Number(name) === pid ? Number(fields[13]) + Number(fields[14]) : 0;
    const isOurs = Number(name) === pid || Number(fields[1]) === pid;
    return isOurs ? sum + (Number(fields[11]) + Number(fields[12]) + ofEnded) * 10_000 : sum;
  }, 0);
}

/** Resident memory of a process in MB. */
export function memoryMb(pid: number): number {
  const [, kb] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kb) / 1024;
}
