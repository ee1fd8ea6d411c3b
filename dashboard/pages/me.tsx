import {
  Alert,
  Button,
  Code,
  Group,
  PasswordInput,
  Radio,
  Stack,
  Table,
  Text,
  TextInput,
  useMantineColorScheme,
} from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useSearchParams } from 'react-router';
import { renderSVG } from 'uqr';
import { auth } from '../api/auth.ts';
import { openClient, queryClient, refreshSession, useCurrent } from '../api/session.tsx';
import { actions, DataTable, RowAction } from '../parts/data-table.tsx';
import { NewPassword } from '../parts/new-password.tsx';
import { ErrorNotice, Loaded, PageHead } from '../parts/notices.tsx';
import { RelativeTime } from '../parts/relative-time.tsx';
import { Section } from '../parts/section.tsx';

export default function Me() {
  return (
    <Stack maw={760}>
      <PageHead title="My settings" />
      <Profile />
      <Password />
      <SecondFactor />
      <SingleSignOn />
      <Sessions />
      <Appearance />
    </Stack>
  );
}

const say = (message: string) => notifications.show({ message, color: 'palm' });

function Profile() {
  const { session } = useCurrent();
  const [name, setName] = useState(session.user.name);
  const save = useMutation({
    mutationFn: () => auth('update-user', { name: name.trim() }),
    onSuccess: async () => {
      await refreshSession();
      say('Saved');
    },
  });
  return (
    <Section title="You">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate();
        }}
      >
        <Stack gap="sm">
          <TextInput label="E-mail" value={session.user.email} readOnly />
          <TextInput
            label="Name"
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            autoComplete="name"
            required
          />
          <ErrorNotice error={save.error} />
          <Group>
            <Button
              type="submit"
              variant="default"
              loading={save.isPending}
              disabled={name.trim() === '' || name === session.user.name}
            >
              Save
            </Button>
          </Group>
        </Stack>
      </form>
    </Section>
  );
}

function Password() {
  const { session } = useCurrent();
  const [current, setCurrent] = useState('');
  const [next, setNext] = useState('');
  const change = useMutation({
    mutationFn: () =>
      auth('change-password', { currentPassword: current, newPassword: next, revokeOtherSessions: true }),
    onSuccess: () => {
      setCurrent('');
      setNext('');
      void queryClient.invalidateQueries({ queryKey: ['sessions'] });
      say('The password was changed, and your other sessions ended');
    },
  });
  if (!session.user.has_password) return null;
  return (
    <Section title="Password">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          change.mutate();
        }}
      >
        <Stack gap="sm">
          <PasswordInput
            label="Current password"
            value={current}
            onChange={(event) => setCurrent(event.currentTarget.value)}
            autoComplete="current-password"
            required
          />
          <NewPassword value={next} onChange={setNext} />
          <ErrorNotice error={change.error} />
          <Group>
            <Button type="submit" variant="default" loading={change.isPending} disabled={current === '' || next === ''}>
              Change password
            </Button>
          </Group>
        </Stack>
      </form>
    </Section>
  );
}

function SecondFactor() {
  const { session } = useCurrent();
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const [setup, setSetup] = useState<{ totpURI: string; backupCodes: string[] } | null>(null);
  const isOn = session.user.has_second_factor;
  const begin = useMutation({
    mutationFn: () => auth<{ totpURI: string; backupCodes: string[] }>('two-factor/enable', { password }),
    onSuccess: (answer) => setSetup(answer),
  });
  const verify = useMutation({
    mutationFn: () => auth('two-factor/verify-totp', { code: code.trim() }),
    onSuccess: async () => {
      setSetup(null);
      setPassword('');
      await refreshSession();
      say('From now on the code of your app is asked for when you sign in');
    },
  });
  const end = useMutation({
    mutationFn: () => auth('two-factor/disable', { password }),
    onSuccess: async () => {
      setPassword('');
      await refreshSession();
      say('The second factor is off');
    },
  });
  if (!session.user.has_password) return null;
  return (
    <Section title="Second factor">
      <Text size="sm">
        {isOn
          ? 'On: signing in asks for the code of your authenticator app.'
          : 'With a code of an authenticator app, a stolen password alone does not open your account.'}
      </Text>
      {setup === null ? (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            (isOn ? end : begin).mutate();
          }}
        >
          <Stack gap="sm">
            <PasswordInput
              label="Your password, to be sure that it is you"
              value={password}
              onChange={(event) => setPassword(event.currentTarget.value)}
              autoComplete="current-password"
              required
            />
            <ErrorNotice error={begin.error ?? end.error} />
            <Group>
              <Button
                type="submit"
                variant="default"
                loading={begin.isPending || end.isPending}
                disabled={password === ''}
              >
                {isOn ? 'Turn off' : 'Set up'}
              </Button>
            </Group>
          </Stack>
        </form>
      ) : (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            verify.mutate();
          }}
        >
          <Stack gap="sm">
            <Text size="sm">Scan this with the app, or type the key below into it.</Text>
            <img
              src={`data:image/svg+xml;base64,${btoa(renderSVG(setup.totpURI, { border: 2 }))}`}
              width={180}
              height={180}
              alt="The key as a QR code"
            />
            <Code className="breaking">{new URL(setup.totpURI).searchParams.get('secret')}</Code>
            <Alert color="yellow" variant="outline" title="Backup codes, shown once">
              <Text size="sm">Each lets you in once, should the app be lost:</Text>
              <Code block>{setup.backupCodes.join('\n')}</Code>
            </Alert>
            <TextInput
              label="The code that the app shows"
              value={code}
              onChange={(event) => setCode(event.currentTarget.value)}
              inputMode="numeric"
              autoComplete="one-time-code"
              required
            />
            <ErrorNotice error={verify.error} />
            <Group>
              <Button type="submit" loading={verify.isPending} disabled={code.trim() === ''}>
                Turn on
              </Button>
            </Group>
          </Stack>
        </form>
      )}
    </Section>
  );
}

