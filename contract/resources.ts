import { backupActions } from './backup-states.ts';
import type { Access } from './operation.ts';
import type { Permission } from './permission-catalogue.ts';
import type { Quota } from './quotas.ts';
import { snapshotActions } from './snapshot-states.ts';
import type { StateTable } from './state-table.ts';
import { vmActions } from './vm-states.ts';
import { volumeActions } from './volume-states.ts';

/** What the server keeps in memory of rows, by the words of its `changes.ts`. */
export type KeptName = 'principals' | 'key' | 'projectAccount' | 'vmPages';

interface QuotaOfKind extends Quota {
  /** Its word in settings and answers, in the declarations of what adds one, and in the trigger that counts. */
  readonly name: string;
}

/** What is known of a kind of resource, wherever one is found, shown, refused or told of. */
export interface Resource {
  /** The word of the 404. */
  readonly label: string;
  /** Where its rows are. */
  readonly table: string;
  /**
   * True where the API knows one by a whole number, its `id`. Work and hosts know it by its `uid`, a UUID that is no other's, also where an
   * older backup of the database gives the number to another one.
   */
  readonly isNumbered?: true;
  /** The column that names the account; `account_id` where nothing is said. */
  readonly account?: 'id';
  /** The column that names the project in which a row lies; without one it belongs to the account. */
  readonly project?: 'project_id' | 'id';
  /** The column that hides a row: it is there for the work that is left, and for nobody else. */
  readonly hiddenBy?: 'deleted_at';
  /** The column that tells what is there by itself; the rest is there with what has it, and goes with that. */
  readonly byItself?: 'is_reserved';
  /** True where a row without an account is everybody's. */
  readonly isShared?: true;
  /** One of these shows it: those of the account are held there, all others in the project in which it lies. */
  readonly view: readonly Permission[];
  /** True where whatever role does so as well: on the project in which it lies, or anywhere in the account. */
  readonly isSeenByAll?: true;
  /** The first word of its audit verbs, of its events, and of the work on it. */
  readonly noun: string;
  /** What its state allows. The words of its status stand here, or with their table in a file of its own. */
  readonly states?: StateTable<string, string>;
  /** True where work on one outlives the request; what is done stands in the server's table of kinds of operations. */
  readonly hasWork?: true;
  /** How many of them an account may have: its rows are what counts. */
  readonly quota?: QuotaOfKind;
  /** What of memory a change of one makes stale. */
  readonly drops: readonly KeptName[];
  /** Which queries of the dashboard show it, and are read anew after a change. */
  readonly shownIn: readonly string[];
}

