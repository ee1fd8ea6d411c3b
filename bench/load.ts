import { spawn } from 'node:child_process';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { guardProcess } from './guard.ts';
import { cpuMicros, type Target } from './servers.ts';

export interface Throughput {
  /** Answers a second, all of them 2xx. */
  readonly perSecond: number;
  /** CPU time of the server for each, in microseconds. */
  readonly cpuMicros: number;
}

/** As much as the server takes: wrk with 64 connections on the second core, one key after the other. */
export async function throughput(target: Target, keysFile: string, seconds: number): Promise<Throughput> {
  const before = cpuMicros(target.child.pid as number);
  const text = await new Promise<string>((done, reject) => {
    const args = [
      '-c',
      '1',
      'wrk',
      '-t1',
      '-c64',
      `-d${seconds}s`,
      '-s',
      join(import.meta.dirname, 'keys.lua'),
      target.url,
    ];
    const wrk = spawn('taskset', args, { env: { ...process.env, BENCH_KEYS: keysFile } });
    guardProcess(wrk);
    let output = '';
    wrk.stdout.on('data', (chunk) => {
      output += chunk;
    });
    wrk.on('error', reject);
    wrk.on('close', () => done(output));
  });
  const bad = /Non-2xx or 3xx responses: (\d+)/.exec(text)?.[1] ?? '0';
  const total = Number(/(\d+) requests in/.exec(text)?.[1]);
  const perSecond = Number(/Requests\/sec:\s+([\d.]+)/.exec(text)?.[1]);
  if (!(total > 0)) throw new Error(`wrk said: ${text}`);
  if (Number(bad) > total / 1000) throw new Error(`${target.name}: ${bad} of ${total} answers were no success`);
  return { perSecond, cpuMicros: (cpuMicros(target.child.pid as number) - before) / total };
}

/**
 * The 99th percentile of the time from when a request was due to its answer, in milliseconds, at a steady rate: evenly spaced, so
 * that the generator's own bursts are not measured.
 */
export async function p99(
  target: Target,
  keys: readonly string[],
  perSecond: number,
  seconds: number,
): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const times: number[] = [];
  const pending: Promise<void>[] = [];
  const started = performance.now();
  const count = perSecond * seconds;
  for (let index = 0; index < count; ) {
    const now = performance.now() - started;
    for (; index < count && (index * 1000) / perSecond <= now; index++) {
      pending.push(
        one(target.url, agent, keys[index % keys.length] as string, started + (index * 1000) / perSecond, times),
      );
    }
    await new Promise((done) => setImmediate(done));
  }
  await Promise.all(pending);
  agent.destroy();
  times.sort((a, b) => a - b);
  return times[Math.floor(times.length * 0.99)] as number;
}

function one(url: string, agent: Agent, key: string, due: number, times: number[]): Promise<void> {
  return new Promise((done, reject) => {
    const call = request(`${url}/api/v1/vms`, { agent, headers: { 'x-api-key': key } }, (answer) => {
      answer.resume();
      answer.on('end', () => {
        times.push(performance.now() - due);
        done();
      });
    });
    call.on('error', reject);
    call.end();
  });
}
