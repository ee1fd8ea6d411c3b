import type { Logger } from 'pino';
import type { Clock } from '../../foundation/clock.ts';
import { EngineError } from '../engine.ts';
import type { IncusApi, IncusInstance } from './incus-api.ts';
import { isRefusal } from './incus-error.ts';
import { runInGuest } from './run-in-guest.ts';
import { volumeOfDevice } from './volume-devices.ts';
import { filesystemKey, type VolumeStore } from './volume-store.ts';

/** How long a virtual machine's agent may take to be there. */
const agentMs = 60_000;
const retryMs = 1000;
/** The guest has no program that makes the file system. */
const lacksProgram = 21;

/**
 * The name of the device, and the file system. The engine names the disk by its device, whatever letter the guest gives it. Only what is
 * blank is formatted: the second call finds what the first has made.
 */
const script = `
for i in 1 2 3 4 5 6 7 8 9 10; do
  for at in /dev/disk/by-id/*_"$1"; do [ -b "$at" ] && break 2; done
  sleep 1
done
[ -b "$at" ] || exit 20
command -v blkid >/dev/null 2>&1 && command -v "mkfs.$2" >/dev/null 2>&1 || exit ${lacksProgram}
blkid -p "$at" >/dev/null 2>&1
[ $? = 2 ] || exit 0
case $2 in ext4) mkfs.ext4 -q -F "$at" ;; *) "mkfs.$2" -q -f "$at" ;; esac
`;

interface Needs {
  readonly api: IncusApi;
  readonly volumes: VolumeStore;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Makes the file systems that are to be on the volumes of a virtual machine that runs, in its guest: the host has only blocks.
 *
 * @throws EngineError where the guest cannot
 */
export async function formatVolumes({ api, volumes, clock, log }: Needs, instance: IncusInstance): Promise<void> {
  if (instance.type === 'container') return;
  for (const [device, its] of Object.entries(instance.devices)) {
    const id = volumeOfDevice(its);
    if (id === undefined) continue;
    const filesystem = (await volumes.find(id))?.config[filesystemKey] ?? '';
    if (filesystem === '') continue;
    const outcome = await run(api, clock, instance.name, ['sh', '-c', script, 'sh', device, filesystem]);
    if (outcome !== 0) {
      log.warn({ instance: instance.name, device, outcome }, 'a volume could not be formatted in its guest');
      throw new EngineError(
        outcome === lacksProgram
          ? `The guest of this VM has no mkfs.${filesystem} or no blkid; install it, or create a volume with an empty filesystem_type`
          : `The guest of this VM could not make ${filesystem} on the volume; detach it and attach it again`,
      );
    }
    await volumes.isFormatted(id);
  }
}

/** As soon as the guest's agent answers. */
async function run(api: IncusApi, clock: Clock, instance: string, command: readonly string[]): Promise<number> {
  const deadline = clock.monotonic() + agentMs;
  for (;;) {
    try {
      return await runInGuest(api, instance, command);
    } catch (error) {
      if (!isRefusal(error, 'no-agent') || clock.monotonic() > deadline) throw error;
      await new Promise<void>((again) => void clock.after(retryMs, again));
    }
  }
}
