import type { SecurityGroup } from '@raffia/client/client.ts';
import { namesOf } from './bulk.ts';

/** Why a group can't be deleted; undefined where it can. */
export function deleteRefusal({ vm_count = 0 }: SecurityGroup, names: readonly string[]): string | undefined {
  if (vm_count === 0) return undefined;
  return `Attached to ${names.length === 0 ? 'a VM' : namesOf(names)}. Detach it first.`;
}
