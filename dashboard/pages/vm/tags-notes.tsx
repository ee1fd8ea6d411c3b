import { Button, Card, CloseButton, Group, Pill, SimpleGrid, Stack, Textarea, TextInput, Title } from '@mantine/core';
import type { VM, VMNotesResponse } from '@raffia/client/client.ts';
import type { NoteType } from '@raffia/contract/enums.ts';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { queryClient, useCurrent } from '../../api/session.tsx';
import { useChange } from '../../api/use-change.ts';
import { ErrorNotice, Loaded } from '../../parts/notices.tsx';
import { toast } from '../../parts/toast.tsx';
import { useVmRefusal } from '../../parts/use-vm-refusal.ts';

export function Tags({ vm }: { vm: VM }) {
  const { api } = useCurrent();
  const [name, setName] = useState('');
  const options = { projectId: vm.project_id ?? '' };
  const manages = useVmRefusal()(vm, 'tag', 'vm.manage') === undefined;
  const stale = ['vm', 'vms', 'audit'];
  const add = useChange(() => api.addVMTag({ id: vm.id, body: { name: name.trim() } }, options), {
    stale,
    onDone: () => setName(''),
  });
  const remove = useChange((tagId: string) => api.removeVMTag({ id: vm.id, tagId }, options), { stale });
  return (
    <Card withBorder>
      <Title order={2} size="h4" mb="sm">
        Tags
      </Title>
      <Stack gap="sm">
        <Group gap="xs">
          {(vm.tags ?? []).map((tag) => (
            <Pill key={tag.id} size="md">
              {tag.name}
              {manages && (
                <CloseButton
                  size="xs"
                  aria-label={`Remove the tag ${tag.name}`}
                  onClick={() => remove.mutate(tag.id)}
                />
              )}
            </Pill>
          ))}
        </Group>
        {manages && (
          <form
            onSubmit={(event) => {
              event.preventDefault();
              if (name.trim() !== '') add.mutate();
            }}
          >
            <Group align="flex-end">
              <TextInput
                label="New tag"
                value={name}
                onChange={(event) => setName(event.currentTarget.value)}
                maxLength={64}
              />
              <Button type="submit" variant="default" loading={add.isPending} disabled={name.trim() === ''}>
                Add tag
              </Button>
            </Group>
          </form>
        )}
        <ErrorNotice error={add.error ?? remove.error} />
      </Stack>
    </Card>
  );
}

export function Notes({ vm }: { vm: VM }) {
  const { account, api } = useCurrent();
  const refusal = useVmRefusal();
  const notes = useQuery({
    queryKey: [account.id, 'notes', vm.id],
    queryFn: ({ signal }) => api.getVMNotes({ id: vm.id }, { signal }),
  });
  return (
    <Loaded query={notes}>
      {(found: VMNotesResponse) => (
        <SimpleGrid cols={{ base: 1, sm: 2 }}>
          <Note
            vm={vm}
            type="personal"
            title="Private note"
            about="Only you"
            initial={found.personal_note?.content ?? ''}
            isAllowed
          />
          <Note
            vm={vm}
            type="account"
            title="Shared note"
            about="Everyone with access to this VM"
            initial={found.account_note?.content ?? ''}
            isAllowed={refusal(vm, 'note', 'vm.manage') === undefined}
          />
        </SimpleGrid>
      )}
    </Loaded>
  );
}

function Note({
  vm,
  type,
  title,
  about,
  initial,
  isAllowed,
}: {
  vm: VM;
  type: NoteType;
  title: string;
  about: string;
  initial: string;
  isAllowed: boolean;
}) {
  const { account, api } = useCurrent();
  // What somebody else writes meanwhile is shown, unless something was typed here.
  const [typed, setTyped] = useState<string | null>(null);
  const text = typed ?? initial;
  const save = useChange(
    () => api.upsertVMNote({ id: vm.id, type, body: { content: text } }, { projectId: vm.project_id ?? '' }),
    {
      stale: ['notes', 'audit'],
      onDone: () => {
        toast(text === '' ? `The note on ${vm.name} is cleared` : `The note on ${vm.name} is saved`);
        void queryClient.invalidateQueries({ queryKey: [account.id, 'notes', vm.id] }).then(() => setTyped(null));
      },
    },
  );
  return (
    <Card withBorder>
      <Stack gap="sm">
        <Textarea
          label={title}
          description={about}
          value={text}
          onChange={(event) => setTyped(event.currentTarget.value)}
          autosize
          minRows={4}
          readOnly={!isAllowed}
        />
        <ErrorNotice error={save.error} />
        <Group>
          <Button
            variant="default"
            loading={save.isPending}
            disabled={!isAllowed || text === initial}
            onClick={() => save.mutate()}
          >
            {text === '' && initial !== '' ? 'Clear note' : 'Save note'}
          </Button>
          {isAllowed && text !== '' && text === initial && (
            <Button variant="subtle" color="gray" onClick={() => setTyped('')}>
              Empty
            </Button>
          )}
          {text !== initial && (
            <Button variant="subtle" color="gray" onClick={() => setTyped(null)}>
              Discard
            </Button>
          )}
        </Group>
      </Stack>
    </Card>
  );
}
