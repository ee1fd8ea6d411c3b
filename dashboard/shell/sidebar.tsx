import { Drawer, Tooltip } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { BookOpen } from 'lucide-react';
import type { ReactNode } from 'react';
import { Link, matchPath, useLocation } from 'react-router';
import { patternOf, type Within } from '../addresses.ts';
import { useScope } from '../api/scope.tsx';
import { useCurrent } from '../api/session.tsx';
import type { Page } from '../pages.ts';
import { Mark } from './mark.tsx';
import { ScopePicker } from './scope-picker.tsx';
import classes from './shell.module.css';
import { usePlaces } from './use-places.ts';

/** The menu: beside the page, as icons where it is narrow, in a drawer on a phone. What a person may not open is absent. */
export function Sidebar({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  const isPhone = useMediaQuery('(max-width: 640px)', undefined, { getInitialValueInEffect: false });
  const isSmall = useMediaQuery('(max-width: 1100px)', undefined, { getInitialValueInEffect: false });
  if (isPhone) {
    return (
      <Drawer opened={isOpen} onClose={onClose} title="Menu" size={280} padding="sm">
        <nav aria-label="Pages" className={classes.drawer}>
          <Entries isSmall={false} onLeave={onClose} />
        </nav>
      </Drawer>
    );
  }
  return (
    <nav className={classes.side} aria-label="Pages" data-small={isSmall || undefined}>
      <HomeLink isSmall={isSmall === true} />
      <ScopePicker isSmall={isSmall === true} />
      <Entries isSmall={isSmall === true} />
    </nav>
  );
}

function HomeLink({ isSmall }: { isSmall: boolean }) {
  const { to } = useScope();
  return (
    <Link to={to('project')} className={classes.brand} aria-label="Raffia, overview">
      <Mark />
      {!isSmall && <span>Raffia</span>}
    </Link>
  );
}

function Entries({ isSmall, onLeave }: { isSmall: boolean; onLeave?: () => void }) {
  const { account, session } = useCurrent();
  const { to } = useScope();
  const { pathname } = useLocation();
  const mine = usePlaces();
  const isOn = ({ within, path }: Page) => {
    const pattern = patternOf(within, path.split('/')[0] ?? '');
    return matchPath(path === '' ? pattern : `${pattern}/*`, pathname) !== null;
  };
  const list = (within: Within) => (
    <ul className={classes.list}>
      {mine
        .filter((page) => page.within === within)
        .map((page) => (
          <li key={page.path}>
            <Entry label={page.place.label} isSmall={isSmall}>
              <Link
                to={to(within, page.place.to ?? page.path)}
                className={classes.entry}
                aria-current={isOn(page) ? 'page' : undefined}
                aria-label={page.place.label}
                onClick={onLeave}
                onMouseEnter={() => void page.load()}
                onFocus={() => void page.load()}
              >
                <page.place.icon size={16} strokeWidth={1.75} aria-hidden />
                {!isSmall && <span>{page.place.label}</span>}
              </Link>
            </Entry>
          </li>
        ))}
    </ul>
  );
  return (
    <div className={classes.entries}>
      {list('project')}
      {isSmall ? <hr className={classes.rule} /> : <p className={classes.group}>{account.name}</p>}
      {list('account')}
      {session.user.is_operator && (
        <>
          {isSmall ? <hr className={classes.rule} /> : <p className={classes.group}>This cloud</p>}
          {list('operator')}
        </>
      )}
      <div className={classes.foot}>
        <Entry label="API reference" isSmall={isSmall}>
          <a href="/docs" className={classes.entry} aria-label="API reference">
            <BookOpen size={16} strokeWidth={1.75} aria-hidden />
            {!isSmall && <span>API reference</span>}
          </a>
        </Entry>
      </div>
    </div>
  );
}

function Entry({ label, isSmall, children }: { label: string; isSmall: boolean; children: ReactNode }) {
  if (!isSmall) return children;
  return (
    <Tooltip label={label} position="right" withinPortal>
      {children}
    </Tooltip>
  );
}
