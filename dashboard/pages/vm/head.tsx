import { Text } from '@mantine/core';
import type { VM } from '@raffia/client/client.ts';
import { useScope } from '../../api/scope.tsx';
import { DetailHead } from '../../parts/detail-head.tsx';
import { FactsCard } from '../../parts/facts-card.tsx';
import { monthly } from '../../parts/price.ts';
import { systemInWords } from '../../parts/system-words.ts';
import { TagChips } from '../../parts/tag-chip.tsx';
import { VmState } from '../../parts/vm-status.tsx';
import { HeadActions } from './head-actions.tsx';
import { wayIn } from './way-in.ts';

/** What is above every part of the page: how the machine is, where it is, what it is. */
export function VmHead({ vm }: { vm: VM }) {
  const { projects } = useScope();
  const tags = (vm.tags ?? []).map(({ name }) => name);
  const ssh = wayIn(vm);
  return (
    <>
      <DetailHead
        name={vm.name}
        state={
          <>
            <VmState status={vm.status} />
            {vm.status === 'failure' && vm.status_reason !== undefined && (
              <Text size="sm" c="var(--raffia-danger)">
                {vm.status_reason}
              </Text>
            )}
            {tags.length > 0 && <TagChips names={tags} most={6} />}
          </>
        }
        actions={<HeadActions vm={vm} />}
      />
      <FactsCard
        facts={[
          { label: 'Public IPv4', value: vm.public_ipv4_address, copy: vm.public_ipv4_address, isMono: true },
          { label: 'Private IPv4', value: vm.private_ipv4_address, copy: vm.private_ipv4_address, isMono: true },
          ...(ssh === undefined ? [] : [{ label: 'SSH', value: ssh, copy: ssh, isMono: true } as const]),
          { label: 'System', value: systemInWords(vm.template_name, vm.template_version) },
          { label: 'Size', value: `${vm.cpu} vCPU · ${vm.ram} GB` },
          {
            label: 'Disks',
            value: vm.added_storage > 0 ? `${vm.storage} GB + ${vm.added_storage} GB` : `${vm.storage} GB`,
          },
          { label: 'Price', value: `${monthly(vm.price_per_hour)} a month` },
          { label: 'Project', value: projects.find(({ id }) => id === vm.project_id)?.name },
          { label: 'ID', value: `${vm.id.slice(0, 8)}…`, copy: vm.id, isMono: true },
        ]}
      />
    </>
  );
}
