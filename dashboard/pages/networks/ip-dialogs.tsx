import { Radio, Select, Stack, Text } from '@mantine/core';
import type { FloatingIP } from '@raffia/client/client.ts';
import { billingPeriods } from '@raffia/contract/enums.ts';
import { useState } from 'react';
import { networkStale, useInterfaces, type VmNic } from '../../api/interfaces.ts';
import { useAccount } from '../../api/lists.ts';
import { useScope } from '../../api/scope.tsx';
import { useCurrent, useMay } from '../../api/session.tsx';
import { useChange } from '../../api/use-change.ts';
import { DestroyDialog } from '../../parts/destroy-dialog.tsx';
import { FormDialog } from '../../parts/form-dialog.tsx';
import { useIpPrices } from '../../parts/ip-prices.ts';
import { Meter } from '../../parts/meter.tsx';
import { addressRefusal } from '../../parts/network-words.ts';
import { ThingSelect } from '../../parts/thing-select.tsx';
import { toast } from '../../parts/toast.tsx';
import { useRefusal } from '../../parts/use-refusal.ts';

const inProject = (id: string | undefined) => ({ projectId: id ?? '' });
const periods: Readonly<Record<(typeof billingPeriods)[number], string>> = {
  monthly: 'Monthly',
  yearly: 'Yearly',
  twenty_four_month: 'Every 24 months',
};

/** An address that stays with the account. */
export function ReserveIp({ onClose }: { onClose: () => void }) {
  const { api } = useCurrent();
  const { project, projects } = useScope();
  const may = useMay();
  const prices = useIpPrices();
  const account = useAccount();
  const places = projects.filter(({ id }) => may('ip.reserve', id));
  const [type, setType] = useState<FloatingIP['type']>('IPv4');
  const [place, setPlace] = useState(project?.id ?? places[0]?.id ?? '');
  const [period, setPeriod] = useState<(typeof billingPeriods)[number]>('monthly');
  const isSubscription = account.data?.billing_mode === 'subscription';
  const quota = account.data?.quota.reserved_ips;
  const reserve = useChange(
    () => api.reserveIP({ body: { type, ...(isSubscription ? { billing_period: period } : {}) } }, inProject(place)),
    {
      stale: networkStale,
      onDone: ({ data }) => {
        onClose();
        toast(`${data.ip_address} is reserved`);
      },
    },
  );
  return (
    <FormDialog
      title="Reserve public IP"
      action="Reserve public IP"
      change={reserve}
      isReady={place !== ''}
      onSubmit={() => reserve.mutate()}
      onClose={onClose}
    >
      <Radio.Group label="Type" value={type} onChange={(value) => setType(value as FloatingIP['type'])}>
        <Stack gap="xs" mt={6}>
          {(['IPv4', 'IPv6'] as const).map((one) => (
            <Radio
              key={one}
              data-autofocus={one === type || undefined}
              value={one}
              label={one}
              description={prices?.[one] === undefined ? '' : `${prices[one]} a month, attached or not`}
            />
          ))}
        </Stack>
      </Radio.Group>
      {project === undefined && (
        <Select
          label="Project"
          data={places.map(({ id, name }) => ({ value: id, label: name }))}
          value={place}
          onChange={(value) => setPlace(value ?? '')}
          allowDeselect={false}
        />
      )}
      {isSubscription && (
        <Select
          label="Paid"
          data={billingPeriods.map((value) => ({ value, label: periods[value] }))}
          value={period}
          onChange={(value) => setPeriod(value as typeof period)}
          allowDeselect={false}
        />
      )}
      {quota !== undefined && <Meter label="Reserved IPs after this" used={quota.used} more={1} limit={quota.limit} />}
      <Text size="sm" c="dimmed">
        The address is picked for you. It stays yours, and billed, until you release it.
      </Text>
    </FormDialog>
  );
}

/** Milliseconds between two looks at an address that is leaving its machine, and for how long. */
const lookMs = 1000;
const mostLooks = 120;

