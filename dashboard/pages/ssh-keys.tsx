import { Button, Textarea, TextInput } from '@mantine/core';
import { isNotEmpty, useForm } from '@mantine/form';
import type { SSHKey } from '@raffia/client/client.ts';
import { Pencil, Plus, Terminal, Trash2 } from 'lucide-react';
import { useMemo, useState } from 'react';
import { useSshKeys } from '../api/lists.ts';
import { useCurrent, useMay } from '../api/session.tsx';
import { useChange } from '../api/use-change.ts';
import { sinceColumn } from '../parts/columns.tsx';
import { CopyIcon } from '../parts/copy.tsx';
import { DestroyDialog } from '../parts/destroy-dialog.tsx';
import { FilterBar } from '../parts/filter-bar.tsx';
import { ValuesDialog } from '../parts/form-dialog.tsx';
import { ListStates } from '../parts/list-states.tsx';
import { EmptyState, PageHead } from '../parts/notices.tsx';
import { lacks } from '../parts/refusals.ts';
import { type Column, ResourceTable } from '../parts/resource-table.tsx';
import type { Act } from '../parts/row-menu.tsx';
import { toast } from '../parts/toast.tsx';
import { useCount } from '../parts/use-count.ts';
import { useListState } from '../parts/use-list-state.ts';
import { useNewDialog } from '../parts/use-new-dialog.ts';

const columns: readonly Column<SSHKey>[] = [
  { id: 'name', title: 'Name', priority: 1, width: 180, sort: ({ name }) => name, cell: ({ name }) => <b>{name}</b> },
  {
    id: 'type',
    title: 'Type',
    priority: 2,
    width: 190,
    sort: ({ key_type }) => key_type,
    cell: ({ key_type }) => key_type,
  },
  {
    id: 'key',
    title: 'Public key',
    priority: 4,
    width: 280,
    cell: ({ name, public_key }) => (
      <span className="copyable">
        <span className="mono truncated">{public_key}</span>
        <CopyIcon value={public_key} label={`Copy the public key ${name}`} />
      </span>
    ),
  },
  sinceColumn({ id: 'added', title: 'Added', priority: 3, width: 130 }),
];

export default function SshKeys() {
  const keys = useSshKeys();
  const may = useMay();
  const { api } = useCurrent();
  const manages = may('account.settings.manage');
  const creating = useNewDialog(manages);
  const [count, setCount] = useState<string | undefined>(undefined);
  const [editing, setEditing] = useState<SSHKey | null>(null);
  const [deleting, setDeleting] = useState<SSHKey | null>(null);
  const remove = useChange((key: SSHKey) => api.deleteSSHKey({ id: key.id }), {
    stale: ['ssh-keys', 'audit'],
    onDone: (_, { name }) => {
      setDeleting(null);
      toast(`${name} is deleted. VMs that have it keep it.`);
    },
  });
  const add = manages && (
    <Button leftSection={<Plus size={16} aria-hidden />} onClick={creating.open}>
      Add SSH key
    </Button>
  );
  const refused = manages ? undefined : lacks('account.settings.manage');
  const actsOf = (key: SSHKey): readonly Act[] => [
    { label: 'Rename…', icon: Pencil, refused, onSelect: () => setEditing(key) },
    { label: 'Delete…', icon: Trash2, refused, isDangerous: true, onSelect: () => setDeleting(key) },
  ];
  return (
    <>
      <PageHead
        title="SSH keys"
        count={count}
        about="Public keys for new VMs. Private keys never leave your computer."
        action={add}
      />
      <ListStates
        query={keys}
        things="SSH keys"
        empty={
          <EmptyState icon={Terminal} title="No SSH keys" action={add}>
            Run <code className="mono">ssh-keygen -t ed25519</code>, then paste the .pub file here.
          </EmptyState>
        }
      >
        {(list) => <KeyList list={list} onCount={setCount} actsOf={actsOf} />}
      </ListStates>
      {creating.isOpen && <EditKey sshKey={null} onClose={creating.close} />}
      {editing !== null && <EditKey sshKey={editing} onClose={() => setEditing(null)} />}
      {deleting !== null && (
        <DestroyDialog
          title={`Delete ${deleting.name}`}
          names={[deleting.name]}
          action={`Delete ${deleting.name}`}
          isPending={remove.isPending}
          error={remove.error}
          onConfirm={() => remove.mutate(deleting)}
          onClose={() => setDeleting(null)}
        >
          You can't choose it for new VMs. Existing VMs keep it; remove it from their authorized_keys yourself.
        </DestroyDialog>
      )}
    </>
  );
}

function KeyList({
  list,
  onCount,
  actsOf,
}: {
  list: readonly SSHKey[];
  onCount: (count: string) => void;
  actsOf: (key: SSHKey) => readonly Act[];
}) {
  const { q, set, clear } = useListState();
  const text = q.trim().toLowerCase();
  const found = useMemo(
    () => list.filter(({ name, public_key }) => `${name} ${public_key}`.toLowerCase().includes(text)),
    [list, text],
  );
  useCount(found, list, onCount);
  return (
    <>
      <FilterBar
        search={q}
        onSearch={(next) => set('q', next === '' ? null : next)}
        placeholder="Search name or key"
        found={found.length}
        total={list.length}
        things="SSH keys"
      />
      <ResourceTable
        label="SSH keys"
        things="SSH keys"
        columns={columns}
        items={found}
        idOf={({ id }) => id}
        nameOf={({ name }) => name}
        actsOf={actsOf}
        onClear={() => clear(['q'])}
      />
    </>
  );
}

function EditKey({ sshKey, onClose }: { sshKey: SSHKey | null; onClose: () => void }) {
  const { api } = useCurrent();
  const form = useForm({
    initialValues: { name: sshKey?.name ?? '', publicKey: '' },
    validateInputOnBlur: true,
    validate: {
      name: isNotEmpty('A key needs a name'),
      publicKey: (value) => (sshKey === null && value.trim() === '' ? 'Paste the content of the .pub file' : null),
    },
  });
  const save = useChange(
    async ({ name, publicKey }: { name: string; publicKey: string }): Promise<unknown> =>
      sshKey === null
        ? api.createSSHKey({ body: { name: name.trim(), public_key: publicKey.trim() } })
        : api.updateSSHKey({ id: sshKey.id, body: { name: name.trim() } }),
    {
      stale: ['ssh-keys', 'audit'],
      onDone: (_, { name }) => {
        onClose();
        toast(sshKey === null ? `${name.trim()} is added` : `${sshKey.name} is called ${name.trim()} now`);
      },
    },
  );
  return (
    <ValuesDialog
      title={sshKey === null ? 'Add SSH key' : `Rename ${sshKey.name}`}
      action={sshKey === null ? 'Add SSH key' : 'Rename SSH key'}
      change={save}
      form={form}
      onSubmit={(values) => save.mutate(values)}
      onClose={onClose}
    >
      <TextInput data-autofocus label="Name" maxLength={128} {...form.getInputProps('name')} />
      {sshKey === null && (
        <Textarea
          label="Public key"
          placeholder="ssh-ed25519 AAAA… you@laptop"
          autosize
          minRows={3}
          spellCheck={false}
          {...form.getInputProps('publicKey')}
        />
      )}
    </ValuesDialog>
  );
}
