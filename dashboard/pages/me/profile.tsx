import { Button, Group, Stack, TextInput } from '@mantine/core';
import { isNotEmpty, useForm } from '@mantine/form';
import { useMutation } from '@tanstack/react-query';
import { auth } from '../../api/auth.ts';
import { refreshSession, useCurrent } from '../../api/session.tsx';
import { ErrorNotice } from '../../parts/notices.tsx';
import { Section } from '../../parts/section.tsx';
import { toast } from '../../parts/toast.tsx';

export function Profile() {
  const { session } = useCurrent();
  const form = useForm({
    initialValues: { name: session.user.name },
    validate: { name: isNotEmpty('Enter your name') },
  });
  const save = useMutation({
    mutationFn: ({ name }: { name: string }) => auth('update-user', { name: name.trim() }),
    onSuccess: async (_, values) => {
      form.resetDirty(values);
      await refreshSession();
      toast(`Others see you as ${values.name.trim()} now`);
    },
  });
  return (
    <Section title="Profile">
      <form onSubmit={form.onSubmit((values) => save.mutate(values))}>
        <Stack gap="sm">
          <TextInput label="Email" value={session.user.email} readOnly description="You sign in with it." />
          <TextInput
            label="Name"
            description="Others in your accounts see it."
            autoComplete="name"
            maxLength={128}
            {...form.getInputProps('name')}
          />
          <ErrorNotice error={save.error} />
          <Group>
            <Button type="submit" variant="default" loading={save.isPending} disabled={!form.isDirty()}>
              Save name
            </Button>
          </Group>
        </Stack>
      </form>
    </Section>
  );
}
