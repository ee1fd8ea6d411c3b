import type { Operation } from '@raffia/client/client.ts';
import { namesOf } from './bulk.ts';
import { spoken } from './operation-steps.ts';
import { plural } from './plural.ts';

/** What is done, as it stands before a name, and how that name is afterwards. */
interface Words {
  readonly act: string;
  readonly ended: string;
}

const deletes: Words = { act: 'Delete', ended: 'is deleted' };
const restores: Words = { act: 'Restore', ended: 'is restored' };
const takes: Words = { act: 'Take', ended: 'is taken' };

/** Every kind of work of an account. */
const words: Readonly<Record<string, Words>> = {
  'vm.create': { act: 'Create', ended: 'is created' },
  'vm.start': { act: 'Start', ended: 'is running' },
  'vm.stop': { act: 'Stop', ended: 'is stopped' },
  'vm.reboot': { act: 'Restart', ended: 'has restarted' },
  'vm.reboot-hard': { act: 'Force restart of', ended: 'has restarted' },
  'vm.resize': { act: 'Change size of', ended: 'has another size' },
  'vm.disk-resize': { act: 'Grow disk of', ended: 'has a larger disk' },
  'vm.reinstall': { act: 'Reinstall', ended: 'is reinstalled' },
  'vm.factory-reset': { act: 'Reset', ended: 'is reset' },
  'vm.reset-password': { act: 'Reset password of', ended: 'has another password' },
  'vm.save-image': { act: 'Save image of', ended: 'is saved as an image' },
  'vm.attach-ip': { act: 'Add address to', ended: 'has another address' },
  'vm.detach-ip': { act: 'Take address from', ended: 'has one address less' },
  'vm.attach-vpc': { act: 'Connect VPC to', ended: 'is in another VPC' },
  'vm.detach-vpc': { act: 'Disconnect VPC from', ended: 'has left a VPC' },
  'vm.filter': { act: 'Apply firewall to', ended: 'has the changed firewall' },
  'vm.network': { act: 'Apply network to', ended: 'has the changed network' },
  'vm.delete': deletes,
  'volume.create': { act: 'Create', ended: 'is created' },
  'volume.attach': { act: 'Attach', ended: 'is attached' },
  'volume.detach': { act: 'Detach', ended: 'is detached' },
  'volume.resize': { act: 'Grow', ended: 'has grown' },
  'volume.delete': deletes,
  'snapshot.create': takes,
  'snapshot.restore': restores,
  'snapshot.delete': deletes,
  'backup.create': takes,
  'backup.restore': restores,
  'backup.delete': deletes,
  'image.delete': deletes,
  'vpc.gateway': { act: 'Change NAT gateway of', ended: 'has the changed NAT gateway' },
};

const nounOf = (kind: string) => kind.split('.')[0] ?? '';
const thingOf = (kind: string) => (['vm', 'vpc'].includes(nounOf(kind)) ? nounOf(kind).toUpperCase() : nounOf(kind));

/** What is done, as it stands before a name: `Stop`, `Attach volume`. */
export function actOf(kind: string): string {
  const known = words[kind];
  if (known === undefined) return spoken(kind);
  return nounOf(kind) === 'vm' ? known.act : `${known.act} ${thingOf(kind)}`;
}

/** The same of many: `Stop 6 VMs`. */
export function actOnMany(kind: string, count: number): string {
  return `${words[kind]?.act ?? spoken(kind)} ${plural(count, thingOf(kind))}`;
}

/** Where the thing is seen, within its project; undefined where there is no page for it. */
export function pathOfThing({ kind, resource_id }: Pick<Operation, 'kind' | 'resource_id'>): string | undefined {
  const pages: Readonly<Record<string, string>> = {
    vm: `vms/${resource_id}`,
    volume: `volumes/${resource_id}`,
    snapshot: 'snapshots',
    backup: 'backups',
    image: 'images',
    vpc: `networks/vpcs/${resource_id}`,
  };
  return kind.endsWith('.delete') ? undefined : pages[nounOf(kind)];
}

const ofMany = (ended: string) => ended.replace(/^is /, 'are ').replace(/^has /, 'have ');

export interface End {
  readonly sentence: string;
  readonly isFailure: boolean;
  /** What it tells of. */
  readonly operation: Operation;
}

/** So many ends of a kind are told each for itself. */
const most = 2;

/** How work ended, in sentences; many of a kind in one. */
export function endsOf(ended: readonly Operation[], nameOf: (operation: Operation) => string | undefined): End[] {
  const groups = Map.groupBy(ended, ({ kind, status }) => `${kind} ${status}`);
  return [...groups.values()].flatMap((group) => {
    const [operation] = group;
    if (operation === undefined) return [];
    const { kind, status, error } = operation;
    const isFailure = status === 'failed';
    if (group.length <= most)
      return group.map((one) => ({ sentence: endOf(one, nameOf(one)), isFailure, operation: one }));
    const names = group.flatMap((one) => nameOf(one) ?? []);
    const things = names.length === group.length ? namesOf(names) : plural(group.length, thingOf(kind));
    const said = words[kind]?.ended ?? `is done: ${spoken(kind)}`;
    const why = error === undefined ? '' : ` ${closed(error)}`;
    return [
      {
        sentence: isFailure ? `Couldn't ${lower(actOf(kind))} ${things}.${why}` : `${things} ${ofMany(said)}`,
        isFailure,
        operation,
      },
    ];
  });
}

function endOf({ kind, status, error }: Operation, name: string | undefined): string {
  if (status === 'failed') {
    const thing = name ?? `a ${thingOf(kind)}`;
    return `Couldn't ${lower(actOf(kind))} ${thing}.${error === undefined ? '' : ` ${closed(error)}`}`;
  }
  const thing =
    name === undefined ? `A ${thingOf(kind)}` : nounOf(kind) === 'vm' ? name : `${upper(thingOf(kind))} ${name}`;
  return `${thing} ${words[kind]?.ended ?? `is done: ${spoken(kind)}`}`;
}

const lower = (text: string) => text.charAt(0).toLowerCase() + text.slice(1);
const upper = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
/** A sentence of the server, which may have its full stop or not. */
const closed = (sentence: string) => (/[.!?]$/.test(sentence) ? sentence : `${sentence}.`);
