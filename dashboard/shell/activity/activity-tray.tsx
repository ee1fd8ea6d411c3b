import { ActionIcon, Anchor, Drawer, SegmentedControl, Text } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { X } from 'lucide-react';
import { useEffect, useRef } from 'react';
import { Link, useLocation } from 'react-router';
import { useScope } from '../../api/scope.tsx';
import { useMay } from '../../api/session.tsx';
import { useTold } from '../../api/told.ts';
import { isTrayOpen, whoseWork } from '../../api/tray.ts';
import { useWorkUnderWay } from '../../api/use-work-under-way.ts';
import classes from './activity.module.css';
import { useTellEnds } from './use-tell-ends.ts';
import { DoneLine, FailedEntry, OpenEntry } from './work-entry.tsx';

const close = () => isTrayOpen.tell(false);

/** What is under way, what failed and what ended: beside the page, over it where it is narrow, instead of it on a phone. */
export function ActivityTray() {
  const isOpen = useTold(isTrayOpen);
  const isPhone = useMediaQuery('(max-width: 640px)', undefined, { getInitialValueInEffect: false });
  const { pathname } = useLocation();
  const said = useTellEnds();
  const shown = useRef(pathname);
  // From the last visit of this tab, and not because somebody asked for it now.
  const wasOpen = useRef(isOpen);
  if (!isOpen) wasOpen.current = false;
  useEffect(() => {
    // A sheet hides the page that was asked for.
    if (isPhone && shown.current !== pathname) close();
    shown.current = pathname;
  }, [isPhone, pathname]);
  const status = (
    <span className="visually-hidden" role="status">
      {said}
    </span>
  );
  if (isPhone) {
    return (
      <Drawer
        opened={isOpen}
        onClose={close}
        position="right"
        size="100%"
        padding={0}
        title="Activity"
        classNames={{ content: classes.sheet as string, header: classes.sheetHead as string }}
      >
        <div className={classes.whose}>
          <Whose />
        </div>
        <Content />
        {status}
      </Drawer>
    );
  }
  if (!isOpen) return null;
  return <Aside isFresh={!wasOpen.current}>{status}</Aside>;
}

/** @param isFresh whether somebody has just opened it */
function Aside({ isFresh, children }: { isFresh: boolean; children: React.ReactNode }) {
  const place = useRef<HTMLElement>(null);
  // Whoever opened it goes on in it, and whoever closes it goes back.
  useEffect(() => {
    if (isFresh) place.current?.focus();
    return () => {
      if (document.activeElement === document.body) document.querySelector<HTMLElement>('[data-activity]')?.focus();
    };
  }, [isFresh]);
  return (
    <aside
      ref={place}
      className={classes.tray}
      aria-label="Activity"
      tabIndex={-1}
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || event.defaultPrevented) return;
        event.preventDefault();
        close();
      }}
    >
      <header className={classes.head}>
        <h2>Activity</h2>
        <Whose />
        <ActionIcon size={28} aria-label="Close activity" onClick={close}>
          <X size={16} aria-hidden />
        </ActionIcon>
      </header>
      <Content />
      {children}
    </aside>
  );
}

function Whose() {
  const { project } = useScope();
  const whose = useTold(whoseWork);
  return (
    <SegmentedControl
      size="xs"
      aria-label="Whose activity"
      data={[
        { value: 'mine', label: 'Mine' },
        { value: 'project', label: project === undefined ? 'All projects' : 'Project' },
      ]}
      value={whose}
      onChange={(next) => whoseWork.tell(next as 'mine' | 'project')}
    />
  );
}

function Content() {
  const { project, to } = useScope();
  const may = useMay();
  const whose = useTold(whoseWork);
  const work = useWorkUnderWay();
  const isEmpty = work !== undefined && work.open.length + work.failed.length + work.done.length === 0;
  return (
    <div className={classes.content}>
      {work?.open.map((one) => (
        <OpenEntry key={one.id} work={one} />
      ))}
      {work?.failed.map((one) => (
        <FailedEntry key={one.id} work={one} />
      ))}
      {work !== undefined && work.done.length > 0 && (
        <ul className={classes.done}>
          {work.done.slice(0, 30).map((one) => (
            <DoneLine key={one.id} work={one} />
          ))}
        </ul>
      )}
      {isEmpty && (
        <Text size="sm" c="dimmed" className={classes.empty}>
          {whose === 'mine'
            ? 'Nothing of yours is running, and nothing ended in the last day.'
            : `Nothing is running in ${project?.name ?? 'your projects'}, and nothing ended in the last day.`}
        </Text>
      )}
      {may('account.audit.view') && (
        <p className={classes.foot}>
          <Anchor component={Link} to={to('account', 'audit')} size="sm">
            Older activity in the audit log
          </Anchor>
        </p>
      )}
    </div>
  );
}
