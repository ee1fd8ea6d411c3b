import { ActionIcon } from '@mantine/core';
import { Menu as MenuIcon } from 'lucide-react';
import { Fragment } from 'react';
import { Link } from 'react-router';
import { addressOf, everyProject } from '../addresses.ts';
import { useScope } from '../api/scope.tsx';
import { useCurrent } from '../api/session.tsx';
import { type Page, pages } from '../pages.ts';
import { usePageTitle } from '../parts/page-title.ts';
import { ActivityButton } from './activity/activity-button.tsx';
import { CreateMenu } from './create-menu.tsx';
import { HelpMenu } from './help/help-menu.tsx';
import { PersonMenu } from './person-menu.tsx';
import { ScopePicker } from './scope-picker.tsx';
import { SearchButton } from './search/search-button.tsx';
import classes from './shell.module.css';

export function TopBar({
  page,
  isMenuOpen,
  onMenu,
}: {
  page: Page | undefined;
  isMenuOpen: boolean;
  onMenu: () => void;
}) {
  return (
    <header className={classes.top}>
      <div className={classes.onPhone}>
        <ActionIcon size={40} aria-label="Menu" aria-expanded={isMenuOpen} onClick={onMenu}>
          <MenuIcon size={18} aria-hidden />
        </ActionIcon>
        <ScopePicker isInBar />
      </div>
      <Crumbs page={page} />
      <SearchButton />
      <CreateMenu />
      <ActivityButton />
      <HelpMenu />
      <PersonMenu />
    </header>
  );
}

interface Crumb {
  readonly name: string;
  readonly address: string;
}

/** The way to the page: account, project, list, thing. */
function Crumbs({ page }: { page: Page | undefined }) {
  const { account } = useCurrent();
  const { project, to } = useScope();
  const title = usePageTitle();
  const way: Crumb[] = [
    { name: account.name, address: addressOf('project', { account: account.id, project: everyProject }) },
  ];
  if (page?.within === 'person' || page?.within === 'operator') way.length = 0;
  if (page?.within === 'project') way.push({ name: project?.name ?? 'All projects', address: to('project') });
  const list = pages.find(
    ({ within, path, place }) =>
      place !== undefined && within === page?.within && path !== '' && path.split('/')[0] === page.path.split('/')[0],
  );
  if (list !== undefined) {
    way.push({ name: list.place?.label ?? '', address: to(list.within, list.place?.to ?? list.path) });
  }
  // What is under a tab is called otherwise than its list.
  const isList = list !== undefined && list === page && (title === '' || title === list.place?.label);
  const last = isList ? way.pop()?.name : page?.path === '' && page.within === 'project' ? 'Overview' : title;
  return (
    <nav className={classes.crumbs} aria-label="Where you are">
      {way.map(({ name, address }, at) => (
        <Fragment key={address}>
          <Link to={address}>
            <bdi>{name}</bdi>
          </Link>
          {(at < way.length - 1 || last) && <span aria-hidden="true">/</span>}
        </Fragment>
      ))}
      <b aria-current="page">
        <bdi>{last}</bdi>
      </b>
    </nav>
  );
}
