import { Button, Divider, Stack, Text, TextInput } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useLocation, useNavigate } from 'react-router';
import { auth } from '../api/auth.ts';
import { forgetPerson, openClient, queryClient, useSessionQuery } from '../api/session.tsx';
import { Entrance } from '../parts/entrance.tsx';
import { NewPassword } from '../parts/new-password.tsx';
import { ErrorNotice, Loaded } from '../parts/notices.tsx';
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
  return (
    <Entrance title="You are invited">
      <Loaded query={invitation}>
        {(found) => (
          <Stack>
            <Text size="sm">
              {found.invited_by_name ?? 'Somebody'} invites <b className="breaking">{found.email}</b> to{' '}
              <b>
                {found.project_name === undefined
                  ? found.account_name
                  : `${found.project_name} of ${found.account_name}`}
              </b>
              , as {found.role_name}. The invitation holds until {exactTime(found.expires_at)}.
            </Text>
            {session.data?.user.email === found.email ? (
              <Accept token={token} />
            ) : session.data ? (
              <SomebodyElse email={session.data.user.email} />
            ) : found.is_known ? (
              <SignInForm
                email={found.email}
                onDone={() => void queryClient.invalidateQueries({ queryKey: ['session'] })}
              />
            ) : (
              <>
                <WithProvider token={token} />
                <Accept token={token} isNew />
              </>
            )}
          </Stack>
        )}
      </Loaded>
    </Entrance>
  );
}

/** The link's token. It goes nowhere but to this page: also while the provider is asked who this is. */
function useToken(): string {
  const named = useLocation().hash.slice(1);
  return named === '' ? (sessionStorage.getItem(kept) ?? '') : named;
}

/** Somebody new may be who the provider says. */
function WithProvider({ token }: { token: string }) {
  const rules = useQuery({ queryKey: ['sign-in'], queryFn: async () => (await openClient.getSignInRules()).data });
  const provider = rules.data?.single_sign_on;
  const signIn = useMutation({
    mutationFn: () => {
      sessionStorage.setItem(kept, token);
      return auth<{ url: string }>('sign-in/social', { callbackURL: '/invitation', errorCallbackURL: '/sign-in' });
    },
    onSuccess: ({ url }) => location.assign(url),
  });
  if (provider === undefined) return null;
  return (
    <>
      <Button variant="default" loading={signIn.isPending} onClick={() => signIn.mutate()}>
        Continue with {provider}
      </Button>
      <ErrorNotice error={signIn.error} />
      <Divider label="or choose a password" />
    </>
  );
}

function SomebodyElse({ email }: { email: string }) {
  const leave = useMutation({
    mutationFn: () => auth('sign-out', {}),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ['session'] }),
  });
  return (
    <>
      <Text size="sm">You are signed in as {email}. Sign out to accept as the person who was invited.</Text>
      <Button variant="default" loading={leave.isPending} onClick={() => leave.mutate()}>
        Sign out
      </Button>
    </>
  );
}

function Accept({ token, isNew = false }: { token: string; isNew?: boolean }) {
  const navigate = useNavigate();
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const accept = useMutation({
    mutationFn: async () => {
      const { data } = await openClient.acceptInvitation({ body: { token, ...(isNew ? { name, password } : {}) } });
      if (isNew) await auth('sign-in/email', { email: data.email, password });
      sessionStorage.removeItem(kept);
      localStorage.setItem('raffia.account', data.account_id);
      forgetPerson();
    },
    onSuccess: () => navigate('/', { replace: true }),
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        accept.mutate();
      }}
    >
      <Stack>
        {isNew && (
          <>
            <TextInput
              label="Your name"
              value={name}
              onChange={(e) => setName(e.currentTarget.value)}
              autoComplete="name"
              required
            />
            <NewPassword value={password} onChange={setPassword} />
          </>
        )}
        <ErrorNotice error={accept.error} />
        <Button type="submit" loading={accept.isPending}>
          Accept the invitation
        </Button>
      </Stack>
    </form>
  );
}
