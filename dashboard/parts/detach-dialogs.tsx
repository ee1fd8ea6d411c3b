import { Text } from '@mantine/core';
import type { FloatingIP, SecurityGroup, VM, VPC } from '@raffia/client/client.ts';
import { type Nic, networkStale } from '../api/interfaces.ts';
import { useCurrent } from '../api/session.tsx';
import { useChange } from '../api/use-change.ts';
import { FormDialog } from './form-dialog.tsx';
import { networkName } from './network-words.ts';
import { toast } from './toast.tsx';

const inProject = (id: string | undefined) => ({ projectId: id ?? '' });

/** A machine leaves a network: a private one, or the internet with one of its public addresses. */
export function DetachNicDialog({
  vm,
  nic,
  ip,
  vpcs = [],
  onClose,
}: {
  vm: VM;
  nic: Nic;
  /** What is known of its public address. */
  ip?: FloatingIP | undefined;
  vpcs?: readonly VPC[];
  onClose: () => void;
}) {
  const { api } = useCurrent();
  const isVpc = nic.type === 'vpc';
  const network = networkName(nic, vpcs);
  const detach = useChange(
    () =>
      isVpc
        ? api.detachVMFromVPC({ id: vm.id, nic_id: nic.nic_id }, inProject(vm.project_id))
        : api.detachVMIP({ id: vm.id, nic_id: nic.nic_id }, inProject(vm.project_id)),
    {
      stale: networkStale,
      onDone: () => {
        onClose();
        toast(isVpc ? `${vm.name} leaves ${network}` : `${vm.name} gives ${nic.ip} back`, { isWork: true });
      },
    },
  );
  return (
    <FormDialog
      title={isVpc ? `Take ${vm.name} out of ${network}` : `Detach ${nic.ip} from ${vm.name}`}
      action={isVpc ? 'Leave VPC' : 'Detach public IP'}
      change={detach}
      isDestructive
      onSubmit={() => detach.mutate()}
      onClose={onClose}
    >
      <Text size="sm">
        {isVpc
          ? `${vm.name} loses ${nic.ip} and can't reach the VMs of ${network} from now on. The address is free for another VM.`
          : `Connections to ${nic.ip} end now.`}{' '}
        {!isVpc &&
          (ip?.reserved
            ? 'The address stays reserved, and billed, until you release it.'
            : "It isn't reserved, so it returns to the pool. You can't get the same one back.")}
      </Text>
      {nic.security_group_ids.length > 0 && (
        <Text size="sm">Its firewall groups stay, and can be attached to other interfaces.</Text>
      )}
    </FormDialog>
  );
}

/** An interface loses one of its firewall groups. */
export function DetachGroupDialog({
  vm,
  nic,
  group,
  onClose,
}: {
  vm: VM;
  nic: Nic;
  group: Pick<SecurityGroup, 'id' | 'name'>;
  onClose: () => void;
}) {
  const { api } = useCurrent();
  const detach = useChange(
    () => api.detachVMSecurityGroup({ id: vm.id, sg_id: group.id, nic_id: nic.nic_id }, inProject(vm.project_id)),
    {
      stale: networkStale,
      onDone: () => {
        onClose();
        toast(`${group.name} is detached from ${vm.name}, ${nic.ip}`);
      },
    },
  );
  const isLast = nic.security_group_ids.every((id) => id === group.id);
  return (
    <FormDialog
      title={`Detach ${group.name} from ${vm.name}`}
      action="Detach group"
      change={detach}
      isDestructive
      onSubmit={() => detach.mutate()}
      onClose={onClose}
    >
      <Text size="sm">
        {isLast
          ? `${nic.ip} has no other group. Without one, ${nic.type === 'vpc' ? 'all VMs of the network' : 'anyone'} can reach every port of ${vm.name}${nic.type === 'vpc' ? '' : ', but those that the default firewall blocks'}.`
          : `${nic.ip} keeps its other groups. What only ${group.name} allows is refused from now on.`}
      </Text>
    </FormDialog>
  );
}
