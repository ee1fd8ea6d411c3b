import { Radio, Stack, Text, TextInput } from '@mantine/core';
import type { FloatingIP, SecurityGroup, VM, VPC } from '@raffia/client/client.ts';
import { limits } from '@raffia/contract/vm-rules.ts';
import { useState } from 'react';
import { type Nic, networkStale, useInterfaces } from '../api/interfaces.ts';
import { useIps, useSecurityGroups, useVpcs } from '../api/lists.ts';
import { useScope } from '../api/scope.tsx';
import { useCurrent } from '../api/session.tsx';
import { useChange } from '../api/use-change.ts';
import { FormDialog } from './form-dialog.tsx';
import { addressRefusal, groupRefusal, joinRefusal, networkName, stateRefusal } from './network-words.ts';
import { ThingSelect } from './thing-select.tsx';
import { toast } from './toast.tsx';
import { useRefusal } from './use-refusal.ts';

const inProject = (id: string | undefined) => ({ projectId: id ?? '' });

/** The machines of a project with their interfaces, and why each can't be chosen. */
function useMachines(projectId: string | undefined, refusalOf: (vm: VM, nics: readonly Nic[]) => string | undefined) {
  const { nics, vms } = useInterfaces();
  return (vms.data ?? [])
    .filter((vm) => vm.project_id === projectId)
    .map((vm) => ({
      vm,
      value: vm.id,
      label: vm.name,
      hint: vm.public_ipv4_address ?? vm.private_ipv4_address,
      refused: refusalOf(
        vm,
        nics.filter((nic) => nic.vm.id === vm.id),
      ),
    }));
}

/** A machine joins a private network: from its page one chooses the network, from the network's page the machine. */
export function AttachVpcDialog({ vm, vpc, onClose }: { vm?: VM; vpc?: VPC; onClose: () => void }) {
  const { api } = useCurrent();
  const refusal = useRefusal();
  const vpcs = useVpcs();
  const { nics } = useInterfaces();
  const [chosen, setChosen] = useState<string | null>(null);
  const [ip, setIp] = useState('');
  const machines = useMachines(
    vpc?.project_id,
    (one, own) => refusal('vm.manage', one.project_id) ?? (vpc === undefined ? undefined : joinRefusal(one, own, vpc)),
  );
  const networks = (vpcs.data ?? [])
    .filter(({ project_id }) => project_id === vm?.project_id)
    .map((one) => ({
      vpc: one,
      value: one.id,
      label: one.name,
      hint: `${one.cidr}, ${one.used_ips ?? 0} of ${one.total_ips ?? 0} in use`,
      refused:
        vm === undefined
          ? undefined
          : joinRefusal(
              vm,
              nics.filter((nic) => nic.vm.id === vm.id),
              one,
            ),
    }));
  const machine = vm ?? machines.find(({ value }) => value === chosen)?.vm;
  const network = vpc ?? networks.find(({ value }) => value === chosen)?.vpc;
  const attach = useChange(
    () =>
      api.attachVMToVPC(
        { id: machine?.id ?? '', body: { vpc_id: network?.id ?? '', ...(ip.trim() === '' ? {} : { ip: ip.trim() }) } },
        inProject(machine?.project_id),
      ),
    {
      stale: networkStale,
      onDone: () => {
        onClose();
        toast(`${machine?.name} joins ${network?.name}`, { isWork: true });
      },
    },
  );
  return (
    <FormDialog
      title={vpc === undefined ? `Connect ${vm?.name} to a VPC` : `Add a VM to ${vpc.name}`}
      action={vpc === undefined ? 'Connect VPC' : 'Add VM'}
      change={attach}
      isReady={machine !== undefined && network !== undefined}
      isDirty={ip !== ''}
      onSubmit={() => attach.mutate()}
      onClose={onClose}
    >
      {vpc === undefined ? (
        <ThingSelect
          isFirst
          label="VPC"
          options={networks}
          value={chosen}
          onChange={setChosen}
          nothing="No VPC in this project"
        />
      ) : (
        <ThingSelect
          isFirst
          label="VM"
          options={machines}
          value={chosen}
          onChange={setChosen}
          nothing="No VM in this project"
        />
      )}
      <TextInput
        label="Private address (optional)"
        description={
          network === undefined
            ? 'Leave it empty for the lowest free one'
            : `In ${network.cidr}. Leave it empty for the lowest free one`
        }
        className="mono-field"
        value={ip}
        onChange={(event) => setIp(event.currentTarget.value)}
        spellCheck={false}
        autoComplete="off"
      />
      <Text size="sm" c="dimmed">
        The VM gets one more interface. Its other networks and its internet access stay.
      </Text>
    </FormDialog>
  );
}

