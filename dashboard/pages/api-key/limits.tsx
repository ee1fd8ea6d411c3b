import { Button, NumberInput, Textarea } from '@mantine/core';
import { isInRange, isNotEmpty, useForm } from '@mantine/form';
import type { APIKey, KeyUsage, TierRequest } from '@raffia/client/client.ts';
import { longestWaitMs } from '@raffia/contract/account.ts';
import { tiers } from '@raffia/contract/tiers.ts';
import { type UseQueryResult, useQuery } from '@tanstack/react-query';
import { Gauge } from 'lucide-react';
import { useState } from 'react';
import { useCurrent, useMay } from '../../api/session.tsx';
import { useChange } from '../../api/use-change.ts';
import { ActButton } from '../../parts/act-button.tsx';
import { ValuesDialog } from '../../parts/form-dialog.tsx';
import { ErrorNotice, Loaded } from '../../parts/notices.tsx';
import { Panel } from '../../parts/panel.tsx';
import { lacks } from '../../parts/refusals.ts';
import { RelativeTime } from '../../parts/relative-time.tsx';
import { type Shape, State } from '../../parts/state-shape.tsx';
import { toast } from '../../parts/toast.tsx';
import classes from './api-key.module.css';

const { standard, high } = tiers;
const ms = (value: number) => `${value.toLocaleString('en')}\u00a0ms`;

/** How often a key may ask, what happens above it, and the high limit: the operator's to give. */
export function Limits({ apiKey, usage }: { apiKey: APIKey; usage: UseQueryResult<KeyUsage> }) {
  const isHigh = apiKey.rate_limit_tier === 'high';
  const { perSecond, burst } = isHigh ? high : standard;
  return (
    <Panel title="Limits">
      <div className={classes.part}>
        <p className={classes.sentence}>
          {perSecond} requests a second, burst {burst}.
          {usage.data !== undefined && ` ${usage.data.burst_remaining} of the burst left now.`}
        </p>
      </div>
      <div className={classes.part}>
        <Loaded query={usage} shape="form">
          {({ wait_ms }) => <Patience key={wait_ms} apiKey={apiKey} waitMs={wait_ms} />}
        </Loaded>
      </div>
      <div className={classes.part}>
        <HighLimit apiKey={apiKey} isHigh={isHigh} />
      </div>
    </Panel>
  );
}

/** How long a request over the limit waits. */
function Patience({ apiKey, waitMs }: { apiKey: APIKey; waitMs: number }) {
  const { api } = useCurrent();
  const may = useMay();
  const refused = may('account.apikeys.manage') ? undefined : lacks('account.apikeys.manage');
  const form = useForm({
    initialValues: { wait: waitMs as number | string },
    validateInputOnBlur: true,
    validate: {
      wait: (value) =>
        Number.isInteger(value) && Number(value) >= 0 && Number(value) <= longestWaitMs
          ? null
          : `Choose 0 to ${ms(longestWaitMs)}`,
    },
  });
  const save = useChange((wait: number) => api.setApiKeyPatience({ id: apiKey.id, body: { wait_ms: wait } }), {
    stale: ['key-usage', 'audit'],
    onDone: (_, wait) =>
      toast(
        wait === 0
          ? `Requests of ${apiKey.name} over the limit are refused`
          : `Requests of ${apiKey.name} over the limit wait up to ${ms(wait)}`,
      ),
  });
  return (
    <form noValidate onSubmit={form.onSubmit(({ wait }) => save.mutate(Number(wait)))}>
      <div className={classes.wait}>
        <NumberInput
          label="Wait for room"
          description={refused ?? 'How long a request over the limit waits before it is refused. 0 refuses it at once'}
          suffix=" ms"
          min={0}
          max={longestWaitMs}
          step={500}
          clampBehavior="none"
          allowDecimal={false}
          allowNegative={false}
          thousandSeparator=","
          disabled={refused !== undefined}
          {...form.getInputProps('wait')}
        />
        {refused === undefined && (
          <Button type="submit" variant="default" loading={save.isPending} disabled={!form.isDirty()}>
            Save wait
          </Button>
        )}
      </div>
      <ErrorNotice error={save.error} />
    </form>
  );
}

