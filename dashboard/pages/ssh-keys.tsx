import { Badge, Button, Card, Group, Table, Text, Textarea, TextInput } from '@mantine/core';
import type { SSHKey } from '@raffia/client/client.ts';
import { Plus, Terminal } from 'lucide-react';
import { useState } from 'react';
import { useSshKeys } from '../api/lists.ts';
import { useCurrent, useMay } from '../api/session.tsx';
import { useChange } from '../api/use-change.ts';
import { CopyIcon } from '../parts/copy.tsx';
import { actions, DataTable, RowAction } from '../parts/data-table.tsx';
import { DestroyDialog } from '../parts/destroy-dialog.tsx';
import { FormDialog } from '../parts/form-dialog.tsx';
import { EmptyState, Loaded, PageHead } from '../parts/notices.tsx';
import { RelativeTime } from '../parts/relative-time.tsx';
import { useNewDialog } from '../parts/use-new-dialog.ts';

export default function SshKeys() {
  const keys = useSshKeys();
  const may = useMay();
  const { api } = useCurrent();
  const [editing, setEditing] = useState<SSHKey | null>(null);
  const creating = useNewDialog(may('account.settings.manage'));
  const [deleting, setDeleting] = useState<SSHKey | null>(null);
  const manages = may('account.settings.manage');
  const remove = useChange((key: SSHKey) => api.deleteSSHKey({ id: key.id }), {
    stale: ['ssh-keys', 'audit'],
    done: 'The key was deleted; machines that have it keep it',
    onDone: () => setDeleting(null),
  });
  const add = manages && (
    <Button leftSection={<Plus size={16} />} onClick={creating.open}>
      Add SSH key
    </Button>
  );
  return (
    <>
      <PageHead
        title="SSH keys"
        about="Public keys that new machines can be given; the private halves stay with you."
        action={add}
      />
      <Loaded query={keys}>
        {(list) =>
          list.length === 0 ? (
            <EmptyState icon={Terminal} title="No SSH key yet" action={add}>
              Make a pair with <code>ssh-keygen -t ed25519</code>, and add what is in the file that ends in{' '}
              <code>.pub</code>. A machine that is made with it lets you in without a password.
            </EmptyState>
          ) : (
            <Card withBorder p={0}>
              <DataTable columns={['Name', { wide: 'Type' }, { wide: 'Public key' }, { wide: 'Added' }, actions]}>
                {list.map((key) => (
                  <Table.Tr key={key.id}>
                    <Table.Td fw={600}>{key.name}</Table.Td>
                    <Table.Td className="wide">
                      <Badge variant="outline" color="gray" tt="none">
                        {key.key_type}
                      </Badge>
                    </Table.Td>
                    <Table.Td className="wide">
                      <Group gap={4} wrap="nowrap">
                        <Text size="xs" className="mono" truncate maw={220}>
                          {key.public_key}
                        </Text>
                        <CopyIcon value={key.public_key ?? ''} label="Copy the public key" />
                      </Group>
                    </Table.Td>
                    <Table.Td className="wide">
                      {key.created_at !== undefined && <RelativeTime time={key.created_at} />}
                    </Table.Td>
                    <Table.Td ta="right">
                      <RowAction disabled={!manages} onClick={() => setEditing(key)}>
                        Rename
                      </RowAction>
                      <RowAction disabled={!manages} onClick={() => setDeleting(key)}>
                        Delete
                      </RowAction>
                    </Table.Td>
                  </Table.Tr>
                ))}
              </DataTable>
            </Card>
          )
        }
      </Loaded>
      {creating.isOpen && <EditKey sshKey={null} onClose={creating.close} />}
      {editing !== null && <EditKey sshKey={editing} onClose={() => setEditing(null)} />}
      {deleting !== null && (
        <DestroyDialog
          title="Delete SSH key"
          names={[deleting.name]}
          action="Delete"
          isPending={remove.isPending}
          error={remove.error}
          onConfirm={() => remove.mutate(deleting)}
          onClose={() => setDeleting(null)}
        >
          New machines cannot be given it any more. Machines that have it keep it: take it out of their authorized_keys.
        </DestroyDialog>
      )}
    </>
  );
}

function EditKey({ sshKey, onClose }: { sshKey: SSHKey | null; onClose: () => void }) {
  const { api } = useCurrent();
  const [name, setName] = useState(sshKey?.name ?? '');
  const [publicKey, setPublicKey] = useState('');
  const save = useChange(
    async (): Promise<unknown> =>
      sshKey === null
        ? api.createSSHKey({ body: { name: name.trim(), public_key: publicKey.trim() } })
        : api.updateSSHKey({ id: sshKey.id, body: { name: name.trim() } }),
    { stale: ['ssh-keys', 'audit'], done: sshKey === null ? 'The key was added' : 'Renamed', onDone: onClose },
  );
  return (
    <FormDialog
      title={sshKey === null ? 'Add SSH key' : `Rename ${sshKey.name}`}
      action={sshKey === null ? 'Add' : 'Rename'}
      change={save}
      onSubmit={() => save.mutate()}
      onClose={onClose}
    >
      <TextInput
        data-autofocus
        label="Name"
        value={name}
        onChange={(e) => setName(e.currentTarget.value)}
        maxLength={128}
        required
      />
      {sshKey === null && (
        <Textarea
          label="Public key"
          placeholder="ssh-ed25519 AAAA… you@laptop"
          value={publicKey}
          onChange={(event) => setPublicKey(event.currentTarget.value)}
          autosize
          minRows={3}
          spellCheck={false}
          required
        />
      )}
    </FormDialog>
  );
}
