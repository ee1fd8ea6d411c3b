import { Text, TextInput } from '@mantine/core';
import { isNotEmpty, useForm } from '@mantine/form';
import { useMutation } from '@tanstack/react-query';
import { auth } from '../../api/auth.ts';
import { addPasskey } from '../../api/passkeys.ts';
import { queryClient } from '../../api/session.tsx';
import { FormDialog, ValuesDialog } from '../../parts/form-dialog.tsx';
import { toast } from '../../parts/toast.tsx';
import { browserOf } from './browser-of.ts';
import { ConfirmPassword } from './confirm-password.tsx';
import type { Passkey } from './passkeys.tsx';

const again = () => queryClient.invalidateQueries({ queryKey: ['passkeys'] });
const named = isNotEmpty('Enter a name by which you know it');

/** Asks for the password; the browser asks for the rest. */
export function AddPasskey({ onClose }: { onClose: () => void }) {
  const form = useForm({
    initialValues: { name: browserOf(navigator.userAgent), password: '' },
    validate: { name: named, password: isNotEmpty('Enter your password') },
  });
  const add = useMutation({
    mutationFn: ({ name, password }: typeof form.values) => addPasskey({ name: name.trim(), password }),
    onSuccess: (_, { name }) => {
      void again();
      onClose();
      toast(`${name.trim()} signs you in from now on`);
    },
  });
  return (
    <ValuesDialog
      title="Add passkey"
      action="Add passkey"
      change={add}
      form={form}
      onSubmit={(values) => add.mutate(values)}
      onClose={onClose}
    >
      <Text size="sm">Your browser asks next where to keep it. Anyone who can unlock that can sign in as you.</Text>
      <TextInput label="Name" maxLength={64} {...form.getInputProps('name')} />
      <ConfirmPassword {...form.getInputProps('password')} />
    </ValuesDialog>
  );
}

export function RenamePasskey({ passkey, onClose }: { passkey: Passkey; onClose: () => void }) {
  const form = useForm({ initialValues: { name: passkey.name }, validate: { name: named } });
  const rename = useMutation({
    mutationFn: (name: string) => auth('passkey/update-passkey', { id: passkey.id, name }),
    onSuccess: (_, name) => {
      void again();
      onClose();
      if (name !== passkey.name) toast(`${passkey.name} is called ${name} now`);
    },
  });
  return (
    <ValuesDialog
      title={`Rename ${passkey.name}`}
      action="Rename passkey"
      change={rename}
      form={form}
      onSubmit={({ name }) => rename.mutate(name.trim())}
      onClose={onClose}
    >
      <TextInput data-autofocus label="Name" maxLength={64} {...form.getInputProps('name')} />
    </ValuesDialog>
  );
}

export function RemovePasskey({ passkey, onClose }: { passkey: Passkey; onClose: () => void }) {
  const remove = useMutation({
    mutationFn: () => auth('passkey/delete-passkey', { id: passkey.id }),
    onSuccess: () => {
      void again();
      onClose();
      toast(`${passkey.name} no longer signs you in`);
    },
  });
  return (
    <FormDialog
      title={`Remove ${passkey.name}?`}
      action="Remove passkey"
      isDestructive
      change={remove}
      onSubmit={() => remove.mutate()}
      onClose={onClose}
    >
      <Text size="sm">
        It no longer signs you in, and can't be brought back: you'd add a new one. Sessions that are open stay signed
        in. Delete it where you keep it, too.
      </Text>
    </FormDialog>
  );
}
