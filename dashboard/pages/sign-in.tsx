import { Alert, Anchor, Text } from '@mantine/core';
import { Link, Navigate, useNavigate, useSearchParams } from 'react-router';
import { refreshSession, useSessionQuery } from '../api/session.tsx';
import { useSignInRules } from '../api/sign-in-rules.ts';
import { Entrance } from '../parts/entrance.tsx';
import { OtherWaysIn } from '../parts/other-ways-in.tsx';
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
  const rules = useSignInRules();
  // Only a path of this site: `//elsewhere` would be another one.
  const asked = search.get('back') ?? '/';
  const back = /^\/(?!\/)/.test(asked) ? asked : '/';
  const isHalfway = search.has('second-factor');
  const refused = refusals[search.get('error') ?? ''];
  const onDone = async () => {
    await refreshSession();
    navigate(back, { replace: true });
  };
  if (session.data) return <Navigate to={back} replace />;
  return (
    <Entrance
      title="Sign in"
      foot={
        rules?.sign_up === 'open' && (
          <Text size="sm" c="dimmed">
            New here?{' '}
            <Anchor component={Link} to="/sign-up" size="sm">
              Sign up
            </Anchor>
          </Text>
        )
      }
    >
      {refused !== undefined && <Alert color="yellow">{refused(rules?.single_sign_on ?? 'single sign-on')}</Alert>}
      <OtherWaysIn {...(isHalfway ? {} : { provider: { back } })} onPasskey={onDone} />
      <SignInForm isHalfway={isHalfway} onDone={onDone} />
      <Anchor component={Link} to="/forgotten" size="sm">
        Forgot password?
      </Anchor>
    </Entrance>
  );
}
