import { Anchor, Button, Stack, Text, TextInput } from '@mantine/core';
import { isNotEmpty, useForm } from '@mantine/form';
import type { LookAtInvitationAnswer } from '@raffia/client/client.ts';
import { useMutation, useQuery } from '@tanstack/react-query';
import { Link, useLocation, useNavigate } from 'react-router';
import { addressOf, everyProject } from '../addresses.ts';
import { auth } from '../api/auth.ts';
import { forgetPerson, openClient, refreshSession, useSessionQuery } from '../api/session.tsx';
import { Entrance } from '../parts/entrance.tsx';
import { NewPassword, shortPassword } from '../parts/new-password.tsx';
import { ErrorNotice, Loaded } from '../parts/notices.tsx';
import { OtherWaysIn } from '../parts/other-ways-in.tsx';
import { SignInForm } from '../parts/sign-in-form.tsx';
import { exactTime } from '../parts/times.ts';

const kept = 'raffia.invitation';

export default function Invitation() {
  const token = useToken();
  const session = useSessionQuery();
  const invitation = useQuery({
    queryKey: ['invitation', token],
    queryFn: async () => (await openClient.lookAtInvitation({ body: { token } })).data,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const found = invitation.data;
  const provider = { back: '/invitation', onLeave: () => sessionStorage.setItem(kept, token) };
  return (
    <Entrance
      title={found === undefined ? 'Invitation' : `Join ${placeOf(found)}`}
      {...(found === undefined ? {} : { about: aboutOf(found) })}
      {...(invitation.isError
        ? {
            foot: (
              <Anchor component={Link} to="/sign-in" size="sm">
                Back to sign-in
              </Anchor>
            ),
          }
        : {})}
    >
      <Loaded query={invitation} shape="form">
        {({ email, is_known }) => (
          <Stack>
            {session.data?.user.email === email ? (
              <Accept token={token} />
            ) : session.data ? (
              <AnotherPerson email={session.data.user.email} invited={email} />
            ) : is_known ? (
              <>
                <OtherWaysIn provider={provider} onPasskey={refreshSession} />
                <SignInForm email={email} onDone={refreshSession} />
              </>
            ) : (
              <>
                {/* A new person may be who the provider says. */}
                <OtherWaysIn verb="Continue" provider={provider} or="or choose a password" />
                <Accept token={token} isNew />
              </>
            )}
          </Stack>
        )}
      </Loaded>
    </Entrance>
  );
}

type Found = LookAtInvitationAnswer['data'];

const placeOf = ({ account_name, project_name }: Found) =>
  project_name === undefined ? account_name : `${project_name} of ${account_name}`;

function aboutOf({ invited_by_name, email, role_name, expires_at }: Found) {
  return (
    <>
      {invited_by_name ?? 'A member'} invited <b>{email}</b> as {role_name}. Expires {exactTime(expires_at)}.
    </>
  );
}

/** The link's token. It goes nowhere but to this page: also while the provider is asked who this is. */
function useToken(): string {
  const named = useLocation().hash.slice(1);
  return named === '' ? (sessionStorage.getItem(kept) ?? '') : named;
}

function AnotherPerson({ email, invited }: { email: string; invited: string }) {
  const leave = useMutation({
    mutationFn: () => auth('sign-out', {}),
    onSuccess: refreshSession,
  });
  return (
    <>
      <Text size="sm" className="breaking">
        This invitation is for {invited}. You're signed in as {email}.
      </Text>
      <Button variant="default" size="md" loading={leave.isPending} onClick={() => leave.mutate()}>
        Sign out
      </Button>
    </>
  );
}

function Accept({ token, isNew = false }: { token: string; isNew?: boolean }) {
  const navigate = useNavigate();
  const form = useForm({
    initialValues: { name: '', password: '' },
    validate: isNew ? { name: isNotEmpty('Enter your name'), password: shortPassword } : {},
  });
  const accept = useMutation({
    mutationFn: async ({ name, password }: typeof form.values) => {
      const person = isNew ? { name: name.trim(), password } : {};
      const { data } = await openClient.acceptInvitation({ body: { token, ...person } });
      if (isNew) await auth('sign-in/email', { email: data.email, password });
      sessionStorage.removeItem(kept);
      forgetPerson();
      return addressOf('account', { account: data.account_id, project: everyProject });
    },
    // Also where they have another account, which they looked at last.
    onSuccess: (to) => navigate(to, { replace: true }),
  });
  return (
    <form onSubmit={form.onSubmit((values) => accept.mutate(values))} noValidate>
      <Stack>
        {isNew && (
          <>
            <TextInput label="Your name" autoComplete="name" maxLength={128} {...form.getInputProps('name')} />
            <NewPassword {...form.getInputProps('password')} />
          </>
        )}
        <ErrorNotice error={accept.error} />
        <Button type="submit" size="md" loading={accept.isPending}>
          Accept invitation
        </Button>
      </Stack>
    </form>
  );
}
