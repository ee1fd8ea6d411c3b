import { Alert, Anchor, Button, Divider, Text } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { Link, Navigate, useNavigate, useSearchParams } from 'react-router';
import { auth } from '../api/auth.ts';
import { signInWithPasskey } from '../api/passkeys.ts';
import { openClient, queryClient, useSessionQuery } from '../api/session.tsx';
import { Entrance } from '../parts/entrance.tsx';
import { ErrorNotice } from '../parts/notices.tsx';
import { passkeyObstacleHere } from '../parts/passkey-obstacle.ts';
import { SignInForm } from '../parts/sign-in-form.tsx';

/** Why the provider's word was not enough, and what to do. */
const refusals: Readonly<Record<string, (provider: string) => string>> = {
  unable_to_link_account: (provider) =>
    `This email has an account here already. Sign in with your password, then link ${provider} in My settings.`,
  not_invited: () => 'This email has no invitation. Ask an account owner to invite you.',
  signup_disabled: () => 'This cloud takes no new people. Ask its operator.',
  email_not_verified: (provider) => `${provider} has not verified your email. Verify it there, then sign in again.`,
};

export default function SignIn() {
  const navigate = useNavigate();
  const [search] = useSearchParams();
  const session = useSessionQuery();
  const rules = useQuery({ queryKey: ['sign-in'], queryFn: async () => (await openClient.getSignInRules()).data });
  // Only a path of this site: `//elsewhere` would be another one.
  const asked = search.get('back') ?? '/';
  const back = /^\/(?!\/)/.test(asked) ? asked : '/';
  const isHalfway = search.has('second-factor');
  const refused = refusals[search.get('error') ?? ''];
  const provider = useMutation({
    mutationFn: () => auth<{ url: string }>('sign-in/social', { callbackURL: back, errorCallbackURL: '/sign-in' }),
    onSuccess: ({ url }) => location.assign(url),
  });
  const onDone = async () => {
    await queryClient.invalidateQueries({ queryKey: ['session'] });
    navigate(back, { replace: true });
  };
  const passkey = useMutation({ mutationFn: signInWithPasskey, onSuccess: onDone });
  const hasProvider = rules.data?.single_sign_on !== undefined && !isHalfway;
  const hasPasskeys = rules.data !== undefined && passkeyObstacleHere(rules.data.passkey_domain) === undefined;
  if (session.data) return <Navigate to={back} replace />;
  return (
    <Entrance
      title="Sign in"
      foot={
        rules.data?.sign_up === 'open' && (
          <Text size="sm" c="dimmed">
            New here?{' '}
            <Anchor component={Link} to="/sign-up" size="sm">
              Sign up
            </Anchor>
          </Text>
        )
      }
    >
      {refused !== undefined && <Alert color="yellow">{refused(rules.data?.single_sign_on ?? 'single sign-on')}</Alert>}
      {hasProvider && (
        <>
          <Button variant="default" size="md" loading={provider.isPending} onClick={() => provider.mutate()}>
            Sign in with {rules.data?.single_sign_on}
          </Button>
          <ErrorNotice error={provider.error} />
        </>
      )}
      {hasPasskeys && (
        <>
          <Button variant="default" size="md" loading={passkey.isPending} onClick={() => passkey.mutate()}>
            Use a passkey
          </Button>
          <ErrorNotice error={passkey.error} />
        </>
      )}
      {(hasProvider || hasPasskeys) && <Divider label="or" />}
      <SignInForm isHalfway={isHalfway} onDone={onDone} />
      <Anchor component={Link} to="/forgotten" size="sm">
        Forgot password?
      </Anchor>
    </Entrance>
  );
}
