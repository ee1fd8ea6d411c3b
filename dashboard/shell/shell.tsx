import { Button } from '@mantine/core';
import { Users } from 'lucide-react';
import { Navigate, useLocation } from 'react-router';
import { readAddress } from '../addresses.ts';
import { useProjects } from '../api/lists.ts';
import { lastPlace, ScopeProvider } from '../api/scope.tsx';
import { CurrentProvider, lostAccess, useSessionQuery } from '../api/session.tsx';
import { useTold } from '../api/told.ts';
import { EmptyState, Loaded } from '../parts/notices.tsx';
import { Frame } from './frame.tsx';
import { wasRemoved, whomToAsk } from './lost-words.ts';
import classes from './shell.module.css';
import { signOut } from './sign-out.ts';

/** Everything behind the sign-in: who is not signed in is sent there, and back afterwards. */
export function Shell() {
  const query = useSessionQuery();
  const location = useLocation();
  if (query.data === null) {
    const back = `${location.pathname}${location.search}`;
    return <Navigate to={back === '/' ? '/sign-in' : `/sign-in?back=${encodeURIComponent(back)}`} replace />;
  }
  const named = readAddress(location.pathname).account;
  const find = (id: string | undefined) => query.data?.accounts.find((account) => account.id === id);
  const account = find(named ?? lastPlace().account) ?? query.data?.accounts[0];
  return (
    <Loaded query={query} shape="cards">
      {(session) =>
        session === null ? null : account === undefined ? (
          <NoAccount email={session.user.email} />
        ) : (
          <CurrentProvider session={session} account={account}>
            <Scoped isKnown={named === undefined || named === account.id} />
          </CurrentProvider>
        )
      }
    </Loaded>
  );
}

/** @param isKnown whether the address names an account of the person's, or none */
function Scoped({ isKnown }: { isKnown: boolean }) {
  const projects = useProjects();
  return (
    <Loaded query={projects} shape="cards">
      {(list) => (
        <ScopeProvider projects={list}>
          <Frame isKnown={isKnown} />
        </ScopeProvider>
      )}
    </Loaded>
  );
}

function NoAccount({ email }: { email: string }) {
  const lost = useTold(lostAccess).find(({ kind }) => kind === 'account');
  return (
    <main className={classes.alone}>
      <EmptyState
        icon={Users}
        title={lost === undefined ? 'No account' : wasRemoved(lost)}
        order={1}
        action={
          <Button variant="default" onClick={signOut}>
            Sign out
          </Button>
        }
      >
        {lost === undefined
          ? `${email} has no account here. Ask an account owner to invite you.`
          : `${email} has no other account here. ${whomToAsk(lost)}`}
      </EmptyState>
    </main>
  );
}
