import type { IncusInstance } from './incus-api.ts';
import { machineIdOf, restoringIdOf } from './names.ts';

export interface Identity {
  readonly generation: number;
  /** False while it is being built, also where that was interrupted. */
  readonly isComplete: boolean;
}

/** What an instance says of itself. */
export function identityOf({ config }: Pick<IncusInstance, 'config'>): Identity {
  return {
    generation: Number(config['user.raffia.generation'] ?? 0),
    isComplete: config['user.raffia.state'] === 'ready',
  };
}

/** Whether an instance of ours was to have a range of users of its own and was given none. It has never run. */
export function lacksUsers(instance: IncusInstance): boolean {
  const { config, type, name } = instance;
  return (
    type === 'container' &&
    (machineIdOf(name) ?? restoringIdOf(name)) !== undefined &&
    !identityOf(instance).isComplete &&
    config['security.idmap.isolated'] === 'true' &&
    (config['volatile.idmap.base'] ?? '') === ''
  );
}
