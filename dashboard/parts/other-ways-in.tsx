import { Button, Divider } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { auth } from '../api/auth.ts';
import { signInWithPasskey } from '../api/passkeys.ts';
import { useSignInRules } from '../api/sign-in-rules.ts';
import { ErrorNotice } from './notices.tsx';
import { passkeyObstacleHere } from './passkey-obstacle.ts';

/**
 * The ways in beside a password, each where it works, and what divides them from what is below; nothing where there are none.
 *
 * @param provider where the provider leads back to; without it the provider is not offered, since asking it leaves the page
 * @param onPasskey after signing in with a passkey; without it none is asked for
 */
export function OtherWaysIn({
  verb = 'Sign in',
  provider,
  onPasskey,
  or = 'or',
}: {
  verb?: 'Sign in' | 'Continue';
  provider?: { readonly back: string; readonly onLeave?: () => void };
  onPasskey?: () => void;
  or?: string;
}) {
  const rules = useSignInRules();
  const leave = useMutation({
    mutationFn: (back: string) =>
      auth<{ url: string }>('sign-in/social', { callbackURL: back, errorCallbackURL: '/sign-in' }),
    onSuccess: ({ url }) => location.assign(url),
  });
  const passkey = useMutation({ mutationFn: signInWithPasskey, ...(onPasskey && { onSuccess: onPasskey }) });
  if (rules === undefined) return null;
  const asksProvider = provider !== undefined && rules.single_sign_on !== undefined;
  const takesPasskeys = onPasskey !== undefined && passkeyObstacleHere(rules.passkey_domain) === undefined;
  if (!asksProvider && !takesPasskeys) return null;
  return (
    <>
      {asksProvider && (
        <>
          <Button
            variant="default"
            size="md"
            loading={leave.isPending}
            onClick={() => {
              provider.onLeave?.();
              leave.mutate(provider.back);
            }}
          >
            {verb} with {rules.single_sign_on}
          </Button>
          <ErrorNotice error={leave.error} />
        </>
      )}
      {takesPasskeys && (
        <>
          <Button variant="default" size="md" loading={passkey.isPending} onClick={() => passkey.mutate()}>
            Use a passkey
          </Button>
          <ErrorNotice error={passkey.error} />
        </>
      )}
      <Divider label={or} />
    </>
  );
}
