import type { Member, Project, ProjectMember } from '@raffia/client/client.ts';
import { namesOf } from './bulk.ts';
import { plural } from './plural.ts';

/** A role on a project, and who has it. */
export interface Grant {
  readonly project: Pick<Project, 'id' | 'name' | 'slug'>;
  readonly held: ProjectMember;
}

/** Somebody, or a key among the members, with all that they have in the account. */
export interface Person {
  /** Stays the same from the invitation on, as long as they have the account role, or the roles, that they had. */
  readonly id: string;
  readonly email: string;
  readonly userId: string | undefined;
  /** Of the whole account; undefined where they have roles on projects alone. */
  readonly member: Member | undefined;
  readonly grants: readonly Grant[];
  readonly status: Member['status'];
}

/** The key that a member is, if it is none of the people: it stands among them under an address made of its id. */
export function keyIdOf({ email }: { readonly email: string }): string | undefined {
  return /^key-(.+)@apikeys\.invalid$/.exec(email)?.[1];
}

export const isOwner = ({ email, member }: Person): boolean =>
  member?.role === 'owner' && keyIdOf({ email }) === undefined;

/**
 * One entry for each of the people: the Owner first, then by address, keys of the account last. Who has been invited to several things is
 * one person. A key with roles on projects alone is none of the members.
 */
export function peopleOf(members: readonly Member[], grants: readonly Grant[]): Person[] {
  const found = new Map<string, { member?: Member; grants: Grant[] }>();
  const at = (email: string) => {
    const key = email.toLowerCase();
    const entry = found.get(key) ?? { grants: [] };
    found.set(key, entry);
    return entry;
  };
  for (const member of members) at(member.email).member = member;
  for (const grant of grants) at(grant.held.email).grants.push(grant);
  return [...found.values()]
    .flatMap((entry) => {
      const one = entry.member ?? entry.grants[0]?.held;
      if (one === undefined || (entry.member === undefined && keyIdOf(one) !== undefined)) return [];
      const held = [entry.member, ...entry.grants.map((grant) => grant.held)].flatMap((each) => each ?? []);
      const userId = held.find(({ user_id }) => user_id)?.user_id ?? undefined;
      return [
        {
          id: userId ?? one.id,
          email: one.email,
          userId,
          member: entry.member,
          grants: entry.grants.toSorted((a, b) => a.project.name.localeCompare(b.project.name)),
          status: entry.member?.status ?? statusOf(entry.grants),
        },
      ];
    })
    .sort((a, b) => rank(a) - rank(b) || a.email.localeCompare(b.email));
}

function statusOf(grants: readonly Grant[]): Member['status'] {
  const is = (status: Member['status']) => grants.some(({ held }) => held.status === status);
  return is('active') ? 'active' : is('suspended') ? 'suspended' : 'pending';
}

function rank(person: Person): number {
  if (isOwner(person)) return 0;
  return keyIdOf(person) === undefined ? 1 : 2;
}

/** All that somebody may reach, in words: `Admin · Operator in Default and Staging, Viewer in 3 projects`. */
export function accessOf(person: Person): string {
  if (isOwner(person)) return 'Owner · everything';
  const byRole = new Map<string, string[]>();
  for (const { project, held } of person.grants) {
    const role = held.role_name ?? 'A role';
    byRole.set(role, [...(byRole.get(role) ?? []), project.name]);
  }
  const inProjects = [...byRole].map(
    ([role, names]) => `${role} in ${names.length > 2 ? plural(names.length, 'project') : names.join(' and ')}`,
  );
  const { member } = person;
  // A key with the role of the Owner reaches all projects, those to come too.
  const account = member?.role === 'owner' ? 'Owner · everything' : member?.role_name;
  return (
    [account, inProjects.join(', ')].filter((part) => part !== undefined && part !== '').join(' · ') || 'No access'
  );
}

/** What of somebody's keys goes on working without them: `The 2 API keys they created keep working: ci, backup.` */
export function keysLeft(names: readonly string[]): string | undefined {
  if (names.length === 0) return undefined;
  return names.length === 1
    ? `The API key they created keeps working: ${names[0]}.`
    : `The ${names.length} API keys they created keep working: ${namesOf(names, 10)}.`;
}
