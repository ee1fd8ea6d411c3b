import { formOf } from '@raffia/contract/forms.ts';
import type { Operation } from '@raffia/contract/operation.ts';
import { badValues, placesOf } from './probes.ts';

/** How a documented error of an operation is reached, in words, and what of the request is wrong then. */
export type Way =
  | { readonly words: string; readonly field: string; readonly value: unknown }
  | { readonly words: string; readonly query: string; readonly value: string }
  | { readonly words: string; readonly state: true }
  | { readonly words: string };

/** What keeps an operation from what it is asked for, where no part of the request can be wrong; checks/conformance-walk.ts brings it about. */
const forbidding: Readonly<Record<string, string>> = {
  startVM: 'VM has failed',
  stopVM: 'VM has failed',
  rebootVM: 'VM has failed',
  hardRebootVM: 'VM has failed',
  resetVMPassword: 'VM has failed',
  factoryResetVM: 'VM has failed',
  deleteVPC: 'VPC has a VM',
  releaseIP: 'IP is not reserved',
  changeIP: 'IP is not reserved',
  deleteSecurityGroup: 'group is in use',
  detachVMFromVPC: 'no other interface',
  detachVMIP: 'no other interface',
  attachVolume: 'VM has failed',
  detachVolume: 'volume is not attached',
  deleteVolume: 'volume is attached',
  restoreSnapshot: 'VM is running',
  restoreBackup: 'VM is running',
  deleteRole: 'role is in use',
  addMember: 'is invited already',
  createAccountInvitation: 'is invited already',
  createProjectInvitation: 'is invited already',
  addProjectMember: 'has a role already',
};

/** Parts of requests whose form the types of a generated client hold: they never send a wrong one. */
const held = ['id', 'time', 'email', 'idOrExact'];

/** How an operation is made to answer with an error that is documented of it; nothing where there is no way. */
export function wayTo(status: number, operation: Operation): Way | undefined {
  switch (status) {
    case 400:
      return wayTo400(operation);
    case 401:
      return { words: 'revoked key, no key' };
    case 402:
      return operation.billing === 'charge' ? { words: 'empty balance' } : undefined;
    case 403:
      return operation.billing === undefined ? undefined : { words: 'suspended account' };
    case 404:
      return wayTo404(operation);
    default:
      return undefined;
  }
}

function wayTo400(operation: Operation): Way | undefined {
  const state = forbidding[operation.id];
  if (state !== undefined) return { words: state, state: true };
  for (const place of placesOf(operation).body) {
    if (place.path.length !== 1 || held.includes(formOf(place.name, place.schema) ?? '')) continue;
    const wrong = badValues(place).find(
      ({ kind, value }) =>
        ['length', 'range', 'form'].includes(kind) && (typeof value !== 'number' || Number.isSafeInteger(value)),
    );
    if (wrong !== undefined) return { words: `\`${place.name}\``, field: place.name, value: wrong.value };
  }
  const word = placesOf(operation).query.find(([, schema]) => schema.enum !== undefined);
  if (word !== undefined) return { words: `\`${word[0]}\``, query: word[0], value: 'no such' };
  if (operation.projectHeader === 'required') return { words: 'no `X-Project-ID`' };
  return undefined;
}

function wayTo404(operation: Operation): Way | undefined {
  if (operation.path.includes('{id}')) return { words: "unknown id, another account's" };
  const region = placesOf(operation).query.find(([, schema]) => schema['x-catalogue'] === 'pricedRegion');
  if (region !== undefined) return { words: 'region without prices', query: region[0], value: 'nowhere' };
  if (operation.id === 'listIPPricing') return { words: 'catalogue without prices' };
  return undefined;
}
