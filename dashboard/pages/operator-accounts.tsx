import type { AccountSummary } from '@raffia/client/client.ts';
import { Building2, SquareArrowOutUpRight } from 'lucide-react';
import { useSearchParams } from 'react-router';
import { useAccountsOfAll } from '../api/operator.ts';
import { useScope } from '../api/scope.tsx';
import { FilterBar } from '../parts/filter-bar.tsx';
import { EmptyState, Loaded, PageHead } from '../parts/notices.tsx';
import { Pager, usePage } from '../parts/pager.tsx';
import { inDollars } from '../parts/price.ts';
import { RelativeTime } from '../parts/relative-time.tsx';
import { type Column, ResourceTable } from '../parts/resource-table.tsx';
import { State } from '../parts/state-shape.tsx';

const perPage = 50;
const used = ({ used: count, limit }: AccountSummary['vms']) =>
  `${count.toLocaleString('en')}${limit === null ? '' : ` of ${limit.toLocaleString('en')}`}`;

const columns: readonly Column<AccountSummary>[] = [
  { id: 'name', title: 'Name', priority: 1, width: 170, cell: () => null },
  {
    id: 'state',
    title: 'State',
    priority: 2,
    width: 110,
    cell: ({ is_suspended: isSuspended }) => (
      <State shape={isSuspended ? 'off' : 'on'}>{isSuspended ? 'Suspended' : 'Active'}</State>
    ),
  },
  { id: 'owner', title: 'Owner', priority: 3, width: 210, cell: ({ owner_email: email }) => <bdi>{email}</bdi> },
  { id: 'vms', title: 'VMs', priority: 4, width: 120, isFigure: true, cell: ({ vms }) => `${used(vms)} VMs` },
  { id: 'vcpus', title: 'vCPUs', priority: 5, width: 100, isFigure: true, cell: ({ vcpus }) => used(vcpus) },
  { id: 'ram', title: 'RAM, GB', priority: 5, width: 110, isFigure: true, cell: ({ ram_gb: ram }) => used(ram) },
  {
    id: 'balance',
    title: 'Balance',
    priority: 6,
    width: 110,
    isFigure: true,
    cell: ({ balance }) => inDollars(Number(balance)),
  },
  { id: 'since', title: 'Since', priority: 6, width: 120, cell: ({ created_at: at }) => <RelativeTime time={at} /> },
];

/** Every account of this cloud. */
export default function OperatorAccounts() {
  const [search, setSearch] = useSearchParams();
  const q = search.get('q') ?? '';
  const page = usePage(perPage);
  const accounts = useAccountsOfAll({ ...page, ...(q === '' ? {} : { search: q }) });
  const { to } = useScope();
  const linkOf = ({ id }: AccountSummary) => to('operator', `accounts/${id}`);
  const look = (text: string) => setSearch(text === '' ? {} : { q: text }, { replace: true, preventScrollReset: true });
  return (
    <>
      <PageHead title="Accounts" count={accounts.data?.total} about="Every account of this cloud, with its quotas." />
      <FilterBar
        search={q}
        onSearch={look}
        placeholder="Search name or owner"
        found={accounts.data?.total ?? 0}
        total={accounts.data?.total ?? 0}
        things="accounts"
      />
      <Loaded query={accounts}>
        {({ data, total }) =>
          total === 0 && q === '' ? (
            <EmptyState icon={Building2} title="No accounts">
              Make one with raffia operator account create, or let people sign up.
            </EmptyState>
          ) : (
            <ResourceTable
              label="Accounts"
              things="accounts"
              columns={columns}
              items={data}
              idOf={({ id }) => id}
              nameOf={({ name }) => name}
              linkOf={linkOf}
              actsOf={(account) => [{ label: 'Quotas', icon: SquareArrowOutUpRight, to: linkOf(account) }]}
              onClear={() => look('')}
              foot={total > perPage ? <Pager total={total} {...page} /> : undefined}
            />
          )
        }
      </Loaded>
    </>
  );
}