/** A reserved address goes from one machine to another: it is detached, and attached as soon as the first host let go of it. */
export function MoveIp({ ip, from, onClose }: { ip: FloatingIP; from: VmNic; onClose: () => void }) {
  const { api } = useCurrent();
  const refusal = useRefusal();
  const { nics, vms } = useInterfaces();
  const [chosen, setChosen] = useState<string | null>(null);
  const [step, setStep] = useState('');
  const machines = (vms.data ?? [])
    .filter((vm) => vm.project_id === ip.project_id && vm.id !== from.vm.id)
    .map((vm) => ({
      vm,
      value: vm.id,
      label: vm.name,
      refused:
        refusal('ip.attach', vm.project_id) ??
        addressRefusal(
          vm,
          nics.filter((nic) => nic.vm.id === vm.id),
          ip,
        ),
    }));
  const to = machines.find(({ value }) => value === chosen)?.vm;
  const move = useChange(
    async () => {
      if (to === undefined) return;
      setStep(`Detaching it from ${from.vm.name}`);
      await api.detachVMIP({ id: from.vm.id, nic_id: from.nic_id }, inProject(from.vm.project_id));
      for (let look = 0; (await api.getIP({ id: ip.id })).data.status === 'in-use'; look++) {
        if (look === mostLooks)
          throw new Error(`${from.vm.name} still lets go of ${ip.ip_address}. Attach it to ${to.name} when it has.`);
        await new Promise((done) => setTimeout(done, lookMs));
      }
      setStep(`Attaching it to ${to.name}`);
      try {
        await api.attachVMIP({ id: to.id, body: { ip_id: ip.id } }, inProject(to.project_id));
      } catch (error) {
        throw new Error(
          `${ip.ip_address} is detached from ${from.vm.name}, but couldn't be attached to ${to.name}. ${(error as Error).message}`,
        );
      }
    },
    {
      stale: networkStale,
      onDone: () => {
        onClose();
        toast(`${ip.ip_address} moves to ${to?.name}`, { isWork: true });
      },
    },
  );
  return (
    <FormDialog
      title={`Move ${ip.ip_address}`}
      action="Move public IP"
      change={move}
      isReady={to !== undefined}
      isDirty={move.isPending}
      onSubmit={() => move.mutate()}
      onClose={onClose}
    >
      <ThingSelect
        isFirst
        label="To"
        options={machines}
        value={chosen}
        onChange={setChosen}
        nothing="No other VM in its project"
      />
      <Text size="sm">
        Connections to {from.vm.name} at this address end now. Firewall groups stay with the interface of {from.vm.name}{' '}
        and don't move: attach some to the new one.
      </Text>
      <Text size="sm" c="dimmed" role="status">
        {move.isPending ? `${step}…` : ''}
      </Text>
    </FormDialog>
  );
}

/** Another address in the place of one. */
export function ChangeIp({ ip, onClose }: { ip: FloatingIP; onClose: () => void }) {
  const { api } = useCurrent();
  const change = useChange(() => api.changeIP({ id: ip.id }, inProject(ip.project_id)), {
    stale: networkStale,
    onDone: ({ new_ip }) => {
      onClose();
      toast(`${ip.ip_address} is ${new_ip?.ip_address} now`);
    },
  });
  return (
    <FormDialog
      title={`Change ${ip.ip_address}`}
      action="Change address"
      change={change}
      isDestructive
      onSubmit={() => change.mutate()}
      onClose={onClose}
    >
      <Text size="sm">
        You get another {ip.type} address for the same price. {ip.ip_address} returns to the pool, and you can't get it
        back.
      </Text>
    </FormDialog>
  );
}

/** An address goes back to the pool. */
export function ReleaseIp({ ip, onClose }: { ip: FloatingIP; onClose: () => void }) {
  const { api } = useCurrent();
  const prices = useIpPrices();
  const release = useChange(() => api.releaseIP({ id: ip.id }, inProject(ip.project_id)), {
    stale: networkStale,
    onDone: () => {
      onClose();
      toast(`${ip.ip_address} is released`);
    },
  });
  const price = prices?.[ip.type];
  return (
    <DestroyDialog
      title={`Release ${ip.ip_address}`}
      names={[ip.ip_address]}
      action={`Release ${ip.ip_address}`}
      goes={["The address. Another account may get it next. You can't undo this."]}
      isPending={release.isPending}
      error={release.error}
      onConfirm={() => release.mutate()}
      onClose={onClose}
    >
      {price === undefined ? undefined : `You no longer pay ${price} a month for it.`}
    </DestroyDialog>
  );
}
