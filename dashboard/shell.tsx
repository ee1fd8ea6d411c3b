import {
  Alert,
  AppShell,
  Avatar,
  Burger,
  Button,
  Group,
  Menu,
  NavLink,
  ScrollArea,
  Select,
  Text,
  Title,
  useMantineColorScheme,
} from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { BookOpen, LogOut, Moon, Settings, Sun, UserRound, Users, WifiOff } from 'lucide-react';
import { Suspense, useEffect, useState } from 'react';
import { Link, Navigate, Outlet, useLocation, useNavigate } from 'react-router';
import { auth } from './api/auth.ts';
import { useIsAway } from './api/connection.ts';
import { useProjects } from './api/lists.ts';
import { useLive } from './api/live.ts';
import { CurrentProvider, ended, queryClient, useCurrent, useMay, useSees, useSessionQuery } from './api/session.tsx';
import { pages } from './pages.ts';
import { EmptyState, Loaded } from './parts/notices.tsx';
import { SignInAgain } from './parts/sign-in-again.tsx';

const places = pages.flatMap(({ path, place }) => (place === undefined ? [] : [{ to: path, ...place }]));

/** Everything behind the sign-in: who is not signed in is sent there, and back afterwards. */
export function Shell() {
  const query = useSessionQuery();
  const location = useLocation();
  if (query.data === null) {
    const back = `${location.pathname}${location.search}`;
    return <Navigate to={back === '/' ? '/sign-in' : `/sign-in?back=${encodeURIComponent(back)}`} replace />;
  }
  return (
    <Loaded query={query}>
      {(session) =>
        session === null ? null : session.accounts.length === 0 ? (
          <NoAccount email={session.user.email} />
        ) : (
          <CurrentProvider session={session}>
            <Frame />
          </CurrentProvider>
        )
      }
    </Loaded>
  );
}

async function signOut(): Promise<void> {
  await auth('sign-out', {}).catch(() => undefined);
  queryClient.clear();
  location.assign('/sign-in');
}

function NoAccount({ email }: { email: string }) {
  return (
    <main style={{ maxWidth: 640, margin: '10vh auto', padding: 16 }}>
      <EmptyState
        icon={Users}
        title="No account"
        action={
          <Button variant="default" onClick={signOut}>
            Sign out
          </Button>
        }
      >
        You are signed in as {email}, but belong to no account, or your access was taken away. Ask whoever runs the
        account for an invitation.
      </EmptyState>
    </main>
  );
}

function Frame() {
  const [opened, { toggle, close }] = useDisclosure();
  const [isOver, setOver] = useState(false);
  const { pathname } = useLocation();
  const may = useMay();
  const sees = useSees();
  useLive();
  useEffect(() => {
    ended.tell = setOver;
  }, []);
  const active = places.findLast(({ to }) =>
    to === '/' ? pathname === '/' : pathname.startsWith(`/${to.split('/')[1]}`),
  );
  useEffect(() => {
    document.title = active === undefined ? 'Raffia' : `${active.label} · Raffia`;
  }, [active]);
  return (
    <AppShell
      header={{ height: 56 }}
      navbar={{ width: 232, breakpoint: 'sm', collapsed: { mobile: !opened } }}
      padding={{ base: 'md', md: 'lg' }}
    >
      <a className="skip-link" href="#content">
        Skip to the page
      </a>
      <AppShell.Header>
        <TopBar opened={opened} toggle={toggle} />
      </AppShell.Header>
      <AppShell.Navbar p="sm" aria-label="Pages">
        <ScrollArea>
          {places
            .filter(({ permission }) => permission === undefined || may(permission))
            .filter(({ shows }) => shows === undefined || sees(shows))
            .map(({ to, label, icon: Icon }) => (
              <NavLink
                key={to}
                component={Link}
                to={to}
                label={label}
                leftSection={<Icon size={18} aria-hidden />}
                active={active?.to === to}
                aria-current={active?.to === to ? 'page' : undefined}
                onClick={close}
                color="gray"
                c="var(--mantine-color-text)"
                style={{ borderRadius: 8 }}
              />
            ))}
          <NavLink
            component="a"
            href="/docs"
            label="API reference"
            leftSection={<BookOpen size={18} aria-hidden />}
            style={{ borderRadius: 8 }}
          />
        </ScrollArea>
      </AppShell.Navbar>
      <AppShell.Main id="content">
        <Away />
        <Suspense>
          <Outlet />
        </Suspense>
      </AppShell.Main>
      {isOver && <SignInAgain onDone={() => setOver(false)} />}
    </AppShell>
  );
}

