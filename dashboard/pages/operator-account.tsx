import { NumberInput, Radio, Stack, Text } from '@mantine/core';
import type { AccountForOperator } from '@raffia/client/client.ts';
import { Gauge } from 'lucide-react';
import { useMemo, useState } from 'react';
import { useParams } from 'react-router';
import { useAccountOfAll } from '../api/operator.ts';
import { useCurrent } from '../api/session.tsx';
import { useChange } from '../api/use-change.ts';
import { DetailHead } from '../parts/detail-head.tsx';
import { FactsCard } from '../parts/facts-card.tsx';
import { FormDialog } from '../parts/form-dialog.tsx';
import { Loaded } from '../parts/notices.tsx';
import { inDollars } from '../parts/price.ts';
import { quotaWord } from '../parts/quota-words.ts';
import { RelativeTime } from '../parts/relative-time.tsx';
import { type Column, ResourceTable } from '../parts/resource-table.tsx';
import { State } from '../parts/state-shape.tsx';
import { Strand } from '../parts/strand.tsx';
import { TableSection } from '../parts/table-section.tsx';
import { toast } from '../parts/toast.tsx';
import { useListState } from '../parts/use-list-state.ts';

type Quota = AccountForOperator['quotas'][number];

const limitWords = (limit: number | null) => (limit === null ? 'No limit' : limit.toLocaleString('en'));

/** An account, and what it may have. */
export default function OperatorAccount() {
  const { id } = useParams();
  const account = useAccountOfAll(id);
  return <Loaded query={account}>{(found) => <Details account={found} />}</Loaded>;
}

function Details({ account }: { account: AccountForOperator }) {
  const { set, value } = useListState();
  const options = useMemo(() => account.quotas.map(({ name }) => ({ value: name })), [account.quotas]);
  const chosen = account.quotas.find(({ name }) => name === value('quota', options));
  const open = (name: string | null) => set('quota', name);
  const columns = useMemo(
    (): readonly Column<Quota>[] => [
      {
        id: 'name',
        title: 'Quota',
        priority: 1,
        width: 180,
        sort: ({ name }) => quotaWord(name),
        cell: ({ name }) => <b>{quotaWord(name)}</b>,
      },
      {
        id: 'use',
        title: 'In use',
        priority: 2,
        width: 190,
        sort: ({ used }) => used,
        cell: ({ used, limit }) =>
          limit === null
            ? `${used.toLocaleString('en')}, no limit`
            : `${used.toLocaleString('en')} of ${limit.toLocaleString('en')}`,
      },
      {
        id: 'from',
        title: 'Set by',
        priority: 3,
        width: 130,
        cell: ({ is_own: isOwn }) => (isOwn ? 'This account' : 'Cloud settings'),
      },
      {
        id: 'strand',
        title: 'Share',
        priority: 5,
        width: 200,
        cell: ({ name, used, limit }) =>
          limit === null ? (
            '–'
          ) : (
            <Strand
              label={`${quotaWord(name)}: ${used} of ${limit}`}
              counts={{ [used >= limit && limit > 0 ? 'attention' : 'done']: used, open: Math.max(0, limit - used) }}
            />
          ),
      },
    ],
    [],
  );
  return (
    <Stack>
      <DetailHead
        name={account.name}
        state={
          <State shape={account.is_suspended ? 'off' : 'on'}>{account.is_suspended ? 'Suspended' : 'Active'}</State>
        }
      />
      <FactsCard
        facts={[
          { label: 'Owner', value: account.owner_email, copy: account.owner_email },
          { label: 'ID', value: `${account.id.slice(0, 8)}…`, copy: account.id, isMono: true },
          { label: 'Billing', value: account.billing_mode === 'payg' ? 'Pay as you go' : 'Subscription' },
          { label: 'Balance', value: inDollars(Number(account.balance)) },
          {
            label: 'High limit keys',
            value: `${account.high_tier_keys.used} of ${limitWords(account.high_tier_keys.limit)}`,
          },
          { label: 'Since', value: <RelativeTime time={account.created_at} /> },
        ]}
      />
      <TableSection title="Quotas">
        <ResourceTable
          label="Quotas"
          things="quotas"
          columns={columns}
          items={account.quotas}
          idOf={({ name }) => name}
          nameOf={({ name }) => quotaWord(name)}
          actsOf={({ name }) => [{ label: 'Set quota…', icon: Gauge, onSelect: () => open(name) }]}
        />
      </TableSection>
      {chosen !== undefined && (
        <QuotaDialog key={chosen.name} account={account} quota={chosen} onClose={() => open(null)} />
      )}
    </Stack>
  );
}

type Rule = 'number' | 'none' | 'default';
const ruleOf = ({ is_own: isOwn, limit }: Quota): Rule => (isOwn ? (limit === null ? 'none' : 'number') : 'default');

function QuotaDialog({ account, quota, onClose }: { account: AccountForOperator; quota: Quota; onClose: () => void }) {
  const { api } = useCurrent();
  const word = quotaWord(quota.name);
  const [rule, setRule] = useState<Rule>(ruleOf(quota));
  const [limit, setLimit] = useState<number | undefined>(quota.limit ?? quota.default_limit ?? quota.used);
  const change = useChange(
    () =>
      api.setAccountQuota({
        account_id: account.id,
        body: { quota: quota.name, rule, ...(rule === 'number' && limit !== undefined ? { limit } : {}) },
      }),
    {
      stale: ['operator-accounts', 'account'],
      onDone: () => {
        toast(`${word} of ${account.name} set`);
        onClose();
      },
    },
  );
  const isChanged = rule !== ruleOf(quota) || (rule === 'number' && limit !== quota.limit);
  const isBelow = rule === 'number' && limit !== undefined && limit < quota.used;
  return (
    <FormDialog
      title={`Set quota: ${word}`}
      action="Set quota"
      change={change}
      isReady={isChanged && (rule !== 'number' || limit !== undefined)}
      isDirty={isChanged}
      onSubmit={() => change.mutate()}
      onClose={onClose}
    >
      <Text size="sm">
        {account.name} has {quota.used.toLocaleString('en')} in use.
      </Text>
      <Radio.Group label="May have" value={rule} onChange={(next) => setRule(next as Rule)}>
        <Stack gap="xs" mt="xs">
          <Radio value="default" label={`Default of this cloud: ${limitWords(quota.default_limit)}`} />
          <Radio value="number" label="Another number" />
          <Radio value="none" label="No limit" />
        </Stack>
      </Radio.Group>
      {rule === 'number' && (
        <NumberInput
          data-autofocus
          label="Limit"
          min={0}
          max={2_147_483_647}
          allowDecimal={false}
          value={limit ?? ''}
          onChange={(next) => setLimit(typeof next === 'number' ? next : undefined)}
        />
      )}
      {isBelow && (
        <Text size="sm">What is in use stays. Nothing more can be added until less than the limit is in use.</Text>
      )}
    </FormDialog>
  );
}
