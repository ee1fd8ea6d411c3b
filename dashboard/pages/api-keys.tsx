import { Button } from '@mantine/core';
import type { APIKey } from '@raffia/client/client.ts';
import { KeyRound, Plus } from 'lucide-react';
import { useMemo, useState } from 'react';
import { useApiKeys, useMembers } from '../api/lists.ts';
import { useScope } from '../api/scope.tsx';
import { useMay } from '../api/session.tsx';
import { ColumnsMenu, FilterBar } from '../parts/filter-bar.tsx';
import { keyAccess } from '../parts/key-access.ts';
import { type KeyAction, KeyDialog, KeyMade } from '../parts/key-dialogs.tsx';
import { KeyStateShape, keyState } from '../parts/key-state.tsx';
import { ListStates } from '../parts/list-states.tsx';
import { EmptyState, PageHead } from '../parts/notices.tsx';
import { RelativeTime } from '../parts/relative-time.tsx';
import { type Column, ResourceTable } from '../parts/resource-table.tsx';
import { TagChip } from '../parts/tag-chip.tsx';
import { useCount } from '../parts/use-count.ts';
import { useKeyActs } from '../parts/use-key-acts.ts';
import { useListState } from '../parts/use-list-state.ts';
import { useNewDialog } from '../parts/use-new-dialog.ts';
import { CreateKey, type MadeKey } from './api-keys/create-key.tsx';

const states = [
  { value: 'active', label: 'Active' },
  { value: 'suspended', label: 'Suspended' },
  { value: 'expired', label: 'Expired' },
] as const;
const soonMs = 14 * 86_400_000;

function Expires({ apiKey: { expires_at } }: { apiKey: APIKey }) {
  if (expires_at === undefined) return <>Never</>;
  const left = Date.parse(expires_at) - Date.now();
  const isSoon = left > 0 && left < soonMs;
  return (
    <span {...(isSoon ? { style: { color: 'var(--raffia-warn)', fontWeight: 500 } } : {})}>
      <RelativeTime time={expires_at} />
    </span>
  );
}

function Access({ apiKey }: { apiKey: APIKey }) {
  const { role, where } = keyAccess(apiKey);
  return (
    <>
      <span style={{ color: 'var(--raffia-text)' }}>{role}</span>
      {where !== '' && ` · ${where}`}
    </>
  );
}

function useColumns(): readonly Column<APIKey>[] {
  const members = useMembers();
  return useMemo((): readonly Column<APIKey>[] => {
    const makerOf = ({ created_by }: APIKey) => members.data?.find(({ user_id }) => user_id === created_by)?.email;
    return [
      {
        id: 'name',
        title: 'Name',
        priority: 1,
        width: 180,
        sort: ({ name }) => name,
        cell: (key) => (
          <>
            {key.rate_limit_tier === 'high' && <TagChip kind="info">High limit</TagChip>}
            {keyAccess(key).where === 'everything' && <TagChip kind="straw">Full access</TagChip>}
          </>
        ),
      },
      {
        id: 'prefix',
        title: 'Prefix',
        priority: 5,
        width: 132,
        cell: ({ key_prefix }) => <span className="mono">{key_prefix}</span>,
      },
      {
        id: 'state',
        title: 'State',
        priority: 2,
        width: 112,
        sort: keyState,
        cell: (key) => <KeyStateShape apiKey={key} />,
      },
      {
        id: 'access',
        title: 'Access',
        priority: 3,
        width: 190,
        sort: (key) => keyAccess(key).role,
        cell: (key) => <Access apiKey={key} />,
      },
      {
        id: 'used',
        title: 'Last used',
        priority: 4,
        width: 124,
        sort: ({ last_used_at }) => (last_used_at === undefined ? undefined : -Date.parse(last_used_at)),
        cell: ({ last_used_at }) => (last_used_at === undefined ? 'Never used' : <RelativeTime time={last_used_at} />),
      },
      {
        id: 'expires',
        title: 'Expires',
        priority: 5,
        width: 116,
        sort: ({ expires_at }) => (expires_at === undefined ? undefined : Date.parse(expires_at)),
        cell: (key) => <Expires apiKey={key} />,
      },
      {
        id: 'creator',
        title: 'Created by',
        priority: 6,
        width: 180,
        isHidden: true,
        sort: makerOf,
        cell: (key) => makerOf(key) ?? '–',
      },
      {
        id: 'created',
        title: 'Created',
        priority: 6,
        width: 120,
        isHidden: true,
        sort: ({ created_at }) => created_at,
        cell: ({ created_at }) => (created_at === undefined ? '–' : <RelativeTime time={created_at} />),
      },
      {
        id: 'id',
        title: 'ID',
        priority: 6,
        width: 300,
        isHidden: true,
        cell: ({ id }) => <span className="mono">{id}</span>,
      },
    ];
  }, [members.data]);
}

