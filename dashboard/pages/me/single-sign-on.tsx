import { Alert, Button, Group, Text } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useSearchParams } from 'react-router';
import { auth } from '../../api/auth.ts';
import { useCurrent } from '../../api/session.tsx';
import { useSignInRules } from '../../api/sign-in-rules.ts';
import { ErrorNotice } from '../../parts/notices.tsx';
import { Section } from '../../parts/section.tsx';
import { State } from '../../parts/state-shape.tsx';

export function SingleSignOn() {
  const { session } = useCurrent();
  const [search] = useSearchParams();
  const provider = useSignInRules()?.single_sign_on;
  const link = useMutation({
    mutationFn: () => auth<{ url: string }>('link-social', { callbackURL: '/me', errorCallbackURL: '/me' }),
    onSuccess: ({ url }) => location.assign(url),
  });
  if (provider === undefined) return null;
  const isLinked = session.user.has_single_sign_on;
  return (
    <Section title="Single sign-on">
      <State shape={isLinked ? 'on' : 'off'}>{isLinked ? 'Linked' : 'Not linked'}</State>
      <Text size="sm" c="dimmed">
        {isLinked
          ? `You can sign in with ${provider}.`
          : `Link ${provider} to sign in with it. It must know you as ${session.user.email}.`}
      </Text>
      {search.has('error') && (
        <Alert color="yellow">
          Couldn't link {provider}. It must have verified {session.user.email}, and must not be linked to another person
          here.
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
