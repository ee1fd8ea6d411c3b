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

/** The accounts in which somebody may do something else than before. */
export function changedAccounts(before: Session, now: Session): string[] {
  const authority = ({ accounts }: Session, id: string) => {
    const account = accounts.find((one) => one.id === id);
    return account && JSON.stringify([account.is_owner, account.permissions, account.projects]);
  };
  const ids = new Set([...before.accounts, ...now.accounts].map(({ id }) => id));
  return [...ids].filter((id) => authority(before, id) !== authority(now, id));
}

/** What was lost of a project, by what an address calls it. */
export function lostProject(lost: readonly LostAccess[], accountId: string, word: string): LostAccess | undefined {
  return lost.find((one) => one.kind === 'project' && one.accountId === accountId && [one.slug, one.id].includes(word));
}
