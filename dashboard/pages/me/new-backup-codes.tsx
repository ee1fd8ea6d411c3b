import { Text } from '@mantine/core';
import { isNotEmpty, useForm } from '@mantine/form';
import { useMutation } from '@tanstack/react-query';
import { auth } from '../../api/auth.ts';
import { ValuesDialog } from '../../parts/form-dialog.tsx';
import { ConfirmPassword } from './confirm-password.tsx';

/** Makes new codes in place of those of before. */
export function NewBackupCodes({
  onDone,
  onClose,
}: {
  onDone: (codes: readonly string[]) => void;
  onClose: () => void;
}) {
  const form = useForm({ initialValues: { password: '' }, validate: { password: isNotEmpty('Enter your password') } });
  const make = useMutation({
    mutationFn: (values: { password: string }) =>
      auth<{ backupCodes: string[] }>('two-factor/generate-backup-codes', values),
    onSuccess: ({ backupCodes }) => onDone(backupCodes),
  });
  return (
    <ValuesDialog
      title="New backup codes"
      action="Make new codes"
      change={make}
      form={form}
      onSubmit={(values) => make.mutate(values)}
      onClose={onClose}
    >
      <Text size="sm">The codes that you have stop working now.</Text>
      <ConfirmPassword {...form.getInputProps('password')} />
    </ValuesDialog>
  );
}
