import { useDisclosure } from '@mantine/hooks';
import { Suspense, useEffect, useState } from 'react';
import { matchPath, Outlet, useLocation } from 'react-router';
import { everyProject, patternOf, projectNamed, readAddress } from '../addresses.ts';
import { useLive } from '../api/live.ts';
import { lostAccount, lostProject } from '../api/lost-access.ts';
import { useScope } from '../api/scope.tsx';
import { ended, lostAccess, useCurrent } from '../api/session.tsx';
import { useTold } from '../api/told.ts';
import { pages } from '../pages.ts';
import { SignInAgain } from '../parts/sign-in-again.tsx';
import { Skeleton } from '../parts/skeleton.tsx';
import { ActivityTray } from './activity/activity-tray.tsx';
import { AwayStrip } from './away-strip.tsx';
import { NoSuchPlace } from './no-such-place.tsx';
import { OperatorGate } from './operator-gate.tsx';
import classes from './shell.module.css';
import { Sidebar } from './sidebar.tsx';
import { TopBar } from './top-bar.tsx';
import { useShellKeys } from './use-shell-keys.ts';
import { useTellRoles } from './use-tell-roles.ts';

/** What is around every page: menu, way to the page, what can be made. */
export function Frame({ isKnown }: { isKnown: boolean }) {
  const [isOpen, { toggle, close }] = useDisclosure();
  const [isOver, setOver] = useState(false);
  const { pathname } = useLocation();
  const { account } = useCurrent();
  const { projects } = useScope();
  useLive();
  useEffect(() => {
    ended.tell = setOver;
  }, []);
  const lost = useTold(lostAccess);
  useTellRoles();
  useShellKeys();
  const { account: named, project } = readAddress(pathname);
  const taken = isKnown ? lostProject(lost, account.id, project) : lostAccount(lost, named);
  const isMissing = project !== undefined && project !== everyProject && projectNamed(projects, project) === undefined;
  const isThere = isKnown && !isMissing && taken === undefined;
  const page = pages.find(({ within, path }) => matchPath(patternOf(within, path), pathname) !== null);
  return (
    <div className={classes.shell}>
      <a className={classes.skip} href="#content">
        Skip to content
      </a>
      <Sidebar isOpen={isOpen} onClose={close} />
      <div className={classes.main}>
        <TopBar page={isThere ? page : undefined} isMenuOpen={isOpen} onMenu={toggle} />
        <AwayStrip />
        <div className={classes.beside}>
          <main id="content" className={classes.page} tabIndex={-1}>
            {isThere ? (
              <Suspense fallback={<Skeleton shape={page?.shape ?? 'list'} />}>
                {page?.within === 'operator' ? (
                  <OperatorGate>
                    <Outlet />
                  </OperatorGate>
                ) : (
                  <Outlet />
                )}
              </Suspense>
            ) : (
              <NoSuchPlace what={isKnown ? 'project' : 'account'} lost={taken} />
            )}
          </main>
          <ActivityTray />
        </div>
      </div>
      {isOver && <SignInAgain onDone={() => setOver(false)} />}
    </div>
  );
}
