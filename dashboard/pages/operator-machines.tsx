import { Text, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import type { AccountSummary, FoundMachine } from '@raffia/client/client.ts';
import { CircleCheck, HousePlug, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { useAccountOfAll, useAccountsOfAll, useFoundMachines } from '../api/operator.ts';
import { useCurrent } from '../api/session.tsx';
import { useChange } from '../api/use-change.ts';
import { DestroyDialog } from '../parts/destroy-dialog.tsx';
import { FormDialog } from '../parts/form-dialog.tsx';
import { EmptyState, Loaded, PageHead } from '../parts/notices.tsx';
import { Pager, usePage } from '../parts/pager.tsx';
import { RelativeTime } from '../parts/relative-time.tsx';
import { type Column, ResourceTable } from '../parts/resource-table.tsx';
import { State } from '../parts/state-shape.tsx';
import { ThingSelect } from '../parts/thing-select.tsx';
import { toast } from '../parts/toast.tsx';

const perPage = 50;
const nameOf = ({ name, id }: FoundMachine) => name ?? id.slice(0, 8);

const columns: readonly Column<FoundMachine>[] = [
  { id: 'name', title: 'Name', priority: 1, width: 170, cell: (machine) => <b>{nameOf(machine)}</b> },
  {
    id: 'state',
    title: 'State',
    priority: 2,
    width: 140,
    cell: ({ is_running: isRunning, is_being_deleted: isGoing }) =>
      isGoing ? (
        <State shape="changing">Being deleted</State>
      ) : (
        <State shape={isRunning ? 'on' : 'off'}>{isRunning ? 'Running' : 'Stopped'}</State>
      ),
  },
  {
    id: 'size',
    title: 'Size',
    priority: 3,
    width: 190,
    cell: ({ cpu, ram, disk }) =>
      [
        cpu === undefined ? '' : `${cpu} vCPU`,
        ram === undefined ? '' : `${ram} GB`,
        disk === undefined ? '' : `${disk} GB disk`,
      ]
        .filter((words) => words !== '')
        .join(' · ') || '–',
  },
  {
    id: 'addresses',
    title: 'Addresses',
    priority: 4,
    width: 200,
    cell: ({ addresses }) =>
      addresses.length === 0 ? '–' : <span className="mono truncated">{addresses.join(', ')}</span>,
  },
  { id: 'found', title: 'Found', priority: 5, width: 120, cell: ({ found_at: at }) => <RelativeTime time={at} /> },
];

/** What is on the hosts that no row knows. */
export default function OperatorMachines() {
  const page = usePage(perPage);
  const machines = useFoundMachines(page);
  const [asked, setAsked] = useState<{ machine: FoundMachine; act: 'adopt' | 'delete' } | null>(null);
  return (
    <>
      <PageHead
        title="Found machines"
        count={machines.data?.total}
        about="Machines on the hosts that the database doesn't know, as after an older backup was restored. They stay as they are until you decide."
      />
      <Loaded query={machines}>
        {({ data, total }) =>
          total === 0 ? (
            <EmptyState icon={CircleCheck} title="Every machine is known">
              Nothing on the hosts waits for your decision.
            </EmptyState>
          ) : (
            <ResourceTable
              label="Found machines"
              things="machines"
              columns={columns}
              items={data}
              idOf={({ id }) => id}
              nameOf={nameOf}
              actsOf={(machine) => {
                const refused = machine.is_being_deleted ? 'It is being deleted' : undefined;
                const ask = (act: 'adopt' | 'delete') => () => setAsked({ machine, act });
                return [
                  { label: 'Adopt…', icon: HousePlug, onSelect: ask('adopt'), refused },
                  { label: 'Delete…', icon: Trash2, onSelect: ask('delete'), refused, isDangerous: true },
                ];
              }}
              foot={total > perPage ? <Pager total={total} {...page} /> : undefined}
            />
          )
        }
      </Loaded>
      {asked?.act === 'adopt' && <AdoptDialog machine={asked.machine} onClose={() => setAsked(null)} />}
      {asked?.act === 'delete' && <DeleteDialog machine={asked.machine} onClose={() => setAsked(null)} />}
    </>
  );
}

function AdoptDialog({ machine, onClose }: { machine: FoundMachine; onClose: () => void }) {
  const { api } = useCurrent();
  const [text, setText] = useState('');
  const [search] = useDebouncedValue(text.trim(), 200);
  const accounts = useAccountsOfAll({ limit: 20, offset: 0, ...(search === '' ? {} : { search }) });
  const [account, setAccount] = useState<AccountSummary | undefined>(undefined);
  const projects = useAccountOfAll(account?.id);
  const [project, setProject] = useState<string | null>(null);
  const change = useChange(
    () =>
      api.adoptFoundMachine({
        machine_id: machine.id,
        body: { account_id: account?.id ?? '', project_id: project ?? '' },
      }),
    {
      stale: ['operator-machines', 'operator-status', 'operator-accounts', 'vms'],
      onDone: ({ data }) => {
        toast(`${data.name} belongs to ${account?.name ?? 'the account'} now`);
        onClose();
      },
    },
  );
  const found = accounts.data?.data ?? [];
  const listed = account === undefined || found.some(({ id }) => id === account.id) ? found : [account, ...found];
  return (
    <FormDialog
      title={`Adopt ${nameOf(machine)}`}
      action="Adopt machine"
      change={change}
      isReady={account !== undefined && project !== null}
      isDirty={text !== '' || account !== undefined}
      onSubmit={() => change.mutate()}
      onClose={onClose}
    >
      <Text size="sm">It becomes a VM of the account you choose, and costs what its size costs from now on.</Text>
      <TextInput
        data-autofocus
        label="Find account"
        placeholder="Name or owner"
        maxLength={254}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <ThingSelect
        label="Account"
        nothing="No account matches"
        options={listed.map(({ id, name, owner_email: hint }) => ({ value: id, label: name, hint }))}
        value={account?.id ?? null}
        onChange={(id) => {
          setAccount(listed.find((one) => one.id === id));
          setProject(null);
        }}
      />
      {account !== undefined && (
        <ThingSelect
          label="Project"
          nothing={projects.data === undefined ? 'Loading' : 'No projects'}
          options={(projects.data?.projects ?? []).map(({ id, name }) => ({ value: id, label: name }))}
          value={project}
          onChange={setProject}
        />
      )}
    </FormDialog>
  );
}

function DeleteDialog({ machine, onClose }: { machine: FoundMachine; onClose: () => void }) {
  const { api } = useCurrent();
  const change = useChange(() => api.deleteFoundMachine({ machine_id: machine.id }), {
    stale: ['operator-machines', 'operator-status'],
    onDone: () => {
      toast(`${nameOf(machine)} is being deleted`);
      onClose();
    },
  });
  return (
    <DestroyDialog
      title={`Delete ${nameOf(machine)}`}
      names={[nameOf(machine)]}
      goes={["The machine and its disk. You can't undo this.", 'Its addresses. Other VMs can get them.']}
      action="Delete machine"
      isPending={change.isPending}
      error={change.error}
      onConfirm={() => change.mutate()}
      onClose={onClose}
    />
  );
}
