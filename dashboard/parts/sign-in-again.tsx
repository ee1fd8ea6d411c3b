import { Modal, Text } from '@mantine/core';
import { queryClient, useCurrent } from '../api/session.tsx';
import { SignInForm } from './sign-in-form.tsx';

/** The session ended while the page was open: signing in again brings everything back, with what was typed. */
export function SignInAgain({ onDone }: { onDone: () => void }) {
  const { session } = useCurrent();
  return (
    <Modal
      opened
      onClose={() => {}}
      withCloseButton={false}
      closeOnEscape={false}
      title="Your session has ended"
      centered
    >
      <Text size="sm" mb="md">
        Sign in to continue. Your input is kept.
      </Text>
      <SignInForm
        email={session.user.email}
        onDone={() => {
          onDone();
          void queryClient.invalidateQueries();
        }}
      />
    </Modal>
  );
}
