import { Anchor, Button, Divider, Group } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { Link, Navigate, useNavigate, useSearchParams } from 'react-router';
import { auth } from '../api/auth.ts';
import { openClient, queryClient, useSessionQuery } from '../api/session.tsx';
import { Entrance } from '../parts/entrance.tsx';
import { ErrorNotice } from '../parts/notices.tsx';
import { SignInForm } from '../parts/sign-in-form.tsx';

export default function SignIn() {
  const navigate = useNavigate();
  const [search] = useSearchParams();
  const session = useSessionQuery();
  const rules = useQuery({ queryKey: ['sign-in'], queryFn: async () => (await openClient.getSignInRules()).data });
  // Only a path of this site: `//elsewhere` would be another one.
  const asked = search.get('back') ?? '/';
  const back = /^\/(?!\/)/.test(asked) ? asked : '/';
  const provider = useMutation({
    mutationFn: () =>
      auth<{ url: string }>('sign-in/social', { provider: 'oidc', callbackURL: back, errorCallbackURL: '/sign-in' }),
    onSuccess: ({ url }) => location.assign(url),
  });
  if (session.data) return <Navigate to={back} replace />;
  return (
    <Entrance title="Sign in">
      {rules.data?.single_sign_on !== undefined && (
        <>
          <Button variant="default" loading={provider.isPending} onClick={() => provider.mutate()}>
            Sign in with {rules.data.single_sign_on}
          </Button>
          <ErrorNotice error={provider.error} />
          <Divider label="or" />
        </>
      )}
      <SignInForm
        onDone={async () => {
          await queryClient.invalidateQueries({ queryKey: ['session'] });
          navigate(back, { replace: true });
        }}
      />
      <Group justify="space-between">
        <Anchor component={Link} to="/forgotten" size="sm">
          Forgotten your password?
        </Anchor>
        {rules.data?.sign_up === 'open' && (
          <Anchor component={Link} to="/sign-up" size="sm">
            Sign up
          </Anchor>
        )}
      </Group>
    </Entrance>
  );
}
