import { Button, Group, Text } from '@mantine/core';
import { useState } from 'react';
import { useCurrent } from '../../api/session.tsx';
import { Section } from '../../parts/section.tsx';
import { State } from '../../parts/state-shape.tsx';
import { BackupCodes } from './backup-codes.tsx';
import { NewBackupCodes } from './new-backup-codes.tsx';
import { SetUpTwoFactor } from './set-up-two-factor.tsx';
import { TurnOffTwoFactor } from './turn-off-two-factor.tsx';

type Dialog = 'set up' | 'turn off' | 'new codes' | { readonly codes: readonly string[] };

/** The code of an app beside the password: turned on and off, with codes for the day when the app is lost. */
export function TwoFactor() {
  const { session } = useCurrent();
  const [dialog, setDialog] = useState<Dialog | null>(null);
  const isOn = session.user.has_second_factor;
  if (!session.user.has_password) return null;
  const close = () => setDialog(null);
  const showCodes = (codes: readonly string[]) => setDialog({ codes });
  return (
    <Section title="Two-factor sign-in">
      <State shape={isOn ? 'on' : 'off'}>{isOn ? 'On' : 'Off'}</State>
      <Text size="sm" c="dimmed">
        {isOn
          ? 'Each sign-in asks for a code from your authenticator app, or for a backup code.'
          : 'Ask for a code from your authenticator app at each sign-in.'}
      </Text>
      <Group gap="xs">
        {isOn ? (
          <>
            <Button variant="default" onClick={() => setDialog('new codes')}>
              New backup codes…
            </Button>
            <Button variant="default" color="red" onClick={() => setDialog('turn off')}>
              Turn off…
            </Button>
          </>
        ) : (
          <Button variant="default" onClick={() => setDialog('set up')}>
            Set up two-factor sign-in…
          </Button>
        )}
      </Group>
      {dialog === 'set up' && <SetUpTwoFactor onDone={showCodes} onClose={close} />}
      {dialog === 'turn off' && <TurnOffTwoFactor onClose={close} />}
      {dialog === 'new codes' && <NewBackupCodes onDone={showCodes} onClose={close} />}
      {dialog !== null && typeof dialog === 'object' && <BackupCodes codes={dialog.codes} onClose={close} />}
    </Section>
  );
}