/** A machine gets a public address: from its page one of the pool or a reserved one, from the address's row the machine. */
export function AttachIpDialog({ vm, ip, onClose }: { vm?: VM; ip?: FloatingIP; onClose: () => void }) {
  const { api } = useCurrent();
  const refusal = useRefusal();
  const ips = useIps();
  const { nics, isKnown } = useInterfaces();
  const groups = useSecurityGroups();
  const [chosen, setChosen] = useState<string | null>(null);
  const [source, setSource] = useState<'IPv4' | 'IPv6' | 'reserved' | null>(null);
  const [group, setGroup] = useState<string | null>(null);
  const machines = useMachines(
    ip?.project_id,
    (one, own) => refusal('ip.attach', one.project_id) ?? (ip === undefined ? undefined : addressRefusal(one, own, ip)),
  );
  const own = nics.filter((nic) => nic.vm.id === vm?.id);
  const reserved = (ips.data ?? [])
    .filter((one) => one.reserved && one.project_id === vm?.project_id)
    .map((one) => ({
      value: one.id,
      label: one.ip_address,
      hint: one.type,
      refused:
        one.status === 'in-use'
          ? 'Attached to another VM'
          : vm === undefined
            ? undefined
            : addressRefusal(vm, own, one),
    }));
  const from = (type: 'IPv4' | 'IPv6') => (vm === undefined ? undefined : addressRefusal(vm, own, { type }));
  const firstFree = from('IPv4') === undefined ? 'IPv4' : from('IPv6') === undefined ? 'IPv6' : 'reserved';
  const asked = source ?? (isKnown ? firstFree : null);
  const machine = vm ?? machines.find(({ value }) => value === chosen)?.vm;
  const wanted = () => {
    if (ip !== undefined) return { ip_id: ip.id };
    if (asked === 'reserved') return chosen === null ? undefined : { ip_id: chosen };
    return asked === null || from(asked) !== undefined ? undefined : { type: asked };
  };
  const attach = useChange(
    () =>
      api.attachVMIP(
        {
          id: machine?.id ?? '',
          body: {
            ...wanted(),
            ...(group === null ? {} : { security_groups: [group] }),
          },
        },
        inProject(machine?.project_id),
      ),
    {
      stale: networkStale,
      onDone: ({ data }) => {
        onClose();
        toast(`${machine?.name} gets ${data?.ip_address ?? ip?.ip_address}`, { isWork: true });
      },
    },
  );
  return (
    <FormDialog
      title={ip === undefined ? `Add a public IP to ${vm?.name}` : `Attach ${ip.ip_address}`}
      action={ip === undefined ? 'Add public IP' : 'Attach public IP'}
      change={attach}
      isReady={machine !== undefined && wanted() !== undefined}
      onSubmit={() => attach.mutate()}
      onClose={onClose}
    >
      {ip !== undefined ? (
        <ThingSelect
          isFirst
          label="VM"
          options={machines}
          value={chosen}
          onChange={setChosen}
          nothing="No VM in its project"
        />
      ) : (
        <>
          <Radio.Group
            label="Address"
            value={asked}
            onChange={(value) => {
              setSource(value as 'IPv4');
              setChosen(null);
            }}
          >
            <Stack gap="xs" mt={6}>
              {(['IPv4', 'IPv6'] as const).map((type) => (
                <Radio
                  key={type}
                  value={type}
                  label={`A free ${type} address`}
                  description={from(type) ?? 'Free of charge. It returns to the pool when it is detached.'}
                  disabled={from(type) !== undefined}
                />
              ))}
              <Radio
                value="reserved"
                label="A reserved address"
                description={
                  reserved.some(({ refused }) => refused === undefined)
                    ? 'It stays yours when it is detached.'
                    : 'No reserved address is free for this VM.'
                }
                disabled={!reserved.some(({ refused }) => refused === undefined)}
              />
            </Stack>
          </Radio.Group>
          {asked === 'reserved' && (
            <ThingSelect
              label="Reserved address"
              options={reserved}
              value={chosen}
              onChange={setChosen}
              nothing="No reserved address"
            />
          )}
        </>
      )}
      {machine !== undefined && (
        <ThingSelect
          label="Firewall group (optional)"
          description={
            group === null ? 'Without a group, anyone can reach every port but those of the default firewall.' : ''
          }
          options={(groups.data ?? [])
            .filter(({ project_id }) => project_id === machine.project_id)
            .map(({ id, name }) => ({ value: id, label: name }))}
          value={group}
          onChange={setGroup}
          nothing="No firewall group in this project"
        />
      )}
    </FormDialog>
  );
}

