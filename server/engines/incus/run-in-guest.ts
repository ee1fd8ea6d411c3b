import type { IncusApi } from './incus-api.ts';

/**
 * Runs a command in a guest that runs, recorded: the other form of exec repeats its environment in events.
 *
 * @returns what it ended with
 * @throws IncusError `no-agent` while the agent of a virtual machine does not answer, `is-stopped` where the guest does not run
 */
export async function runInGuest(
  api: IncusApi,
  instance: string,
  command: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<number> {
  const ended = await api.change<{ return: number; output?: Readonly<Record<string, string>> }>(
    'POST',
    `/1.0/instances/${instance}/exec`,
    { command, environment, interactive: false, 'wait-for-websocket': false, 'record-output': true },
  );
  // What it said would lie on the host for as long as the instance is there.
  await Promise.all(Object.values(ended.output ?? {}).map((log) => api.remove(log).catch(() => {})));
  return ended.return;
}