function SingleSignOn() {
  const { session } = useCurrent();
  const [search] = useSearchParams();
  const rules = useQuery({ queryKey: ['sign-in'], queryFn: async () => (await openClient.getSignInRules()).data });
  const provider = rules.data?.single_sign_on;
  const link = useMutation({
    mutationFn: () => auth<{ url: string }>('link-social', { callbackURL: '/me', errorCallbackURL: '/me' }),
    onSuccess: ({ url }) => location.assign(url),
  });
  if (provider === undefined) return null;
  const isLinked = session.user.has_single_sign_on;
  return (
    <Section title="Single sign-on">
      <Text size="sm">
        {isLinked
          ? `Linked: you can sign in with ${provider}.`
          : `Link ${provider} to sign in with it. It has to know you by the same e-mail address.`}
      </Text>
      {search.has('error') && (
        <Alert color="yellow" variant="outline">
          {provider} could not be linked. It has to know you by the same, verified e-mail address, and must not be
          linked to somebody else here.
        </Alert>
      )}
      <ErrorNotice error={link.error} />
      {!isLinked && (
        <Group>
          <Button variant="default" loading={link.isPending} onClick={() => link.mutate()}>
            Link {provider}
          </Button>
        </Group>
      )}
    </Section>
  );
}

function Sessions() {
  const sessions = useQuery({ queryKey: ['sessions'], queryFn: async () => (await openClient.listSessions()).data });
  const end = useMutation({
    mutationFn: (id: string) => auth('revoke-session', { id }),
    onSuccess: () => queryClient.invalidateQueries(),
  });
  const endAll = useMutation({
    mutationFn: () => auth('revoke-sessions', {}),
    onSuccess: () => {
      queryClient.clear();
      location.assign('/sign-in');
    },
  });
  return (
    <Section title="Sessions">
      <Loaded query={sessions}>
        {(list) => (
          <DataTable columns={['Browser', { wide: 'From' }, 'Since', actions]}>
            {list.map((session) => (
              <Table.Tr key={session.id}>
                <Table.Td>{browserOf(session.user_agent)}</Table.Td>
                <Table.Td className="mono wide">{session.address ?? '–'}</Table.Td>
                <Table.Td>
                  <RelativeTime time={session.created_at} />
                </Table.Td>
                <Table.Td ta="right">
                  <RowAction onClick={() => end.mutate(session.id)}>End</RowAction>
                </Table.Td>
              </Table.Tr>
            ))}
          </DataTable>
        )}
      </Loaded>
      <ErrorNotice error={end.error ?? endAll.error} />
      <Group>
        <Button variant="default" loading={endAll.isPending} onClick={() => endAll.mutate()}>
          Sign out everywhere
        </Button>
      </Group>
    </Section>
  );
}

function browserOf(agent: string | null | undefined): string {
  const name = /(Firefox|Edg|Chrome|Safari)\//.exec(agent ?? '')?.[1] ?? 'Unknown';
  const system = /(Windows|Mac OS X|Android|iPhone|Linux)/.exec(agent ?? '')?.[1];
  return system === undefined ? name : `${name} on ${system}`;
}

function Appearance() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <Section title="Appearance">
      <Radio.Group
        aria-label="Appearance"
        value={colorScheme}
        onChange={(value) => setColorScheme(value as 'light' | 'dark' | 'auto')}
      >
        <Group>
          <Radio value="auto" label="System" />
          <Radio value="light" label="Light" />
          <Radio value="dark" label="Dark" />
        </Group>
      </Radio.Group>
    </Section>
  );
}