export default function ApiKeys() {
  const keys = useApiKeys();
  const may = useMay();
  const creating = useNewDialog(may('account.apikeys.create'));
  const [count, setCount] = useState<string | undefined>(undefined);
  const [made, setMade] = useState<(MadeKey & { title: string }) | null>(null);
  const [dialog, setDialog] = useState<{ apiKey: APIKey; action: KeyAction } | null>(null);
  const create = may('account.apikeys.create') && (
    <Button leftSection={<Plus size={16} aria-hidden />} onClick={creating.open}>
      Create API key
    </Button>
  );
  return (
    <>
      <PageHead
        title="API keys"
        count={count}
        about="Give each program its own key, with one project and only the role it needs."
        action={create}
      />
      <ListStates
        query={keys}
        things="API keys"
        empty={
          <EmptyState icon={KeyRound} title="No API keys" action={create}>
            Keys let scripts, Terraform and CI use this account. The secret is shown once.
          </EmptyState>
        }
      >
        {(list) => (
          <KeyList list={list} onCount={setCount} onChoose={(apiKey, action) => setDialog({ apiKey, action })} />
        )}
      </ListStates>
      {creating.isOpen && (
        <CreateKey
          onClose={creating.close}
          onMade={(key) => {
            creating.close();
            setMade({ ...key, title: 'API key created' });
          }}
        />
      )}
      {dialog !== null && (
        <KeyDialog
          apiKey={dialog.apiKey}
          action={dialog.action}
          onClose={() => setDialog(null)}
          onSecret={(secret) =>
            setMade({ title: 'New secret', name: dialog.apiKey.name, secret, projectId: undefined, failed: [] })
          }
        />
      )}
      {made !== null && <KeyMade {...made} onClose={() => setMade(null)} />}
    </>
  );
}

function KeyList({
  list,
  onCount,
  onChoose,
}: {
  list: readonly APIKey[];
  onCount: (count: string) => void;
  onChoose: (apiKey: APIKey, action: KeyAction) => void;
}) {
  const { to } = useScope();
  const members = useMembers();
  const { q, chosen, setChosen, set, value, clear } = useListState();
  const columns = useColumns();
  const actsOf = useKeyActs(onChoose);
  const makers = (members.data ?? []).flatMap(({ user_id, email }) =>
    user_id ? [{ value: user_id, label: email }] : [],
  );
  const state = value('state', states);
  const maker = value('creator', makers);
  const text = q.trim().toLowerCase();
  const found = useMemo(
    () =>
      list.filter(
        (key) =>
          `${key.name} ${key.key_prefix}`.toLowerCase().includes(text) &&
          (state === null || keyState(key) === state) &&
          (maker === null || key.created_by === maker),
      ),
    [list, text, state, maker],
  );
  useCount(found, list, onCount);
  const active = list.filter((key) => keyState(key) === 'active');
  const full = active.filter((key) => keyAccess(key).where === 'everything').length;
  return (
    <>
      <FilterBar
        search={q}
        onSearch={(next) => set('q', next === '' ? null : next)}
        placeholder="Search name or prefix"
        found={found.length}
        total={list.length}
        things="API keys"
        filters={[
          { label: 'State', value: state, options: states, onChange: (next) => set('state', next) },
          ...(makers.length > 1
            ? [
                {
                  label: 'Created by',
                  value: maker,
                  options: makers,
                  onChange: (next: string | null) => set('creator', next),
                },
              ]
            : []),
        ]}
      >
        <ColumnsMenu columns={columns} chosen={chosen} onChange={setChosen} />
      </FilterBar>
      <ResourceTable
        label="API keys"
        things="API keys"
        columns={columns}
        items={found}
        idOf={({ id }) => id}
        nameOf={({ name }) => name}
        linkOf={({ id }) => to('account', `api-keys/${id}`)}
        actsOf={actsOf}
        chosen={chosen}
        onClear={() => clear(['q', 'state', 'creator'])}
        foot={`${active.length} active ${active.length === 1 ? 'key' : 'keys'}${full > 0 ? `, ${full} with full access` : ''}`}
      />
    </>
  );
}
