import { Anchor, Button, PasswordInput, Stack, Text, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { auth } from '../api/auth.ts';
import { ErrorNotice } from './notices.tsx';

/** E-mail, password and, where the person has one, the second factor; only that where the rest was shown elsewhere. */
export function SignInForm({
  email: fixed,
  isHalfway = false,
  onDone,
}: {
  email?: string;
  isHalfway?: boolean;
  onDone: () => void;
}) {
  const [email, setEmail] = useState(fixed ?? '');
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const [needsCode, setNeedsCode] = useState(isHalfway);
  const [usesBackup, setUsesBackup] = useState(false);
  const signIn = useMutation({
    mutationFn: async () => {
      if (needsCode) {
        await auth(usesBackup ? 'two-factor/verify-backup-code' : 'two-factor/verify-totp', { code: code.trim() });
        return true;
      }
      const answer = await auth<{ twoFactorRedirect?: boolean }>('sign-in/email', { email: email.trim(), password });
      if (answer.twoFactorRedirect !== true) return true;
      setNeedsCode(true);
      return false;
    },
    onSuccess: (isIn) => isIn && onDone(),
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        signIn.mutate();
      }}
    >
      <Stack>
        {needsCode ? (
          <>
            <Text size="sm">
              {usesBackup
                ? 'Type one of the backup codes that you kept.'
                : 'Type the code that your authenticator app shows.'}
            </Text>
            <TextInput
              label={usesBackup ? 'Backup code' : 'Code'}
              value={code}
              onChange={(event) => setCode(event.currentTarget.value)}
              autoComplete="one-time-code"
              inputMode={usesBackup ? 'text' : 'numeric'}
              autoFocus
              required
            />
            <Anchor component="button" type="button" size="sm" ta="left" onClick={() => setUsesBackup(!usesBackup)}>
              {usesBackup ? 'Use the app instead' : 'The app is not at hand? Use a backup code'}
            </Anchor>
          </>
        ) : (
          <>
            <TextInput
              label="E-mail"
              type="email"
              value={email}
              onChange={(event) => setEmail(event.currentTarget.value)}
              autoComplete="username"
              readOnly={fixed !== undefined}
              required
            />
            <PasswordInput
              label="Password"
              value={password}
              onChange={(event) => setPassword(event.currentTarget.value)}
              autoComplete="current-password"
              required
            />
          </>
        )}
        <ErrorNotice error={signIn.error} />
        <Button type="submit" loading={signIn.isPending} fullWidth>
          {needsCode ? 'Verify' : 'Sign in'}
        </Button>
      </Stack>
    </form>
  );
}
