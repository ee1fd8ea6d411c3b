import type { Scope } from '@raffia/contract/enums.ts';
import { type Permission, permissionCatalogue, permissionsOf } from '@raffia/contract/permission-catalogue.ts';
import { namesOf } from './bulk.ts';

type Category = (typeof permissionCatalogue)[number]['category'];

const things: Readonly<Record<Category, string>> = {
  projects: 'Projects',
  members: 'Members',
  roles: 'Roles',
  apikeys: 'API keys',
  billing: 'Billing',
  settings: 'Account settings',
  audit: 'Audit log',
  project: 'Project settings',
  project_members: 'Project members',
  vm: 'VMs',
  vpc: 'VPCs',
  volume: 'Volumes',
  snapshot: 'Snapshots',
  backup: 'Backups',
  ip: 'Public IPs',
  security_group: 'Firewall groups',
};

type LastWord<Name extends string> = Name extends `${string}.${infer Rest}` ? LastWord<Rest> : Name;

const verbs: Readonly<Record<LastWord<Permission>, string>> = {
  view: 'view',
  create: 'create',
  delete: 'delete',
  manage: 'change',
  invite: 'invite',
  remove: 'remove',
  revoke: 'delete',
  power: 'start and stop',
  console: 'open the console',
  attach: 'attach and detach',
  restore: 'restore',
  reserve: 'reserve',
  release: 'release',
};

const verbOf = (name: string) => verbs[name.split('.').at(-1) as LastWord<Permission>];
const isIn = (held: readonly string[]) => (entry: { readonly name: string }) => held.includes(entry.name);

/** What can be done with one kind of thing: `VMs`, `View, create, start and stop`. */
export interface Ability {
  readonly things: string;
  readonly verbs: string;
}

/** What permissions let one do, a line for each kind of thing, in the order of the catalogue. */
export function abilitiesOf(held: readonly string[]): Ability[] {
  const found = new Map<Category, string[]>();
  for (const { name, category } of permissionCatalogue.filter(isIn(held)))
    found.set(category, [...(found.get(category) ?? []), verbOf(name)]);
  return [...found].map(([category, words]) => {
    const text = words.join(', ');
    return { things: things[category], verbs: text.charAt(0).toUpperCase() + text.slice(1) };
  });
}

const listed = (words: readonly string[]) =>
  words.length < 2 ? words.join() : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
/** As in a sentence: `VMs` and `API keys` keep their letters. */
const inSentence = (word: string) => (/^[A-Z][a-z]/.test(word) ? word.charAt(0).toLowerCase() + word.slice(1) : word);

/** What of it one should know before a program gets it: what is lost by it, and what gives access to others. */
export function warningsOf(held: readonly string[]): string[] {
  const of = (verb: string) =>
    permissionCatalogue
      .filter(isIn(held))
      .filter(({ name }) => verbOf(name) === verb)
      .map(({ category }) => inSentence(things[category]));
  const gives = held.some((name) => /members\.(invite|manage)$|^account\.roles\.(create|manage)$/.test(name));
  const lines = [
    ['Can delete', of('delete')],
    ['Can remove', of('remove')],
    ['Can release', of('release')],
    ['Can overwrite disks from', of('restore')],
  ] as const;
  return [
    ...lines.filter(([, words]) => words.length > 0).map(([start, words]) => `${start} ${listed(words)}`),
    ...(gives ? ['Can give people and keys access'] : []),
    ...(held.includes('account.apikeys.create') ? ['Can create more API keys'] : []),
    ...(held.includes('account.apikeys.manage') ? ['Can regenerate API keys and read their secrets'] : []),
  ];
}

/** A place in which a key can do something. */
export interface Reach {
  readonly title: string;
  readonly held: readonly string[];
  /** How many permissions there are in such a place. */
  readonly of: number;
}

interface Chosen {
  readonly isOwner: boolean;
  readonly accountRole: { readonly permissions: readonly string[] } | undefined;
  readonly projectRole: { readonly permissions: readonly string[] } | undefined;
  readonly projects: readonly string[];
}

/** What a key with these roles can do, and where: in the account, and in the projects that are named. */
export function reachOf({ isOwner, accountRole, projectRole, projects }: Chosen): Reach[] {
  const place = (title: string, scope: Scope, held: readonly string[]) => ({
    title,
    held,
    of: permissionsOf(scope).length,
  });
  if (isOwner) {
    return [
      place('In this account', 'account', permissionsOf('account')),
      place('In all projects, current and future', 'project', permissionsOf('project')),
    ];
  }
  return [
    ...(projectRole === undefined || projects.length === 0
      ? []
      : [place(`In ${namesOf(projects)}`, 'project', projectRole.permissions)]),
    ...(accountRole === undefined ? [] : [place('In this account', 'account', accountRole.permissions)]),
  ];
}
