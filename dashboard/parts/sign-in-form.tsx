import { Anchor, Button, PasswordInput, Stack, Text, TextInput } from '@mantine/core';
import { isNotEmpty, useForm } from '@mantine/form';
import { useMutation } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { auth } from '../api/auth.ts';
import { ErrorNotice } from './notices.tsx';
import { cleanCode, isWholeCode } from './sign-in-codes.ts';

/** Email, password and, where the person has one, the second factor; only that where the rest was shown elsewhere. */
export function SignInForm({
  email,
  isHalfway = false,
  onDone,
}: {
  email?: string;
  isHalfway?: boolean;
  onDone: () => void;
}) {
  const [needsCode, setNeedsCode] = useState(isHalfway);
  return needsCode ? (
    <CodeStep onDone={onDone} />
  ) : (
    <PasswordStep email={email} onCode={() => setNeedsCode(true)} onDone={onDone} />
  );
}

function PasswordStep({
  email,
  onCode,
  onDone,
}: {
  email: string | undefined;
  onCode: () => void;
  onDone: () => void;
}) {
  const form = useForm({
    initialValues: { email: email ?? '', password: '' },
    validate: { email: isNotEmpty('Enter your email'), password: isNotEmpty('Enter your password') },
  });
  const signIn = useMutation({
    mutationFn: (values: typeof form.values) =>
      auth<{ twoFactorRedirect?: boolean }>('sign-in/email', { ...values, email: values.email.trim() }),
    onSuccess: ({ twoFactorRedirect }) => (twoFactorRedirect === true ? onCode() : onDone()),
  });
  return (
    <Step action="Sign in" change={signIn} onSubmit={form.onSubmit((values) => signIn.mutate(values))}>
      <TextInput
        label="Email"
        type="email"
        autoComplete="username"
        readOnly={email !== undefined}
        {...form.getInputProps('email')}
      />
      <PasswordInput label="Password" autoComplete="current-password" {...form.getInputProps('password')} />
    </Step>
  );
}

function CodeStep({ onDone }: { onDone: () => void }) {
  const [isBackup, setBackup] = useState(false);
  const form = useForm({ initialValues: { code: '' }, validate: { code: isNotEmpty('Enter the code') } });
  const verify = useMutation({
    mutationFn: (code: string) => auth(isBackup ? 'two-factor/verify-backup-code' : 'two-factor/verify-totp', { code }),
    onSuccess: onDone,
  });
  return (
    <Step
      action="Verify"
      change={verify}
      onSubmit={form.onSubmit(({ code }) => verify.mutate(cleanCode(code, isBackup)))}
    >
      <Text size="sm">
        {isBackup ? 'Enter one of your backup codes.' : 'Enter the code from your authenticator app.'}
      </Text>
      <TextInput
        label={isBackup ? 'Backup code' : 'Code'}
        className="mono-field"
        autoComplete="one-time-code"
        inputMode={isBackup ? 'text' : 'numeric'}
        spellCheck={false}
        autoFocus
        {...form.getInputProps('code')}
        onChange={(event) => {
          const code = isBackup ? event.currentTarget.value : cleanCode(event.currentTarget.value, false);
          form.setFieldValue('code', code);
          // Typed to its end or pasted: there is nothing left to do.
          if (!isBackup && isWholeCode(code) && !verify.isPending) verify.mutate(code);
        }}
      />
      <Anchor
        component="button"
        type="button"
        size="sm"
        ta="left"
        onClick={() => {
          setBackup(!isBackup);
          form.reset();
          verify.reset();
        }}
      >
        {isBackup ? 'Use the app' : 'Use a backup code'}
      </Anchor>
    </Step>
  );
}

function Step({
  action,
  change,
  onSubmit,
  children,
}: {
  action: string;
  change: { readonly isPending: boolean; readonly error: Error | null };
  onSubmit: React.FormEventHandler<HTMLFormElement>;
  children: ReactNode;
}) {
  return (
    <form onSubmit={onSubmit} noValidate>
      <Stack>
        {children}
        <ErrorNotice error={change.error} />
        <Button type="submit" size="md" loading={change.isPending} fullWidth>
          {action}
        </Button>
      </Stack>
    </form>
  );
}
