import type { Logger } from 'pino';
import type { InFlight } from '../in-flight.ts';
import { identityOf } from './identity-of-instance.ts';
import type { IncusApi, IncusInstance } from './incus-api.ts';
import { differences } from './instance-definition.ts';
import type { Instances } from './instances.ts';
import { type LimitSettings, liftedDisk } from './machine-limits.ts';
import { instanceName } from './names.ts';

/** What the engine calls an instance on its way from one member to another. */
const movingName = /^(lxd|incus)-move-/;

interface Needs {
  readonly api: IncusApi;
  readonly instances: Instances;
  readonly inFlight: InFlight;
  readonly settings: LimitSettings;
  readonly log: Logger;
}

/** What somebody changed about an instance of ours is made what it was when it was last told to be; and its limits what they are to be now. */
export async function mendInstance(
  instance: IncusInstance,
  { api, instances, inFlight, settings, log }: Needs,
): Promise<void> {
  const { name, config } = instance;
  const id = config['user.raffia.id'];
  if (id === undefined || !identityOf(instance).isComplete) return;
  const rightName = instanceName(id);
  // While it moves to another member the engine gives it a passing name, and needs that until it has arrived.
  if (movingName.test(name)) return;
  if (name !== rightName) {
    log.warn({ instance: name, rightName }, 'an instance was renamed; it gets its name back');
    await api.change('POST', `/1.0/instances/${name}`, { name: rightName });
    return;
  }
  if (inFlight.isBusy(name)) return;
  if (differences(instance, settings) === undefined) return;
  // The list may be older than what we did since.
  const now = await instances.find(name);
  const changes = now === undefined ? undefined : differences(now, settings);
  if (changes === undefined) return;
  log.warn({ instance: name, changes }, 'an instance is not what it is to be; it is changed');
  const lifted = liftedDisk(now?.devices.root, changes.devices?.root);
  if (lifted !== undefined) await api.change('PATCH', `/1.0/instances/${name}`, { devices: { root: lifted } });
  await api.change('PATCH', `/1.0/instances/${name}`, changes);
}
