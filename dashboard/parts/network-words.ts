import type { FloatingIP, SecurityGroup, VM, VMInterfaces, VPC } from '@raffia/client/client.ts';
import { type VmAction, vmActions } from '@raffia/contract/vm-states.ts';

type Nic = VMInterfaces['interfaces'][number];

/** What an interface is called: by its network and address. */
export function nicName(
  nic: Pick<Nic, 'type' | 'ip' | 'vpc_id'>,
  vpcs: readonly Pick<VPC, 'id' | 'name'>[] = [],
): string {
  return `${networkName(nic, vpcs)} ${nic.ip}`;
}

/** The network that an interface is in. */
export function networkName(
  { type, vpc_id }: Pick<Nic, 'type' | 'vpc_id'>,
  vpcs: readonly Pick<VPC, 'id' | 'name'>[] = [],
): string {
  if (type === 'vpc') return vpcs.find(({ id }) => id === vpc_id)?.name ?? 'Private network';
  return type === 'ipv6' ? 'Public IPv6' : 'Public IPv4';
}

const doing: Partial<Readonly<Record<VmAction, string>>> = {
  attachVpc: 'Only a running or stopped VM can join a network',
  detachVpc: 'Only a running or stopped VM can leave a network',
  attachIp: 'Only a running or stopped VM can get an address',
  detachIp: 'Only a running or stopped VM can give an address back',
  attachSecurityGroup: 'A failed VM has no interface to protect',
};

/** Why a VM's state forbids an act on its networks; undefined where it does not. */
export function stateRefusal(vm: Pick<VM, 'status'>, action: VmAction): string | undefined {
  return vmActions.runs(action, vm.status) ? undefined : doing[action];
}

/** Why an interface can't be taken from its VM. */
export function lastRefusal(nics: readonly unknown[]): string | undefined {
  return nics.length <= 1 ? 'A VM stays in at least one network. Attach another one first.' : undefined;
}

/** Why a VM can't join a VPC. */
export function joinRefusal(vm: VM, nics: readonly Nic[], vpc: VPC): string | undefined {
  const there = nics.find(({ vpc_id }) => vpc_id === vpc.id);
  if (there !== undefined) return `In ${vpc.name} already, as ${there.ip}`;
  if (vm.region !== vpc.region) return `In another region, ${vm.region}`;
  if ((vpc.used_ips ?? 0) >= (vpc.total_ips ?? Number.POSITIVE_INFINITY)) return `${vpc.name} has no free address`;
  return stateRefusal(vm, 'attachVpc');
}

/** Why a VM can't get a public address of a family, or one of a region. */
export function addressRefusal(
  vm: VM,
  nics: readonly Nic[],
  { type, region }: Pick<FloatingIP, 'type'> & { readonly region?: string | undefined },
): string | undefined {
  const has = nics.find((nic) => nic.type === (type === 'IPv6' ? 'ipv6' : 'public'));
  if (has !== undefined) return `Has ${has.ip} already. A VM has one public ${type} address.`;
  if (region !== undefined && vm.region !== region) return `In another region, ${vm.region}`;
  return stateRefusal(vm, 'attachIp');
}

/** Why an interface can't get a firewall group. */
export function groupRefusal(nic: Nic, group: Pick<SecurityGroup, 'id'>, most: number): string | undefined {
  if (nic.security_group_ids.includes(group.id)) return 'Attached already';
  return nic.security_group_ids.length >= most ? `Has ${most} groups, which is the most` : undefined;
}

/** Numbers of rules as people say them: `3 in, 1 out`. */
export function ruleCount({ rules }: Pick<SecurityGroup, 'rules'>): string {
  const inbound = rules.filter(({ rule_type }) => rule_type === 'INBOUND').length;
  return `${inbound} in, ${rules.length - inbound} out`;
}
