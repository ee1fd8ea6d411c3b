import { execFile } from 'node:child_process';

/** What a service manager is told, in the words of sd_notify(3). */
export type State = 'READY=1' | 'STOPPING=1' | 'WATCHDOG=1';

/**
 * Tells the service manager that started this process, where one did. Node has no datagram sockets of Unix; systemd's own program has, and
 * ends only when the manager has read what it sent.
 */
export function tellServiceManager(state: State): Promise<void> {
  if (process.env.NOTIFY_SOCKET === undefined) return Promise.resolve();
  // Whether it could be told is the manager's to notice.
  return new Promise((told) => execFile('systemd-notify', [state], () => told()));
}

/**
 * Tells a manager that asked for it, twice as often as it wants, that this process still gets round to things: until the end, or until the
 * timer that is the answer is cleared.
 */
export function keepWatchdogQuiet(env: NodeJS.ProcessEnv = process.env): NodeJS.Timeout | undefined {
  const { WATCHDOG_USEC: microseconds, WATCHDOG_PID: pid = String(process.pid) } = env;
  if (microseconds === undefined || pid !== String(process.pid)) return undefined;
  return setInterval(() => void tellServiceManager('WATCHDOG=1'), Number(microseconds) / 1000 / 2).unref();
}