/** Every kind of resource, one entry for each (docs/adding-a-resource.md). */
export const resources = {
  account: {
    label: 'account',
    table: 'accounts',
    account: 'id',
    view: [],
    isSeenByAll: true,
    noun: 'account',
    drops: ['principals'],
    shownIn: ['account', 'session'],
  },
  project: {
    label: 'project',
    table: 'projects',
    project: 'id',
    view: ['account.projects.view'],
    isSeenByAll: true,
    noun: 'project',
    quota: { name: 'projects', fallback: 500, things: 'projects' },
    drops: ['projectAccount', 'principals', 'vmPages'],
    shownIn: ['projects', 'project-members', 'session', 'api-keys'],
  },
  vm: {
    label: 'VM',
    table: 'vms',
    project: 'project_id',
    hiddenBy: 'deleted_at',
    view: ['vm.view'],
    noun: 'vm',
    states: vmActions,
    hasWork: true,
    quota: { name: 'vms', fallback: 30, things: 'VMs' },
    drops: ['vmPages'],
    shownIn: ['vms', 'vm', 'images', 'operations', 'account', 'notes', 'interfaces', 'vpcs', 'ips', 'security-groups'],
  },
  vpc: {
    label: 'VPC',
    table: 'vpcs',
    project: 'project_id',
    hiddenBy: 'deleted_at',
    view: ['vpc.view'],
    noun: 'vpc',
    hasWork: true,
    quota: { name: 'vpcs', fallback: 10_000, things: 'VPCs' },
    drops: [],
    shownIn: ['account', 'operations', 'vpcs', 'ips', 'interfaces'],
  },
  /** A public address that an account reserved, or that a machine has. */
  ip: {
    label: 'public IP',
    table: 'public_addresses',
    project: 'project_id',
    hiddenBy: 'deleted_at',
    byItself: 'is_reserved',
    view: ['ip.view'],
    noun: 'ip',
    quota: { name: 'reservedIps', fallback: 100, things: 'reserved public IPs' },
    drops: [],
    shownIn: ['account', 'interfaces', 'ips'],
  },
  securityGroup: {
    label: 'security group',
    table: 'security_groups',
    project: 'project_id',
    view: ['security_group.view'],
    noun: 'securitygroup',
    quota: { name: 'securityGroups', fallback: 500, things: 'security groups' },
    drops: [],
    shownIn: ['account', 'security-groups', 'interfaces'],
  },
  volume: {
    label: 'volume',
    table: 'volumes',
    isNumbered: true,
    project: 'project_id',
    hiddenBy: 'deleted_at',
    view: ['volume.view'],
    noun: 'volume',
    states: volumeActions,
    hasWork: true,
    quota: { name: 'volumes', fallback: 10_000, things: 'volumes' },
    // What a machine has of storage is in its list.
    drops: ['vmPages'],
    shownIn: ['volumes', 'vms', 'vm', 'operations', 'account'],
  },
  image: {
    label: 'image',
    table: 'images',
    project: 'project_id',
    hiddenBy: 'deleted_at',
    view: ['vm.view'],
    noun: 'image',
    hasWork: true,
    quota: { name: 'images', fallback: 50, things: 'saved images' },
    drops: [],
    shownIn: ['images', 'operations', 'account'],
  },
  snapshot: {
    label: 'snapshot',
    table: 'snapshots',
    isNumbered: true,
    project: 'project_id',
    hiddenBy: 'deleted_at',
    view: ['snapshot.view'],
    noun: 'snapshot',
    states: snapshotActions,
    hasWork: true,
    quota: { name: 'snapshots', fallback: 1000, things: 'snapshots' },
    // A machine shows that one is being taken of it.
    drops: ['vmPages'],
    shownIn: ['snapshots', 'vms', 'vm', 'operations', 'account'],
  },
  backup: {
    label: 'backup',
    table: 'backups',
    project: 'project_id',
    hiddenBy: 'deleted_at',
    view: ['backup.view'],
    noun: 'backup',
    states: backupActions,
    hasWork: true,
    quota: { name: 'backups', fallback: 2000, things: 'backups' },
    // A machine shows that one is being taken of it.
    drops: ['vmPages'],
    shownIn: ['backups', 'backup-schedules', 'vms', 'vm', 'operations', 'account'],
  },
  backupSchedule: {
    label: 'backup schedule',
    table: 'backup_schedules',
    isNumbered: true,
    project: 'project_id',
    view: ['backup.view'],
    noun: 'backupschedule',
    quota: { name: 'backupSchedules', fallback: 1000, things: 'backup schedules' },
    // A machine tells what its backups are: daily or weekly.
    drops: ['vmPages'],
    shownIn: ['backup-schedules', 'backups', 'vms', 'vm', 'account'],
  },
  sshKey: {
    label: 'SSH key',
    table: 'ssh_keys',
    view: [],
    isSeenByAll: true,
    noun: 'sshkey',
    quota: { name: 'sshKeys', fallback: 500, things: 'SSH keys' },
    drops: [],
    shownIn: ['ssh-keys'],
  },
  apiKey: {
    label: 'API key',
    table: 'api_keys',
    view: ['account.apikeys.view'],
    noun: 'apikey',
    quota: { name: 'apiKeys', fallback: 1000, things: 'API keys' },
    drops: ['key'],
    shownIn: ['api-keys', 'key-usage', 'tier-requests', 'account'],
  },
  role: {
    label: 'role',
    table: 'roles',
    isShared: true,
    view: ['account.roles.view'],
    noun: 'role',
    quota: { name: 'roles', fallback: 200, things: 'roles of its own' },
    drops: ['principals'],
    shownIn: ['roles', 'session'],
  },
  member: {
    label: 'member',
    table: 'members',
    view: ['account.members.view'],
    noun: 'member',
    drops: ['principals'],
    shownIn: ['members', 'project-members', 'session'],
  },
  /** To the account, or to one of its projects: the account's list has the first, a project's members the second. */
  invitation: {
    label: 'invitation',
    table: 'invitations',
    view: ['account.members.view', 'project.members.view'],
    noun: 'invitation',
    quota: { name: 'invitations', fallback: 100, things: 'invitations that wait' },
    drops: [],
    shownIn: ['members', 'project-members'],
  },
} as const satisfies Record<string, Resource>;

/** What the `{id}` of a path can name, and what a change can be of. */
export type ResourceName = keyof typeof resources;

/**
 * The entry of a kind, for who reads it where modules are loaded.
 *
 * @throws Error where there is none, and says where it belongs
 */
export function entryOf<Kind extends ResourceName>(kind: Kind): (typeof resources)[Kind] {
  if (!Object.hasOwn(resources, kind))
    throw new Error(`${kind} is no kind of resource: enter it in contract/resources.ts`);
  return resources[kind];
}

/** Who may ask for a list over projects: whoever may see one of the kinds that it lists; others would see an empty one. */
export function viewersOf(...kinds: readonly ResourceName[]): Access {
  const entries: readonly Resource[] = kinds.map(entryOf);
  if (entries.some(({ isSeenByAll }) => isSeenByAll)) return { who: 'key' };
  const anyOf = [...new Set(entries.flatMap(({ view }) => view))];
  return { who: 'permission', anyOf: anyOf as [Permission, ...Permission[]] };
}

/** What can change: the first words of audit verbs. */
export type ChangeKind = (typeof resources)[ResourceName]['noun'];

/** The kinds on which work outlives the request. */
export const kindsOfWork = (Object.keys(resources) as ResourceName[]).filter((kind): kind is KindOfWork =>
  Object.hasOwn(resources[kind], 'hasWork'),
);

/** The kinds that the API knows by a number. */
export type NumberedKind = {
  [K in ResourceName]: (typeof resources)[K] extends { readonly isNumbered: true } ? K : never;
}[ResourceName];

export type KindOfWork = {
  [K in ResourceName]: (typeof resources)[K] extends { readonly hasWork: true } ? K : never;
}[ResourceName];

const byNoun = new Map<string, Resource>(Object.values(resources).map((resource) => [resource.noun, resource]));

/** The kind that an audit verb, or the kind of work that goes on behind, is about. */
export function resourceOf(verb: string): Resource {
  const resource = byNoun.get(verb.split('.', 1)[0] as string);
  if (resource === undefined)
    throw new Error(`${verb} is about no kind of resource: enter one in contract/resources.ts`);
  return resource;
}
