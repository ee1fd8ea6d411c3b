import { hash } from 'node:crypto';
import type { MachineUsage } from '../engine.ts';

const gib = 1024 ** 3;
/** How much things go up and down, and over how many seconds: with the day, with the hour, and by the minute. */
const waves = [
  { share: 0.45, period: 86_400 },
  { share: 0.3, period: 2700 },
  { share: 0.2, period: 97 },
] as const;

/** What a machine that is not there could have used: more or less by day and by hour, no two alike, and the same whoever asks. */
export function simulatedUsage({ id, ram }: { id: string; ram: number }, seconds: number): MachineUsage {
  const own = (what: string) => hash('sha256', `${id} ${what}`, 'buffer').readUInt32BE(0) / 2 ** 32;
  /** Of something whose average is 1 a second, so much until now: it never goes down. */
  const sum = (what: string) =>
    waves.reduce((all, { share, period }) => {
      const speed = (2 * Math.PI) / period;
      return all - (share / speed) * Math.cos(speed * seconds + 2 * Math.PI * own(`${what} ${period}`));
    }, seconds);
  const wave = Math.sin((2 * Math.PI * seconds) / 5400 + 2 * Math.PI * own('memory'));
  return {
    id,
    cpuSeconds: (0.03 + 0.3 * own('cpu')) * sum('load'),
    memory: Math.round(ram * gib * (0.25 + 0.35 * own('memory') + 0.03 * wave)),
    // What is asked of it is what it works for.
    received: Math.round((2e3 + 2e5 * own('received')) * sum('load')),
    sent: Math.round((4e3 + 6e5 * own('sent')) * sum('load')),
    read: Math.round(5e4 * own('read') * sum('disk')),
    written: Math.round((1e3 + 2e5 * own('written')) * sum('disk')),
  };
}
