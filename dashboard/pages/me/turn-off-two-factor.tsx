import { Text } from '@mantine/core';
import { isNotEmpty, useForm } from '@mantine/form';
import { useMutation } from '@tanstack/react-query';
import { auth } from '../../api/auth.ts';
import { refreshSession } from '../../api/session.tsx';
import { ValuesDialog } from '../../parts/form-dialog.tsx';
import { toast } from '../../parts/toast.tsx';
import { ConfirmPassword } from './confirm-password.tsx';

export function TurnOffTwoFactor({ onClose }: { onClose: () => void }) {
  const form = useForm({ initialValues: { password: '' }, validate: { password: isNotEmpty('Enter your password') } });
  const end = useMutation({
    mutationFn: (values: { password: string }) => auth('two-factor/disable', values),
    onSuccess: async () => {
      await refreshSession();
      onClose();
      toast('Two-factor sign-in is off');
    },
  });
  return (
    <ValuesDialog
      title="Turn off two-factor sign-in"
      action="Turn off"
      isDestructive
      change={end}
      form={form}
      onSubmit={(values) => end.mutate(values)}
      onClose={onClose}
    >
      <Text size="sm">Your password alone signs in from now on. Your backup codes stop working.</Text>
      <ConfirmPassword {...form.getInputProps('password')} />
    </ValuesDialog>
  );
}