const answers: Readonly<Record<TierRequest['status'], { word: string; shape: Shape }>> = {
  pending: { word: 'Waiting for your operator', shape: 'waiting' },
  approved: { word: 'Approved', shape: 'done' },
  declined: { word: 'Declined', shape: 'failed' },
};

function HighLimit({ apiKey, isHigh }: { apiKey: APIKey; isHigh: boolean }) {
  const { account, api } = useCurrent();
  const may = useMay();
  const [isAsking, setAsking] = useState(false);
  const requests = useQuery({
    queryKey: [account.id, 'tier-requests', apiKey.id],
    queryFn: async ({ signal }) => (await api.listTierRequests({ api_key_id: apiKey.id }, { signal })).data,
  });
  return (
    <Loaded query={requests} shape="form">
      {(all) => {
        const isPending = all.some(({ status }) => status === 'pending');
        return (
          <>
            {all.length > 0 && (
              <ul className={classes.requests} aria-label="Requests for the high limit">
                {all.map(({ id, status, created_at, peak_rps, workload, answer }) => (
                  <li key={id}>
                    <State shape={answers[status].shape}>{answers[status].word}</State>
                    <p>
                      Requested <RelativeTime time={created_at} /> for {peak_rps.toLocaleString('en')} requests a
                      second: <bdi>{workload}</bdi>
                    </p>
                    {answer !== undefined && (
                      <p>
                        Your operator: <bdi>{answer}</bdi>
                      </p>
                    )}
                  </li>
                ))}
              </ul>
            )}
            {!isHigh && !isPending && (
              <>
                <p className={classes.sentence} style={{ marginBottom: 10 }}>
                  High limit: {high.perSecond} requests a second, burst {high.burst}. Your operator approves it.
                </p>
                <ActButton
                  label="Request high limit…"
                  icon={Gauge}
                  refused={may('account.apikeys.manage') ? undefined : lacks('account.apikeys.manage')}
                  onClick={() => setAsking(true)}
                />
              </>
            )}
            {isHigh && all.length === 0 && (
              <p className={classes.sentence}>Your operator gave this key the high limit.</p>
            )}
            {isAsking && <RequestHighLimit apiKey={apiKey} onClose={() => setAsking(false)} />}
          </>
        );
      }}
    </Loaded>
  );
}

function RequestHighLimit({ apiKey, onClose }: { apiKey: APIKey; onClose: () => void }) {
  const { api } = useCurrent();
  const form = useForm({
    initialValues: { workload: '', peak: 60 as number | string },
    validateInputOnBlur: true,
    validate: {
      workload: isNotEmpty('Tell your operator what the key does'),
      peak: isInRange({ min: 1, max: 100_000 }, 'Choose 1 to 100,000'),
    },
  });
  const ask = useChange(
    ({ workload, peak }: { workload: string; peak: number | string }) =>
      api.requestHighTier({ id: apiKey.id, body: { workload: workload.trim(), peak_rps: Number(peak) } }),
    {
      stale: ['tier-requests', 'audit'],
      onDone: () => {
        onClose();
        toast('Request sent to your operator');
      },
    },
  );
  return (
    <ValuesDialog
      title={`Request high limit for ${apiKey.name}`}
      action="Request high limit"
      change={ask}
      form={form}
      onSubmit={(values) => ask.mutate(values)}
      onClose={onClose}
    >
      <p className={classes.sentence}>
        High limit: {high.perSecond} requests a second, burst {high.burst}. Your operator approves it. Tell them what
        the key does.
      </p>
      <Textarea
        data-autofocus
        label="What the key does"
        autosize
        minRows={3}
        maxLength={2000}
        {...form.getInputProps('workload')}
      />
      <NumberInput
        label="Peak requests a second"
        min={1}
        max={100_000}
        clampBehavior="none"
        allowDecimal={false}
        thousandSeparator=","
        {...form.getInputProps('peak')}
      />
    </ValuesDialog>
  );
}
