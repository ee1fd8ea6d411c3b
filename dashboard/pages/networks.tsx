import { Button } from '@mantine/core';
import { Plus } from 'lucide-react';
import { useParams } from 'react-router';
import { useIps, useSecurityGroups, useVpcs } from '../api/lists.ts';
import { useScope } from '../api/scope.tsx';
import { useMay, useSees } from '../api/session.tsx';
import { CreateGroup } from '../parts/group-dialogs.tsx';
import { PageHead } from '../parts/notices.tsx';
import { TabLinks } from '../parts/tab-links.tsx';
import { useNewDialog } from '../parts/use-new-dialog.ts';
import { CreateVpc } from '../parts/vpc-dialogs.tsx';
import { Diagram } from './networks/diagram.tsx';
import { FirewallGroups } from './networks/firewall-groups.tsx';
import { ReserveIp } from './networks/ip-dialogs.tsx';
import { PublicIps } from './networks/public-ips.tsx';
import { Vpcs } from './networks/vpcs.tsx';

/** What a project has of networks, a part under each tab. */
export default function Networks() {
  const { tab } = useParams();
  const { to, has, project } = useScope();
  const sees = useSees();
  const may = useMay();
  const groups = useSecurityGroups();
  const ips = useIps();
  const vpcs = useVpcs();
  const tabs = (
    [
      {
        id: 'diagram',
        label: 'Diagram',
        kind: 'vpc',
        permission: 'vpc.create',
        action: 'Create VPC',
        count: undefined,
      },
      {
        id: 'vpcs',
        label: 'VPCs',
        kind: 'vpc',
        permission: 'vpc.create',
        action: 'Create VPC',
        count: vpcs.data?.filter(has).length,
      },
      {
        id: 'ips',
        label: 'Public IPs',
        kind: 'ip',
        permission: 'ip.reserve',
        action: 'Reserve public IP',
        count: ips.data?.filter(has).length,
      },
      {
        id: 'firewall',
        label: 'Firewall groups',
        kind: 'securityGroup',
        permission: 'security_group.create',
        action: 'Create firewall group',
        count: groups.data?.filter(has).length,
      },
    ] as const
  ).filter(({ kind }) => sees(kind));
  const current = tabs.find(({ id }) => id === (tab ?? 'diagram')) ?? tabs[0];
  const creates = current !== undefined && may(current.permission, project?.id);
  const creating = useNewDialog(creates);
  if (current === undefined) return <PageHead title="Networks" />;
  const create = creates && (
    <Button leftSection={<Plus size={16} aria-hidden />} onClick={creating.open}>
      {current.action}
    </Button>
  );
  return (
    <>
      <PageHead title="Networks" part={current.label} action={create} />
      <TabLinks
        label="Networks"
        current={current.id}
        tabs={tabs.map(({ id, label, count }) => ({
          id,
          label,
          count,
          to: to('project', id === 'diagram' ? 'networks' : `networks/${id}`),
        }))}
      />
      {current.id === 'diagram' && <Diagram create={create} />}
      {current.id === 'vpcs' && <Vpcs create={create} />}
      {current.id === 'ips' && <PublicIps create={create} />}
      {current.id === 'firewall' && <FirewallGroups create={create} />}
      {creating.isOpen && (current.id === 'vpcs' || current.id === 'diagram') && <CreateVpc onClose={creating.close} />}
      {creating.isOpen && current.id === 'ips' && <ReserveIp onClose={creating.close} />}
      {creating.isOpen && current.id === 'firewall' && <CreateGroup onClose={creating.close} />}
    </>
  );
}
