import { encrypt } from 'unixcrypt';
import type { Clock } from '../../foundation/clock.ts';
import { PassingFault } from '../engine.ts';
import { sshdFile, sshdFolder, sshdText } from './guest-files.ts';
import type { IncusApi } from './incus-api.ts';
import { isRefusal } from './incus-error.ts';
import { runInGuest } from './run-in-guest.ts';

const agentDeadlineMs = 300_000;
const retryMs = 1000;

/** Only the password's hash travels, in the environment. */
const script = `usermod -p "$HASH" root || printf 'root:%s\\n' "$HASH" | chpasswd -e || exit 1
if [ -d ${sshdFolder} ]; then
  printf '${sshdText.replaceAll('\n', '\\n')}' > ${sshdFile}
fi`;

/** Sets the password inside a virtual machine, as soon as its agent answers. */
export async function setPasswordInGuest(
  api: IncusApi,
  clock: Clock,
  instance: string,
  password: string,
): Promise<void> {
  const deadline = clock.now() + agentDeadlineMs;
  const hash = encrypt(password);
  for (;;) {
    try {
      const code = await runInGuest(api, instance, ['sh', '-c', script], { HASH: hash });
      if (code !== 0) throw new PassingFault('The guest did not take the password', { attempts: 3 });
      return;
    } catch (error) {
      if (!isRefusal(error, 'no-agent', 'is-stopped') || clock.now() > deadline) throw error;
      await new Promise<void>((again) => void clock.after(retryMs, again));
    }
  }
}
