import { Anchor, Button, Popover } from '@mantine/core';
import type { APIKey } from '@raffia/client/client.ts';
import { tiers } from '@raffia/contract/tiers.ts';
import { KeyRound, Plus } from 'lucide-react';
import { useMemo, useState } from 'react';
import { Link, Navigate, useSearchParams } from 'react-router';
import { useApiKeys, useMembers } from '../api/lists.ts';
import { useScope } from '../api/scope.tsx';
import { useMay } from '../api/session.tsx';
import { ColumnsMenu, FilterBar } from '../parts/filter-bar.tsx';
import { keyAccess } from '../parts/key-access.ts';
import { type KeyAction, KeyDialog, KeyMade } from '../parts/key-dialogs.tsx';
import { aboutToExpire, expiresSoon, isUnused, keyState } from '../parts/key-life.ts';
import { KeyStateShape } from '../parts/key-state.tsx';
import { ListStates } from '../parts/list-states.tsx';
import { EmptyState, PageHead } from '../parts/notices.tsx';
import { plural } from '../parts/plural.ts';
import { RelativeTime } from '../parts/relative-time.tsx';
import { type Column, ResourceTable } from '../parts/resource-table.tsx';
import { TagChip } from '../parts/tag-chip.tsx';
import { useCount } from '../parts/use-count.ts';
import { useKeyActs } from '../parts/use-key-acts.ts';
import { useListState } from '../parts/use-list-state.ts';
import { ExpiryStrip } from './api-keys/expiry-strip.tsx';
import { RequestsOfDay } from './api-keys/requests-of-day.tsx';
import { useKeyDays } from './api-keys/use-key-days.ts';

const states = [
  { value: 'active', label: 'Active' },
  { value: 'suspended', label: 'Suspended' },
  { value: 'expired', label: 'Expired' },
] as const;
const uses = [{ value: 'unused', label: 'Unused for 90 days' }] as const;
const expiries = [{ value: 'soon', label: 'Within 14 days' }] as const;

