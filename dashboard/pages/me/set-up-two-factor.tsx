import { Code, Group, Text, TextInput } from '@mantine/core';
import { isNotEmpty, useForm } from '@mantine/form';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { renderSVG } from 'uqr';
import { auth } from '../../api/auth.ts';
import { refreshSession } from '../../api/session.tsx';
import { CopyIcon } from '../../parts/copy.tsx';
import { ValuesDialog } from '../../parts/form-dialog.tsx';
import { toast } from '../../parts/toast.tsx';
import { ConfirmPassword } from './confirm-password.tsx';

interface Setup {
  readonly totpURI: string;
  readonly backupCodes: readonly string[];
}

/** Asks for the password, shows the key of the app, and is on once a code of it was given. */
export function SetUpTwoFactor({
  onDone,
  onClose,
}: {
  onDone: (codes: readonly string[]) => void;
  onClose: () => void;
}) {
  const [setup, setSetup] = useState<Setup | null>(null);
  return setup === null ? (
    <AskPassword onDone={setSetup} onClose={onClose} />
  ) : (
    <AskCode setup={setup} onDone={() => onDone(setup.backupCodes)} onClose={onClose} />
  );
}

const title = 'Set up two-factor sign-in';

function AskPassword({ onDone, onClose }: { onDone: (setup: Setup) => void; onClose: () => void }) {
  const form = useForm({ initialValues: { password: '' }, validate: { password: isNotEmpty('Enter your password') } });
  const begin = useMutation({
    mutationFn: (values: { password: string }) => auth<Setup>('two-factor/enable', values),
    onSuccess: onDone,
  });
  return (
    <ValuesDialog
      title={title}
      action="Continue"
      change={begin}
      form={form}
      onSubmit={(values) => begin.mutate(values)}
      onClose={onClose}
    >
      <ConfirmPassword {...form.getInputProps('password')} />
    </ValuesDialog>
  );
}

function AskCode({ setup, onDone, onClose }: { setup: Setup; onDone: () => void; onClose: () => void }) {
  const form = useForm({
    initialValues: { code: '' },
    validate: { code: isNotEmpty('Enter the code that the app shows') },
  });
  const verify = useMutation({
    mutationFn: ({ code }: { code: string }) => auth('two-factor/verify-totp', { code: code.replaceAll(/\s/g, '') }),
    onSuccess: async () => {
      await refreshSession();
      toast('Two-factor sign-in is on');
      onDone();
    },
  });
  const key = new URL(setup.totpURI).searchParams.get('secret') ?? '';
  return (
    <ValuesDialog
      title={title}
      action="Turn on"
      change={verify}
      form={form}
      onSubmit={(values) => verify.mutate(values)}
      onClose={onClose}
    >
      <Text size="sm">Scan this with your authenticator app, or enter the key below.</Text>
      <img
        src={`data:image/svg+xml;base64,${btoa(renderSVG(setup.totpURI, { border: 2 }))}`}
        width={180}
        height={180}
        alt="The key as a QR code"
        style={{ borderRadius: 6 }}
      />
      <Group gap={4} wrap="nowrap">
        <Code className="breaking">{key}</Code>
        <CopyIcon value={key} label="Copy key" />
      </Group>
      <TextInput
        data-autofocus
        label="Code from the app"
        inputMode="numeric"
        autoComplete="one-time-code"
        maxLength={12}
        className="mono-field"
        maw={180}
        {...form.getInputProps('code')}
      />
    </ValuesDialog>
  );
}
