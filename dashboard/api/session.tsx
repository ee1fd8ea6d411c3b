import {
  type Account,
  createClient,
  type Project,
  RaffApiError,
  type RaffClient,
  type Session,
  type SessionAccount,
} from '@raffia/client/client.ts';
import type { Permission } from '@raffia/contract/permission-catalogue.ts';
import { type Resource, type ResourceName, resources } from '@raffia/contract/resources.ts';
import { QueryClient, useQuery } from '@tanstack/react-query';
import { createContext, type ReactNode, useContext, useMemo } from 'react';
import { observedFetch } from './connection.ts';
import { Freshness } from './freshness.ts';
import { type ChangedRole, changedAccounts, changedRoles, type LostAccess, stillLost } from './lost-access.ts';
import { Told } from './told.ts';

/** Without an account: to know who is signed in, and for links and invitations. */
export const openClient = createClient({ baseUrl: location.origin, fetch: observedFetch, retries: 2 });

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      // The client has tried already; what is left is a server that is away, and that may come back.
      retry: (_count, error) => !(error instanceof RaffApiError),
      retryDelay: 3_000,
      networkMode: 'always',
      // What changed is told (live.ts).
      refetchOnWindowFocus: false,
    },
    mutations: { networkMode: 'always' },
  },
});

/** What is on the screen, kept as it is on the server. */
export const freshness = new Freshness(queryClient);

/** Whether the session is over while a page is open. */
export const sessionEnded = new Told(false);

/** What was taken away from the person while the page was open. */
export const lostAccess = new Told<readonly LostAccess[]>([]);

/** What the person may do otherwise since a moment ago. */
export const otherRoles = new Told<readonly ChangedRole[]>([]);

const sessionKey = ['session'];

/** Who is signed in; null where nobody was when the page was opened. Whoever's session ended meanwhile is still who was signed in. */
async function readSession(): Promise<Session | null> {
  const before = queryClient.getQueryData<Session | null>(sessionKey) ?? null;
  let now: Session;
  try {
    now = (await openClient.getSession()).data;
  } catch (error) {
    if (!(error instanceof RaffApiError) || error.status !== 401) throw error;
    if (before !== null) sessionEnded.tell(true);
    return before;
  }
  if (before === null) return now;
  // Somebody else has signed in in this browser: nothing of this page is theirs.
  if (before.user.id !== now.user.id) location.reload();
  sessionEnded.tell(false);
  const names = {
    project: (accountId: string, id: string) =>
      queryClient.getQueryData<Project[]>([accountId, 'projects'])?.find((project) => project.id === id),
    ownerEmail: (accountId: string) => queryClient.getQueryData<Account>([accountId, 'account'])?.owner_email,
  };
  lostAccess.tell(stillLost(lostAccess.get(), before, now, names, Date.now()));
  const roles = changedRoles(before, now);
  if (roles.length > 0) otherRoles.tell(roles);
  for (const id of changedAccounts(before, now)) freshness.changedAltogether(id);
  return now;
}

const sessionQuery = { queryKey: sessionKey, queryFn: readSession, staleTime: 60_000 };

/** Who is signed in is asked while the page is still loaded. */
export function readSessionAhead(): void {
  void queryClient.prefetchQuery(sessionQuery);
}

/** Who is signed in; null where nobody is. */
export function useSessionQuery() {
  return useQuery({
    ...sessionQuery,
    // A session that ended shows up when one comes back to the page, not at the next click.
    refetchOnWindowFocus: true,
  });
}

export function refreshSession(): Promise<void> {
  return queryClient.invalidateQueries({ queryKey: sessionKey });
}

/** Drops what was read as whoever was signed in before. What a token told stays: the token was used, and is not asked about again. */
export function forgetPerson(): void {
  queryClient.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== 'link' && queryKey[0] !== 'invitation' });
}

interface Current {
  readonly session: Session;
  readonly account: SessionAccount;
  readonly api: RaffClient;
}

const CurrentContext = createContext<Current | null>(null);

/** Whether a request was refused because the session is over: the shell then asks for the password, over the page. */
export const ended = { tell: (_isOver: boolean) => {} };
sessionEnded.subscribe(() => ended.tell(sessionEnded.get()));

/** @param account the one that the address names (scope.tsx says which project of it) */
export function CurrentProvider({
  session,
  account,
  children,
}: {
  session: Session;
  account: SessionAccount;
  children: ReactNode;
}) {
  const api = useMemo(
    () =>
      createClient({
        baseUrl: location.origin,
        fetch: observedFetch,
        headers: { 'x-account-id': account.id },
        steps: [
          (next) => async (request) => {
            try {
              return await next(request);
            } catch (error) {
              if (error instanceof RaffApiError && error.status === 401) sessionEnded.tell(true);
              // What the person may do has changed: the buttons should know.
              if (error instanceof RaffApiError && error.status === 403) void refreshSession();
              throw error;
            }
          },
        ],
      }),
    [account.id],
  );
  const value = useMemo(() => ({ session, account, api }), [session, account, api]);
  return <CurrentContext.Provider value={value}>{children}</CurrentContext.Provider>;
}

export function useCurrent(): Current {
  const current = useContext(CurrentContext);
  if (current === null) throw new Error('no account is chosen');
  return current;
}

/** Whether the person may. A permission that no role could have does not compile. */
export const useMay: () => (permission: Permission, projectId?: string) => boolean = useHolds;

/** The same of whatever name the server tells: `account.*` in the account, everything else on a project, or on any where none is named. */
export function useHolds(): (permission: string, projectId?: string) => boolean {
  const { account } = useCurrent();
  return (permission, projectId) => {
    if (account.is_owner) return true;
    if (permission.startsWith('account.')) return account.permissions.includes(permission);
    return account.projects.some(
      (project) => (projectId === undefined || project.id === projectId) && project.permissions.includes(permission),
    );
  };
}

/** Whether the person sees what is of a kind, in the account or on any project, by its entry in contract/resources.ts. */
export function useSees(): (kind: ResourceName) => boolean {
  const may = useMay();
  return (kind) => {
    const { view, isSeenByAll }: Resource = resources[kind];
    return isSeenByAll === true || view.some((permission) => may(permission));
  };
}
