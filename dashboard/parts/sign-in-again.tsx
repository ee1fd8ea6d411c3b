import { Anchor, Modal, Stack, Text } from '@mantine/core';
import { useWindowEvent } from '@mantine/hooks';
import { queryClient, refreshSession, sessionEnded, useCurrent } from '../api/session.tsx';
import { useSignInRules } from '../api/sign-in-rules.ts';
import { OtherWaysIn } from './other-ways-in.tsx';
import { SignInForm } from './sign-in-form.tsx';

const readAll = () => void queryClient.invalidateQueries();

/** Whether somebody has signed in meanwhile in another tab. */
async function look(): Promise<void> {
  if (document.visibilityState !== 'visible') return;
  await refreshSession();
  if (!sessionEnded.get()) readAll();
}

/** The session ended while the page was open: signing in again, here or in another tab, brings everything back, with what was typed. */
export function SignInAgain({ onDone }: { onDone: () => void }) {
  const { session } = useCurrent();
  const provider = useSignInRules()?.single_sign_on;
  useWindowEvent('visibilitychange', look);
  useWindowEvent('focus', look);
  const finish = () => {
    onDone();
    readAll();
  };
  return (
    <Modal
      opened
      onClose={() => {}}
      withCloseButton={false}
      closeOnEscape={false}
      title="Your session has ended"
      centered
    >
      <Stack>
        <Text size="sm">Sign in to continue. Your input is kept.</Text>
        <OtherWaysIn onPasskey={finish} />
        <SignInForm email={session.user.email} onDone={finish} />
        {provider !== undefined && (
          <Anchor href="/sign-in" target="_blank" size="sm">
            Sign in with {provider} in a new tab
          </Anchor>
        )}
      </Stack>
    </Modal>
  );
}
