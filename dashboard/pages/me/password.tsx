import { Button, Group, PasswordInput, Stack } from '@mantine/core';
import { isNotEmpty, useForm } from '@mantine/form';
import { useMutation } from '@tanstack/react-query';
import { auth } from '../../api/auth.ts';
import { queryClient, useCurrent } from '../../api/session.tsx';
import { NewPassword, shortPassword } from '../../parts/new-password.tsx';
import { ErrorNotice } from '../../parts/notices.tsx';
import { Section } from '../../parts/section.tsx';
import { toast } from '../../parts/toast.tsx';

export function Password() {
  const { session } = useCurrent();
  const form = useForm({
    initialValues: { current: '', next: '' },
    validate: { current: isNotEmpty('Enter your current password'), next: shortPassword },
  });
  const change = useMutation({
    mutationFn: ({ current, next }: typeof form.values) =>
      auth('change-password', { currentPassword: current, newPassword: next, revokeOtherSessions: true }),
    onSuccess: () => {
      form.reset();
      void queryClient.invalidateQueries({ queryKey: ['sessions'] });
      toast('Your password is changed, and your other sessions are signed out');
    },
  });
  if (!session.user.has_password) return null;
  return (
    <Section title="Password">
      <form onSubmit={form.onSubmit((values) => change.mutate(values))}>
        <Stack gap="sm">
          <PasswordInput label="Current password" autoComplete="current-password" {...form.getInputProps('current')} />
          <NewPassword {...form.getInputProps('next')} />
          <ErrorNotice error={change.error} />
          <Group>
            <Button type="submit" variant="default" loading={change.isPending}>
              Change password
            </Button>
          </Group>
        </Stack>
      </form>
    </Section>
  );
}