/** An interface gets a firewall group: from the group's page one chooses machine and interface, from an interface the group. */
export function AttachGroupDialog({
  group,
  vm,
  nicId,
  onClose,
}: {
  group?: SecurityGroup;
  vm?: VM;
  /** The interface, where it is known already. */
  nicId?: number;
  onClose: () => void;
}) {
  const { api } = useCurrent();
  const { projects } = useScope();
  const refusal = useRefusal();
  const groups = useSecurityGroups();
  const vpcs = useVpcs();
  const { nics } = useInterfaces();
  const [vmId, setVmId] = useState<string | null>(vm?.id ?? null);
  const [nic, setNic] = useState<string | null>(nicId === undefined ? null : String(nicId));
  const [groupId, setGroupId] = useState<string | null>(group?.id ?? null);
  const machines = useMachines(
    group?.project_id,
    (one, own) =>
      refusal('security_group.manage', one.project_id) ??
      stateRefusal(one, 'attachSecurityGroup') ??
      (own.length === 0 ? 'It has no network interface' : undefined),
  );
  const machine = vm ?? machines.find(({ value }) => value === vmId)?.vm;
  const own = nics.filter((one) => one.vm.id === machine?.id);
  const wanted = own.find(({ nic_id }) => String(nic_id) === nic);
  const chosen = group ?? groups.data?.find(({ id }) => id === groupId);
  const attach = useChange(
    () =>
      api.attachVMSecurityGroup(
        { id: machine?.id ?? '', body: { security_group_id: chosen?.id ?? '', nic_id: Number(nic) } },
        inProject(machine?.project_id),
      ),
    {
      stale: networkStale,
      onDone: () => {
        onClose();
        toast(`${chosen?.name} protects ${machine?.name}, ${wanted?.ip ?? ''}`);
      },
    },
  );
  const choose = (id: string | null) => {
    setVmId(id);
    // Most have one public interface, and mean it.
    const first = nics.find((one) => one.vm.id === id && one.type !== 'vpc') ?? nics.find((one) => one.vm.id === id);
    setNic(first === undefined ? null : String(first.nic_id));
  };
  return (
    <FormDialog
      title={group === undefined ? `Attach a firewall group to ${vm?.name}` : `Attach ${group.name} to a VM`}
      action="Attach group"
      change={attach}
      isReady={machine !== undefined && wanted !== undefined && chosen !== undefined}
      onSubmit={() => attach.mutate()}
      onClose={onClose}
    >
      {vm === undefined && (
        <ThingSelect
          isFirst
          label="VM"
          options={machines}
          value={vmId}
          onChange={choose}
          nothing={`No VM in ${projects.find(({ id }) => id === group?.project_id)?.name ?? 'its project'}`}
        />
      )}
      {nicId === undefined && machine !== undefined && (
        <ThingSelect
          label="Interface"
          options={own.map((one) => ({
            value: String(one.nic_id),
            label: `${networkName(one, vpcs.data)}, ${one.ip}`,
            refused: chosen === undefined ? undefined : groupRefusal(one, chosen, limits.groupsPerNic),
          }))}
          value={nic}
          onChange={setNic}
          nothing="No interface"
        />
      )}
      {group === undefined && (
        <ThingSelect
          isFirst
          label="Firewall group"
          options={(groups.data ?? [])
            .filter(({ project_id }) => project_id === machine?.project_id)
            .map((one) => ({
              value: one.id,
              label: one.name,
              refused: wanted === undefined ? undefined : groupRefusal(wanted, one, limits.groupsPerNic),
            }))}
          value={groupId}
          onChange={setGroupId}
          nothing="No firewall group in this project"
        />
      )}
      <Text size="sm" c="dimmed">
        From now on this interface lets through only what its groups allow. Open connections continue.
      </Text>
    </FormDialog>
  );
}
