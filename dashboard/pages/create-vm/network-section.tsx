import { Autocomplete, Select, Switch, TextInput } from '@mantine/core';
import type { VPC } from '@raffia/client/client.ts';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { useCurrent, useMay } from '../../api/session.tsx';
import classes from './create-vm.module.css';
import { ChoiceError, FormSection } from './form-section.tsx';
import type { VmForm } from './use-vm-form.ts';

export function NetworkSection({
  form,
  networks,
  names,
  projectId,
}: {
  form: VmForm;
  /** Those of the project and region. */
  networks: readonly VPC[];
  names: readonly string[];
  projectId: string | undefined;
}) {
  const { hasPublic, hasNetwork, network } = form.values;
  const may = useMay();
  const reasons = new Map<string, string>();
  for (const { id, used_ips = 0, total_ips = Number.POSITIVE_INFINITY } of networks) {
    if (used_ips >= total_ips) reasons.set(id, 'No free address');
  }
  const blocks = new Map(networks.map(({ id, cidr }) => [id, cidr]));
  const joined = networks.find(({ id }) => id === network);
  const hasGateway = joined?.gateway_type === 'nat';
  return (
    <FormSection title="Network">
      <div className={classes.switch}>
        <Switch
          size="xs"
          classNames={{ body: classes.switchBody ?? '', label: classes.switchLabel ?? '' }}
          label="Public IPv4 address"
          checked={hasPublic}
          onChange={(event) => {
            form.setFieldValue('hasPublic', event.currentTarget.checked);
            form.clearFieldError('hasNetwork');
          }}
        />
        <span className={classes.faint}>assigned from the pool, free</span>
      </div>
      <div className={classes.switch}>
        <Switch
          size="xs"
          classNames={{ body: classes.switchBody ?? '', label: classes.switchLabel ?? '' }}
          label="Private network"
          {...form.getInputProps('hasNetwork', { type: 'checkbox' })}
          error={undefined}
        />
        {hasNetwork && (
          <Select
            aria-label="Which private network"
            className={classes.network}
            data={[
              { value: 'auto', label: names.length === 1 ? `New: vpc-${names[0]}` : 'New: one for each VM' },
              ...networks.map(({ id, name }) => ({ value: id, label: name, disabled: reasons.has(id) })),
              ...(may('vpc.view', projectId) ? [{ value: 'new', label: 'New, with my own block' }] : []),
            ]}
            renderOption={({ option }) => (
              <span style={{ minWidth: 0 }}>
                <bdi>{option.label}</bdi>
                <span className="reason">{reasons.get(option.value) ?? blocks.get(option.value)}</span>
              </span>
            )}
            allowDeselect={false}
            searchable={networks.length > 8}
            nothingFoundMessage="No network matches"
            {...form.getInputProps('network')}
          />
        )}
        {hasNetwork && joined !== undefined && <span className="mono">{joined.cidr}</span>}
      </div>
      <ChoiceError>{form.errors.hasNetwork}</ChoiceError>
      {hasNetwork && network === 'new' && <NewNetwork form={form} />}
      {!hasPublic && hasNetwork && !hasGateway && (
        <p className={classes.warning} role="status">
          Without a public address, {names.length === 1 ? 'this VM reaches' : 'these VMs reach'} the internet only
          through a network with a NAT gateway.
        </p>
      )}
    </FormSection>
  );
}

function NewNetwork({ form }: { form: VmForm }) {
  const { account, api } = useCurrent();
  const { data } = useQuery({
    queryKey: [account.id, 'vpcs', 'suggestions'],
    queryFn: async ({ signal }) => api.listVPCCIDRSuggestions({}, { signal }),
    staleTime: 0,
  });
  const blocks = (data?.alternatives ?? []).flatMap(({ cidr }) => cidr ?? []);
  const suggested = data?.suggested;
  const { networkBlock } = form.values;
  const suggest = useRef((_block: string) => {});
  suggest.current = (block) => {
    if (networkBlock === '') form.setFieldValue('networkBlock', block);
  };
  useEffect(() => {
    if (suggested !== undefined) suggest.current(suggested);
  }, [suggested]);
  return (
    <div className={classes.pair}>
      <TextInput label="Network name" maxLength={64} {...form.getInputProps('networkName')} />
      <Autocomplete
        label="Block"
        className="mono-field"
        placeholder="10.0.1.0/24"
        data={[...new Set(blocks)]}
        spellCheck={false}
        {...form.getInputProps('networkBlock')}
      />
    </div>
  );
}