/** The server cannot be reached: nothing is lost, and it goes on by itself. */
function Away() {
  if (!useIsAway()) return null;
  return (
    <Alert
      color="yellow"
      variant="outline"
      icon={<WifiOff size={18} aria-hidden />}
      mb="md"
      role="status"
      className="above-all"
    >
      The server does not answer. Trying again by itself; what you typed stays, and what you sent is done once it is
      back.
    </Alert>
  );
}

function TopBar({ opened, toggle }: { opened: boolean; toggle: () => void }) {
  const { session, account, switchAccount } = useCurrent();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const navigate = useNavigate();
  return (
    <Group h="100%" px="md" justify="space-between" wrap="nowrap">
      <Group gap="sm" wrap="nowrap" style={{ minWidth: 0 }}>
        <Burger opened={opened} onClick={toggle} hiddenFrom="sm" size="sm" aria-label="Pages" />
        <Group gap={8} wrap="nowrap" visibleFrom="xs">
          <img src="/icon.svg" width={28} height={28} alt="" />
          <Title order={2} size="h4" component="p">
            Raffia
          </Title>
        </Group>
        <ProjectPicker />
      </Group>
      <Menu position="bottom-end" width={260}>
        <Menu.Target>
          <Button variant="subtle" color="gray" px={6} aria-label="You and your accounts">
            <Avatar size={30} radius="xl" color="palm" variant="filled">
              <UserRound size={18} aria-hidden />
            </Avatar>
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>
            <Text size="sm" className="breaking">
              {session.user.email}
            </Text>
          </Menu.Label>
          {session.accounts.length > 1 && (
            <>
              <Menu.Divider />
              <Menu.Label>Accounts</Menu.Label>
              {session.accounts.map(({ id, name }) => (
                <Menu.Item
                  key={id}
                  onClick={() => {
                    switchAccount(id);
                    navigate('/');
                  }}
                >
                  {name} {id === account.id ? '✓' : ''}
                </Menu.Item>
              ))}
            </>
          )}
          <Menu.Divider />
          <Menu.Item component={Link} to="/settings" leftSection={<Settings size={16} />}>
            Settings
          </Menu.Item>
          <Menu.Item
            leftSection={colorScheme === 'dark' ? <Sun size={16} /> : <Moon size={16} />}
            onClick={() => setColorScheme(colorScheme === 'dark' ? 'light' : 'dark')}
          >
            {colorScheme === 'dark' ? 'Light' : 'Dark'}
          </Menu.Item>
          <Menu.Item leftSection={<LogOut size={16} />} onClick={signOut}>
            Sign out
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </Group>
  );
}

/** Where new things go. */
function ProjectPicker() {
  const { account, projectId, switchProject } = useCurrent();
  const projects = useProjects();
  const mine = (projects.data ?? []).filter(
    ({ id }) => account.is_owner || account.projects.some((project) => project.id === id),
  );
  const current = mine.find(({ id }) => id === projectId) ?? mine.find(({ is_default }) => is_default) ?? mine[0];
  useEffect(() => {
    if (current !== undefined && current.id !== projectId) switchProject(current.id);
  }, [current, projectId, switchProject]);
  return (
    <Group gap={6} wrap="nowrap" style={{ minWidth: 0 }}>
      <Text size="sm" fw={600} truncate visibleFrom="sm" maw={180}>
        {account.name} /
      </Text>
      <Select
        aria-label="Project"
        size="sm"
        w={{ base: 150, sm: 190 }}
        placeholder="No project"
        data={mine.map(({ id, name }) => ({ value: id, label: name }))}
        value={current?.id ?? null}
        onChange={(id) => id !== null && switchProject(id)}
        allowDeselect={false}
        disabled={mine.length === 0}
      />
    </Group>
  );
}
