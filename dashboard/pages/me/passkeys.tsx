import { Group, Stack, Text, Title } from '@mantine/core';
import type { ListPasskeysAnswer } from '@raffia/client/client.ts';
import { mostPasskeys } from '@raffia/contract/sign-in.ts';
import { useQuery } from '@tanstack/react-query';
import { KeyRound, Pencil, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { openClient, useCurrent } from '../../api/session.tsx';
import { useSignInRules } from '../../api/sign-in-rules.ts';
import { ActButton } from '../../parts/act-button.tsx';
import { Loaded } from '../../parts/notices.tsx';
import { passkeyObstacleHere } from '../../parts/passkey-obstacle.ts';
import { RelativeTime } from '../../parts/relative-time.tsx';
import { type Column, ResourceTable } from '../../parts/resource-table.tsx';
import { AddPasskey, RemovePasskey, RenamePasskey } from './passkey-dialogs.tsx';

export type Passkey = ListPasskeysAnswer['data'][number];

const columns: readonly Column<Passkey>[] = [
  { id: 'name', title: 'Name', priority: 1, width: 220, cell: ({ name }) => <b className="breaking">{name}</b> },
  {
    id: 'added',
    title: 'Added',
    priority: 3,
    width: 140,
    cell: ({ created_at }) => <RelativeTime time={created_at} />,
  },
  {
    id: 'used',
    title: 'Last used',
    priority: 2,
    width: 140,
    cell: ({ last_used_at }) => (last_used_at === undefined ? 'Never used' : <RelativeTime time={last_used_at} />),
  },
];

type Dialog = 'add' | { readonly rename: Passkey } | { readonly remove: Passkey };

/** What the person signs in with in place of a password. */
export function Passkeys() {
  const { session } = useCurrent();
  const [dialog, setDialog] = useState<Dialog | null>(null);
  const rules = useSignInRules();
  const passkeys = useQuery({ queryKey: ['passkeys'], queryFn: async () => (await openClient.listPasskeys()).data });
  const { has_password, has_single_sign_on } = session.user;
  const obstacle = rules && passkeyObstacleHere(rules.passkey_domain);
  const count = passkeys.data?.length ?? 0;
  const close = () => setDialog(null);
  const refused = !has_password
    ? 'Adding a passkey asks for your password, and you have none. Choose Forgot password? on the sign-in page to set one.'
    : count >= mostPasskeys
      ? `You have ${mostPasskeys} passkeys, the most that you may have. Remove one first.`
      : undefined;
  const isLast = count === 1 && !has_password && !has_single_sign_on;
  return (
    <section aria-labelledby="passkeys">
      <Group justify="space-between" mb="sm">
        <Title order={2} size="h4" id="passkeys">
          Passkeys
        </Title>
        {rules !== undefined && obstacle === undefined && (
          <ActButton label="Add passkey…" icon={KeyRound} refused={refused} onClick={() => setDialog('add')} />
        )}
      </Group>
      <Stack gap="sm">
        <Text size="sm" c="dimmed">
          {obstacle ??
            'Sign in with your fingerprint, face, PIN or security key. A passkey takes the place of your password and of the code.'}
        </Text>
        <Loaded query={passkeys}>
          {(list) =>
            list.length > 0 && (
              <ResourceTable
                label="Passkeys"
                things="passkeys"
                columns={columns}
                items={list}
                idOf={({ id }) => id}
                nameOf={({ name }) => name}
                actsOf={(passkey) => [
                  { label: 'Rename…', icon: Pencil, onSelect: () => setDialog({ rename: passkey }) },
                  {
                    label: 'Remove…',
                    icon: Trash2,
                    isDangerous: true,
                    refused: isLast
                      ? "It's your only way to sign in. Set a password or add another passkey first."
                      : undefined,
                    onSelect: () => setDialog({ remove: passkey }),
                  },
                ]}
              />
            )
          }
        </Loaded>
      </Stack>
      {dialog === 'add' && <AddPasskey onClose={close} />}
      {dialog !== null && dialog !== 'add' && 'rename' in dialog && (
        <RenamePasskey passkey={dialog.rename} onClose={close} />
      )}
      {dialog !== null && dialog !== 'add' && 'remove' in dialog && (
        <RemovePasskey passkey={dialog.remove} onClose={close} />
      )}
    </section>
  );
}
