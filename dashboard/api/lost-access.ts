import type { Session } from '@raffia/client/client.ts';

/** Access that somebody had while the page was open, and that was taken away. */
export interface LostAccess {
  readonly kind: 'account' | 'project';
  /** Of the account, or of the project. */
  readonly id: string;
  readonly accountId: string;
  /** Undefined where nobody has asked for it before. */
  readonly name: string | undefined;
  /** Of a project: what else it is called in addresses. */
  readonly slug?: string | undefined;
  /** Whom to ask, where the page has seen who owns the account. */
  readonly ownerEmail: string | undefined;
  /** Milliseconds since 1970: when the page heard of it. */
  readonly at: number;
}

/** What is known of accounts and projects beside a session. */
export interface Names {
  readonly project: (accountId: string, id: string) => { readonly name: string; readonly slug: string } | undefined;
  readonly ownerEmail: (accountId: string) => string | undefined;
}

/** What of all that was lost is still lost, and what was lost between two looks at a session. */
export function stillLost(
  lost: readonly LostAccess[],
  before: Session,
  now: Session,
  { project, ownerEmail }: Names,
  at: number,
): readonly LostAccess[] {
  const reaches = (session: Session, accountId: string, id: string) =>
    session.accounts.some(
      (account) =>
        account.id === accountId &&
        (id === accountId || account.is_owner || account.projects.some((one) => one.id === id)),
    );
  const had = before.accounts.flatMap(({ id: accountId, name, projects }) => {
    const common = { accountId, ownerEmail: ownerEmail(accountId), at };
    return [
      { ...common, kind: 'account' as const, id: accountId, name },
      ...projects.map(({ id }) => {
        const { name, slug } = project(accountId, id) ?? {};
        return { ...common, kind: 'project' as const, id, name, slug };
      }),
    ];
  });
  const found = had.filter(({ id }) => !lost.some((one) => one.id === id));
  return [...lost, ...found].filter(({ accountId, id }) => !reaches(now, accountId, id));
}

/** That somebody may do something else than before, and still something. */
export interface ChangedRole {
  readonly accountId: string;
  /** Undefined where it is the role in the account. */
  readonly projectId: string | undefined;
  readonly role: string;
  /** Whether the role is another, and not only what it allows. */
  readonly isOther: boolean;
}

/** The roles that somebody has otherwise than before; what was given or taken away altogether is none. */
export function changedRoles(before: Session, now: Session): readonly ChangedRole[] {
  const rolesOf = ({ accounts }: Session) =>
    accounts.flatMap(({ id: accountId, role_name, permissions, projects }) => [
      ...(role_name === undefined ? [] : [{ accountId, projectId: undefined, role_name, permissions }]),
      ...projects.map(({ id: projectId, ...role }) => ({ accountId, projectId, ...role })),
    ]);
  const had = rolesOf(before);
  return rolesOf(now).flatMap(({ accountId, projectId, role_name, permissions }) => {
    const one = had.find((other) => other.accountId === accountId && other.projectId === projectId);
    if (one === undefined || JSON.stringify(one.permissions) === JSON.stringify(permissions)) return [];
    return [{ accountId, projectId, role: role_name, isOther: one.role_name !== role_name }];
  });
}

/** The accounts in which somebody may do something else than before. */
export function changedAccounts(before: Session, now: Session): string[] {
  const authority = ({ accounts }: Session, id: string) => {
    const account = accounts.find((one) => one.id === id);
    return account && JSON.stringify([account.is_owner, account.permissions, account.projects]);
  };
  const ids = new Set([...before.accounts, ...now.accounts].map(({ id }) => id));
  return [...ids].filter((id) => authority(before, id) !== authority(now, id));
}

/** That an account was lost. */
export function lostAccount(lost: readonly LostAccess[], id: string | undefined): LostAccess | undefined {
  return lost.find((one) => one.kind === 'account' && one.id === id);
}

/** What was lost of a project, by what an address calls it. */
export function lostProject(
  lost: readonly LostAccess[],
  accountId: string,
  word: string | undefined,
): LostAccess | undefined {
  if (word === undefined) return undefined;
  return lost.find((one) => one.kind === 'project' && one.accountId === accountId && [one.slug, one.id].includes(word));
}
