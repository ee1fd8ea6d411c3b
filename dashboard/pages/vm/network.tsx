import { Anchor, Card, Group, Stack, Text, Title } from '@mantine/core';
import type { VM } from '@raffia/client/client.ts';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Globe, Link2, Network as NetworkIcon, ShieldPlus } from 'lucide-react';
import { useState } from 'react';
import { Link } from 'react-router';
import type { Nic } from '../../api/interfaces.ts';
import { useIps, useSecurityGroups, useVpcs } from '../../api/lists.ts';
import { useScope } from '../../api/scope.tsx';
import { useCurrent } from '../../api/session.tsx';
import { ActButton } from '../../parts/act-button.tsx';
import { AttachGroupDialog, AttachIpDialog, AttachVpcDialog } from '../../parts/attach-dialogs.tsx';
import { CopyIcon } from '../../parts/copy.tsx';
import { DetachGroupDialog, DetachNicDialog } from '../../parts/detach-dialogs.tsx';
import { lastRefusal, networkName } from '../../parts/network-words.ts';
import { EmptyState, Loaded } from '../../parts/notices.tsx';
import { RowMenu } from '../../parts/row-menu.tsx';
import { useVmRefusal } from '../../parts/use-vm-refusal.ts';
import classes from './network.module.css';
import { TabHead } from './tab-head.tsx';

type Open =
  | { readonly act: 'ip' | 'vpc' }
  | { readonly act: 'group' | 'detach'; readonly nic: Nic }
  | { readonly act: 'detach-group'; readonly nic: Nic; readonly group: { readonly id: string; readonly name: string } };

/** A machine's interfaces: where each leads, its addresses, and what may come in. */
export default function Network({ vm }: { vm: VM }) {
  const { account, api } = useCurrent();
  const refusal = useVmRefusal();
  const vpcs = useVpcs();
  const ips = useIps();
  const [open, setOpen] = useState<Open | null>(null);
  const close = () => setOpen(null);
  const interfaces = useQuery({
    queryKey: [account.id, 'interfaces', { id: vm.id }],
    queryFn: async ({ signal }) => (await api.listVMInterfaces({ ids: vm.id }, { signal })).data[0]?.interfaces ?? [],
    placeholderData: keepPreviousData,
  });
  return (
    <Stack gap="sm">
      <TabHead title="Interfaces" count={interfaces.data?.length}>
        <ActButton
          label="Add public IP"
          icon={Globe}
          refused={refusal(vm, 'attachIp', 'ip.attach')}
          onClick={() => setOpen({ act: 'ip' })}
        />
        <ActButton
          label="Connect VPC"
          icon={Link2}
          refused={refusal(vm, 'attachVpc', 'vm.manage')}
          onClick={() => setOpen({ act: 'vpc' })}
        />
      </TabHead>
      <Loaded query={interfaces}>
        {(nics) =>
          nics.length === 0 ? (
            <EmptyState icon={NetworkIcon} title={`${vm.name} isn't in any network`}>
              Add a public IP, or connect a VPC.
            </EmptyState>
          ) : (
            nics.map((nic) => (
              <NicCard
                key={nic.nic_id}
                vm={vm}
                nic={nic}
                network={networkName(nic, vpcs.data)}
                last={lastRefusal(nics)}
                onOpen={setOpen}
              />
            ))
          )
        }
      </Loaded>
      {open?.act === 'ip' && <AttachIpDialog vm={vm} onClose={close} />}
      {open?.act === 'vpc' && <AttachVpcDialog vm={vm} onClose={close} />}
      {open?.act === 'group' && <AttachGroupDialog vm={vm} nicId={open.nic.nic_id} onClose={close} />}
      {open?.act === 'detach' && (
        <DetachNicDialog
          vm={vm}
          nic={open.nic}
          ip={ips.data?.find(({ ip_address }) => ip_address === open.nic.ip)}
          vpcs={vpcs.data ?? []}
          onClose={close}
        />
      )}
      {open?.act === 'detach-group' && <DetachGroupDialog vm={vm} nic={open.nic} group={open.group} onClose={close} />}
    </Stack>
  );
}

/** One interface, with what can be done with it. */
function NicCard({
  vm,
  nic,
  network,
  last,
  onOpen,
}: {
  vm: VM;
  nic: Nic;
  network: string;
  /** Why it has to stay, where it is the last. */
  last: string | undefined;
  onOpen: (open: Open) => void;
}) {
  const { toThing } = useScope();
  const refusal = useVmRefusal();
  const groups = useSecurityGroups();
  const isVpc = nic.type === 'vpc';
  const nameOf = (id: string) => groups.data?.find((group) => group.id === id)?.name ?? `group ${id.slice(0, 8)}`;
  const detaches = isVpc ? refusal(vm, 'detachVpc', 'vm.manage') : refusal(vm, 'detachIp', 'ip.attach');
  const protects = refusal(vm, 'attachSecurityGroup', 'security_group.manage');
  const frees = refusal(vm, 'detachSecurityGroup', 'security_group.manage');
  const facts = [
    ['Address', nic.ip],
    ['MAC', nic.mac],
    ['Gateway', nic.gateway],
  ] as const;
  return (
    <Card withBorder component="section" aria-label={`eth${nic.nic_id}`}>
      <Group justify="space-between" wrap="nowrap" mb="xs">
        <div>
          <Title order={3} size="h5">
            {network}
          </Title>
          <Text size="sm" c="dimmed">
            eth{nic.nic_id} · {isVpc ? 'private' : 'public'}
          </Text>
        </div>
        <RowMenu
          name={`eth${nic.nic_id}`}
          acts={[
            {
              label: 'Attach firewall group…',
              icon: ShieldPlus,
              refused: protects,
              onSelect: () => onOpen({ act: 'group', nic }),
            },
            ...nic.security_group_ids.map((id) => ({
              label: `Detach ${nameOf(id)}…`,
              refused: frees,
              onSelect: () => onOpen({ act: 'detach-group', nic, group: { id, name: nameOf(id) } }),
            })),
            {
              label: isVpc ? `Leave ${network}…` : 'Detach public IP…',
              isDangerous: true,
              refused: detaches ?? last,
              onSelect: () => onOpen({ act: 'detach', nic }),
            },
          ]}
        />
      </Group>
      <dl className={classes.facts}>
        {facts.map(([label, value]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd className="mono">
              {value ?? '–'}
              {label === 'Address' && <CopyIcon value={nic.ip} label={`Copy ${nic.ip}`} />}
            </dd>
          </div>
        ))}
        <div>
          <dt>Firewall groups</dt>
          <dd>
            {nic.security_group_ids.length === 0
              ? isVpc
                ? 'None. All VMs of the network reach every port.'
                : 'None. Anyone reaches every port but those of the default firewall.'
              : nic.security_group_ids.map((id, at) => (
                  <span key={id}>
                    {at > 0 && ', '}
                    <Anchor component={Link} inherit to={toThing(`networks/firewall/${id}`, vm.project_id)}>
                      {nameOf(id)}
                    </Anchor>
                  </span>
                ))}
          </dd>
        </div>
      </dl>
    </Card>
  );
}
