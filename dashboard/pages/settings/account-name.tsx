import { Button, Group, Stack, TextInput } from '@mantine/core';
import { isNotEmpty, useForm } from '@mantine/form';
import type { Account } from '@raffia/client/client.ts';
import { useCurrent, useMay } from '../../api/session.tsx';
import { useChange } from '../../api/use-change.ts';
import { ErrorNotice } from '../../parts/notices.tsx';
import { lacks } from '../../parts/refusals.ts';
import { Section } from '../../parts/section.tsx';
import { toast } from '../../parts/toast.tsx';

export function AccountName({ account }: { account: Account }) {
  const { api } = useCurrent();
  const isAllowed = useMay()('account.settings.manage');
  const form = useForm({
    initialValues: { name: account.name },
    validate: { name: isNotEmpty('An account needs a name') },
  });
  const save = useChange(({ name }: { name: string }) => api.updateAccount({ body: { name: name.trim() } }), {
    stale: ['account', 'session', 'audit'],
    onDone: ({ data }) => {
      form.setInitialValues({ name: data.name });
      form.reset();
      toast(`The account is called ${data.name} now`);
    },
  });
  return (
    <Section title="Account">
      <form onSubmit={form.onSubmit((values) => save.mutate(values))}>
        <Stack gap="sm">
          <TextInput
            label="Name"
            maxLength={64}
            readOnly={!isAllowed}
            {...(isAllowed ? {} : { description: lacks('account.settings.manage') })}
            {...form.getInputProps('name')}
          />
          <ErrorNotice error={save.error} />
          {isAllowed && (
            <Group>
              <Button type="submit" variant="default" loading={save.isPending} disabled={!form.isDirty()}>
                Save name
              </Button>
            </Group>
          )}
        </Stack>
      </form>
    </Section>
  );
}