function Expires({ apiKey }: { apiKey: APIKey }) {
  if (apiKey.expires_at === undefined) return <>Never</>;
  return (
    <span {...(expiresSoon(apiKey) ? { style: { color: 'var(--raffia-warn)', fontWeight: 500 } } : {})}>
      <RelativeTime time={apiKey.expires_at} />
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

/** Of a count: nothing is said until it is there. */
function figureOf(count: number | undefined): string {
  if (count === undefined) return '';
  return count === 0 ? 'None' : count.toLocaleString('en');
}

function useColumns(): readonly Column<APIKey>[] {
  const members = useMembers();
  const dayOf = useKeyDays();
  return useMemo((): readonly Column<APIKey>[] => {
    const refusedOf = ({ id }: APIKey) => {
      const day = dayOf(id);
      return day === undefined ? undefined : day.refused + day.denied;
    };
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
        width: 128,
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
        cell: ({ last_used_at }) =>
          last_used_at === undefined ? (
            'Never used'
          ) : (
            <>
              <span className="on-card">Last used </span>
              <RelativeTime time={last_used_at} />
            </>
          ),
      },
      {
        id: 'from',
        title: 'From',
        priority: 6,
        width: 132,
        sort: ({ id }) => dayOf(id)?.last_used_from,
        cell: ({ id, last_used_at }) => {
          const from = last_used_at === undefined ? undefined : dayOf(id)?.last_used_from;
          return (
            <span className="mono truncated" title={from}>
              {from ?? '–'}
            </span>
          );
        },
      },
      {
        id: 'requests',
        title: 'Requests, 24 h',
        priority: 5,
        width: 132,
        isFigure: true,
        sort: ({ id }) => dayOf(id)?.requests,
        cell: ({ id }) => <RequestsOfDay day={dayOf(id)} />,
      },
      {
        id: 'refused',
        title: 'Refused, 24 h',
        priority: 6,
        width: 112,
        isFigure: true,
        isHidden: true,
        sort: refusedOf,
        cell: (key) => figureOf(refusedOf(key)),
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
  }, [members.data, dayOf]);
}

export default function ApiKeys() {
  const keys = useApiKeys();
  const may = useMay();
  const { to } = useScope();
  const [search] = useSearchParams();
  const [count, setCount] = useState<string | undefined>(undefined);
  const [made, setMade] = useState<{ name: string; secret: string } | null>(null);
  const [dialog, setDialog] = useState<{ apiKey: APIKey; action: KeyAction } | null>(null);
  const choose = (apiKey: APIKey, action: KeyAction) => setDialog({ apiKey, action });
  // Where a key is made has had this address.
  if (search.has('new')) return <Navigate to={to('account', 'api-keys/new')} replace />;
  const create = may('account.apikeys.create') && (
    <Button component={Link} to={to('account', 'api-keys/new')} leftSection={<Plus size={16} aria-hidden />}>
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
          <>
            <ExpiryStrip keys={aboutToExpire(list)} onRegenerate={(apiKey) => choose(apiKey, 'regenerate')} />
            <KeyList list={list} onCount={setCount} onChoose={choose} />
          </>
        )}
      </ListStates>
      {dialog !== null && (
        <KeyDialog
          apiKey={dialog.apiKey}
          action={dialog.action}
          onClose={() => setDialog(null)}
          onSecret={(secret) => setMade({ name: dialog.apiKey.name, secret })}
        />
      )}
      {made !== null && (
        <KeyMade {...made} title={`New secret of ${made.name}`} projectId={undefined} onClose={() => setMade(null)} />
      )}
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
  const use = value('use', uses);
  const expiry = value('expires', expiries);
  const text = q.trim().toLowerCase();
  const found = useMemo(
    () =>
      list.filter(
        (key) =>
          `${key.name} ${key.key_prefix}`.toLowerCase().includes(text) &&
          (state === null || keyState(key) === state) &&
          (maker === null || key.created_by === maker) &&
          (use === null || isUnused(key)) &&
          (expiry === null || expiresSoon(key)),
      ),
    [list, text, state, maker, use, expiry],
  );
  useCount(found, list, onCount);
  const filter = (
    label: string,
    name: string,
    now: string | null,
    options: readonly { readonly value: string; readonly label: string }[],
  ) => ({ label, value: now, options, onChange: (next: string | null) => set(name, next) });
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
          filter('State', 'state', state, states),
          ...(makers.length > 1 ? [filter('Created by', 'creator', maker, makers)] : []),
        ]}
        more={[filter('Use', 'use', use, uses), filter('Expires', 'expires', expiry, expiries)]}
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
        actsOf={(key) => Object.values(actsOf(key))}
        chosen={chosen}
        onClear={() => clear(['q', 'state', 'creator', 'use', 'expires'])}
        foot={<Foot list={list} />}
      />
    </>
  );
}

/** How many keys work, and what each may ask in a second. */
function Foot({ list }: { list: readonly APIKey[] }) {
  const active = list.filter((key) => keyState(key) === 'active');
  const full = active.filter((key) => keyAccess(key).where === 'everything').length;
  const { standard, high } = tiers;
  return (
    <>
      <span>
        {plural(active.length, 'active key')}
        {full > 0 && `, ${full} with full access`}. Standard limit {standard.perSecond} requests a second with a burst
        of {standard.burst}.
      </span>
      <Popover width={340} position="top-end" withArrow trapFocus>
        <Popover.Target>
          <Anchor component="button" type="button" size="xs" ml="auto">
            How limits work
          </Anchor>
        </Popover.Target>
        <Popover.Dropdown>
          <p style={{ margin: '0 0 8px' }}>
            Each key has a limit of its own. {standard.perSecond} requests in any second always pass. {standard.burst}{' '}
            more pass in a minute, as a burst.
          </p>
          <p style={{ margin: '0 0 8px' }}>
            Requests over the limit get 429 and can be sent again after a second. A key can wait for room instead, which
            you set on its page.
          </p>
          <p style={{ margin: 0 }}>
            High limit: {high.perSecond} requests a second, burst {high.burst}. Request it on the page of a key.
          </p>
        </Popover.Dropdown>
      </Popover>
    </>
  );
}
