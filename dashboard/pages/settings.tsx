import { Button, Group, Stack, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useAccount } from '../api/lists.ts';
import { useCurrent, useMay } from '../api/session.tsx';
import { useChange } from '../api/use-change.ts';
import { ErrorNotice, Loaded, PageHead } from '../parts/notices.tsx';
import { Section } from '../parts/section.tsx';

export default function Settings() {
  return (
    <Stack maw={760}>
      <PageHead title="Settings" />
      <AccountSettings />
    </Stack>
  );
}

function AccountSettings() {
  const { api } = useCurrent();
  const account = useAccount();
  const may = useMay();
  const [name, setName] = useState<string | null>(null);
  const save = useChange(() => api.updateAccount({ body: { name: (name ?? '').trim() } }), {
    stale: ['account', 'session', 'audit'],
    done: 'Saved',
    onDone: () => setName(null),
  });
  return (
    <Section title="Account">
      <Loaded query={account}>
        {(found) => (
          <form
            onSubmit={(event) => {
              event.preventDefault();
              save.mutate();
            }}
          >
            <Stack gap="sm">
              <TextInput
                label="Name"
                value={name ?? found.name}
                onChange={(event) => setName(event.currentTarget.value)}
                readOnly={!may('account.settings.manage')}
                maxLength={64}
              />
              <Text size="sm">Owner: {found.owner_email}. To change the owner, ask your operator.</Text>
              <Text size="xs" c="dimmed" className="mono">
                {found.id}
              </Text>
              <ErrorNotice error={save.error} />
              <Group>
                <Button
                  type="submit"
                  variant="default"
                  loading={save.isPending}
                  disabled={name === null || name.trim() === '' || name === found.name}
                >
                  Save
                </Button>
              </Group>
            </Stack>
          </form>
        )}
      </Loaded>
    </Section>
  );
}
