import { Button, Card } from '@mantine/core';
import type { VPCDetail } from '@raffia/client/client.ts';
import { useQuery } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { useNavigate, useParams } from 'react-router';
import { useInterfaces } from '../api/interfaces.ts';
import { useScope } from '../api/scope.tsx';
import { useCurrent } from '../api/session.tsx';
import { DetailHead } from '../parts/detail-head.tsx';
import { FactsCard } from '../parts/facts-card.tsx';
import { Meter } from '../parts/meter.tsx';
import { NatGateway } from '../parts/nat-gateway.tsx';
import { Loaded } from '../parts/notices.tsx';
import { RelativeTime } from '../parts/relative-time.tsx';
import { RowMenu } from '../parts/row-menu.tsx';
import { useVpcActs } from '../parts/use-vpc-acts.tsx';
import { Leases } from './vpc/leases.tsx';

export default function VpcPage() {
  const { id = '' } = useParams();
  const { account, api } = useCurrent();
  const vpc = useQuery({
    queryKey: [account.id, 'vpcs', id],
    queryFn: async ({ signal }) => (await api.getVPC({ id }, { signal })).data,
  });
  return (
    <Loaded query={vpc} shape="detail">
      {(detail) => <Details detail={detail} />}
    </Loaded>
  );
}

function Details({ detail }: { detail: VPCDetail }) {
  const { vpc, ip_range_start, ip_range_end, leases = [] } = detail;
  const { to } = useScope();
  const navigate = useNavigate();
  const { nics } = useInterfaces();
  const own = nics.filter(({ vpc_id }) => vpc_id === vpc.id);
  const names = own.map(({ vm }) => vm.name).sort();
  const { actsOf, open, dialog } = useVpcActs(
    () => names,
    () => void navigate(to('project', 'networks/vpcs'), { replace: true }),
  );
  const all = actsOf(vpc);
  const [add, ...acts] = all;
  return (
    <div style={{ display: 'grid', gap: 16, gridTemplateColumns: 'minmax(0, 1fr)' }}>
      <DetailHead
        name={vpc.name}
        acts={all}
        state={
          <>
            <span className="mono">{vpc.cidr}</span>
            {vpc.description !== undefined && vpc.description !== '' && <span>· {vpc.description}</span>}
          </>
        }
        actions={
          <>
            <Button
              variant="default"
              leftSection={<Plus size={16} aria-hidden />}
              disabled={add?.refused !== undefined}
              title={add?.refused}
              onClick={() => open('add', vpc)}
            >
              Add VM
            </Button>
            <RowMenu name={vpc.name} acts={acts} />
          </>
        }
      />
      <FactsCard
        facts={[
          { label: 'Block', value: vpc.cidr, copy: vpc.cidr, isMono: true },
          { label: 'For VMs', value: `${ip_range_start ?? '–'} to ${ip_range_end ?? '–'}`, isMono: true },
          { label: 'Gateway', value: vpc.gateway, copy: vpc.gateway, isMono: true },
          { label: 'DNS server', value: vpc.dns, isMono: true },
          { label: 'NAT gateway', value: <NatGateway vpc={vpc} /> },
          {
            label: 'Created',
            value: vpc.created_at === undefined ? undefined : <RelativeTime time={vpc.created_at} />,
          },
        ]}
      />
      <Card withBorder>
        <Meter label="Addresses in use" used={vpc.used_ips ?? leases.length} limit={vpc.total_ips ?? null} />
      </Card>
      <Leases
        vpc={vpc}
        leases={leases}
        nics={own}
        onAdd={add?.refused === undefined ? () => open('add', vpc) : undefined}
      />
      {dialog}
    </div>
  );
}
