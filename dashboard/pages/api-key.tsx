import { BarChart, LineChart } from '@mantine/charts';
import '@mantine/charts/styles.layer.css';
import {
  Alert,
  Badge,
  Button,
  Card,
  Group,
  NumberInput,
  SegmentedControl,
  Stack,
  Text,
  Textarea,
  Title,
} from '@mantine/core';
import type { APIKey, KeyUsage } from '@raffia/client/client.ts';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useNavigate, useParams } from 'react-router';
import { useScope } from '../api/scope.tsx';
import { useCurrent, useMay } from '../api/session.tsx';
import { useChange } from '../api/use-change.ts';
import { DetailHead } from '../parts/detail-head.tsx';
import { FactsCard } from '../parts/facts-card.tsx';
import { keyAccess } from '../parts/key-access.ts';
import { type KeyAction, KeyDialog, KeyMade, useKeyUsage } from '../parts/key-dialogs.tsx';
import { KeyProjects } from '../parts/key-projects.tsx';
import { KeyStateShape } from '../parts/key-state.tsx';
import { ErrorNotice, Loaded } from '../parts/notices.tsx';
import { RelativeTime } from '../parts/relative-time.tsx';
import { RowMenu } from '../parts/row-menu.tsx';
import { useKeyActs } from '../parts/use-key-acts.ts';

const ranges = [
  { value: '60', label: '1 hour' },
  { value: '360', label: '6 hours' },
  { value: '1440', label: '1 day' },
  { value: '10080', label: '7 days' },
];

export default function ApiKeyPage() {
  const { id = '' } = useParams();
  const { account, api } = useCurrent();
  const key = useQuery({
    queryKey: [account.id, 'api-keys', id],
    queryFn: async ({ signal }) => (await api.getApiKey({ id }, { signal })).data,
  });
  return <Loaded query={key}>{(apiKey) => <Details apiKey={apiKey} />}</Loaded>;
}

function Details({ apiKey }: { apiKey: APIKey }) {
  const navigate = useNavigate();
  const { to } = useScope();
  const [action, setAction] = useState<KeyAction | null>(null);
  const [secret, setSecret] = useState<string | null>(null);
  const [minutes, setMinutes] = useState('60');
  const usage = useKeyUsage(apiKey.id, Number(minutes));
  const { role, where } = keyAccess(apiKey);
  // It is open already.
  const acts = useKeyActs((_, chosen) => setAction(chosen))(apiKey).slice(1);
  return (
    <Stack>
      <DetailHead
        name={apiKey.name}
        state={<KeyStateShape apiKey={apiKey} />}
        acts={acts}
        actions={<RowMenu name={apiKey.name} acts={acts} />}
      />
      <FactsCard
        facts={[
          { label: 'Prefix', value: apiKey.key_prefix, isMono: true },
          { label: 'Access', value: where === '' ? role : `${role} · ${where}` },
          {
            label: 'Expires',
            value: apiKey.expires_at === undefined ? 'Never expires' : <RelativeTime time={apiKey.expires_at} />,
          },
          {
            label: 'Last used',
            value: apiKey.last_used_at === undefined ? 'Never used' : <RelativeTime time={apiKey.last_used_at} />,
          },
          { label: 'Last used from', value: usage.data?.last_used_from ?? '–', isMono: true },
          { label: 'ID', value: `${apiKey.id.slice(0, 8)}…`, copy: apiKey.id, isMono: true },
        ]}
      />
      <Card withBorder>
        <KeyProjects apiKey={apiKey} />
      </Card>
      <Card withBorder>
        <Group justify="space-between" mb="md">
          <Title order={2} size="h4">
            Requests
          </Title>
          <SegmentedControl data={ranges} value={minutes} onChange={setMinutes} aria-label="Time range" size="xs" />
        </Group>
        <Loaded query={usage}>{(data) => <Charts usage={data} minutes={Number(minutes)} />}</Loaded>
      </Card>
      <Tier apiKey={apiKey} />
      {action !== null && (
        <KeyDialog
          apiKey={apiKey}
          action={action}
          onClose={() => setAction(null)}
          onSecret={setSecret}
          {...(action === 'delete' ? { onDone: () => navigate(to('account', 'api-keys'), { replace: true }) } : {})}
        />
      )}
      {secret !== null && (
        <KeyMade title="New secret" secret={secret} projectId={undefined} onClose={() => setSecret(null)} />
      )}
    </Stack>
  );
}

/** At most some sixty points, whatever the range: minutes are put together. */
function pointsOf({ minutes: rows, burst }: KeyUsage, minutes: number) {
  const width = Math.ceil(minutes / 60) * 60_000;
  const end = Math.floor(Date.now() / width) * width;
  const clock = new Intl.DateTimeFormat(
    'en',
    minutes > 1440 ? { month: 'short', day: 'numeric', hour: '2-digit' } : { hour: '2-digit', minute: '2-digit' },
  );
  return Array.from({ length: 61 }, (_, index) => {
    const from = end - (60 - index) * width;
    const inside = rows.filter(({ minute }) => Date.parse(minute) >= from && Date.parse(minute) < from + width);
    return {
      time: clock.format(from),
      Requests: inside.reduce((sum, row) => sum + row.requests, 0),
      Refused: inside.reduce((sum, row) => sum + row.refused, 0),
      'Burst left': burst - Math.max(0, ...inside.map((row) => row.burst_used)),
    };
  });
}

function Charts({ usage, minutes }: { usage: KeyUsage; minutes: number }) {
  const points = pointsOf(usage, minutes);
  const sum = (name: 'requests' | 'refused') => usage.minutes.reduce((total, row) => total + row[name], 0);
  return (
    <Stack>
      <Group gap="xl">
        <Text size="sm">
          <b>{sum('requests')}</b> requests
        </Text>
        <Text size="sm">
          <b>{sum('refused')}</b> refused with 429
        </Text>
        <Text size="sm">
          <b>
            {usage.burst_remaining} of {usage.burst}
          </b>{' '}
          burst left now, {usage.limit} a second sustained
        </Text>
      </Group>
      <div role="img" aria-label={`${sum('requests')} requests and ${sum('refused')} refusals over time`}>
        <BarChart
          h={220}
          data={points}
          dataKey="time"
          type="stacked"
          withLegend
          series={[
            { name: 'Requests', color: 'palm.6' },
            { name: 'Refused', color: 'red.7' },
          ]}
        />
      </div>
      <Text size="xs" c="dimmed">
        Burst left, of {usage.burst} in a minute
      </Text>
      <div role="img" aria-label="What was left of the burst budget over time">
        <LineChart
          h={140}
          data={points}
          dataKey="time"
          withDots={false}
          curveType="stepAfter"
          yAxisProps={{ domain: [0, usage.burst] }}
          series={[{ name: 'Burst left', color: 'blue.6' }]}
        />
      </div>
    </Stack>
  );
}

/** The high tier is the operator's to give: one asks, and reads the answer here. */
function Tier({ apiKey }: { apiKey: APIKey }) {
  const { account, api } = useCurrent();
  const may = useMay();
  const [workload, setWorkload] = useState('');
  const [peak, setPeak] = useState<number | string>(60);
  const requests = useQuery({
    queryKey: [account.id, 'tier-requests', apiKey.id],
    queryFn: async ({ signal }) => (await api.listTierRequests({ api_key_id: apiKey.id }, { signal })).data,
  });
  const ask = useChange(
    () => api.requestHighTier({ id: apiKey.id, body: { workload: workload.trim(), peak_rps: Number(peak) } }),
    { stale: ['tier-requests', 'audit'], done: 'The operator was asked' },
  );
  const colour = { pending: 'yellow', approved: 'palm', declined: 'red' } as const;
  const isPending = requests.data?.some(({ status }) => status === 'pending') === true;
  return (
    <Card withBorder>
      <Title order={2} size="h4" mb="xs">
        Rate limit tier: {apiKey.rate_limit_tier}
      </Title>
      {(requests.data ?? []).map((request) => (
        <Alert key={request.id} color={colour[request.status]} variant="outline" mb="sm">
          <Group gap="xs">
            <Badge variant="outline" color={colour[request.status]} tt="none" c="var(--mantine-color-text)">
              {request.status}
            </Badge>
            <Text size="sm">
              Asked <RelativeTime time={request.created_at} /> for {request.peak_rps} a second: {request.workload}
            </Text>
          </Group>
          {request.answer !== undefined && (
            <Text size="sm" mt={4}>
              The operator: {request.answer}
            </Text>
          )}
        </Alert>
      ))}
      {apiKey.rate_limit_tier !== 'high' && !isPending && may('account.apikeys.manage') && (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            ask.mutate();
          }}
        >
          <Stack maw={560}>
            <Text size="sm" c="dimmed">
              The tier high allows 100 requests a second, with a burst of 200. The operator of this cloud gives it: tell
              what it is for.
            </Text>
            <Textarea
              label="Workload"
              value={workload}
              onChange={(e) => setWorkload(e.currentTarget.value)}
              autosize
              minRows={2}
              required
            />
            <NumberInput label="Peak requests per second" value={peak} onChange={setPeak} min={1} max={100_000} />
            <ErrorNotice error={ask.error} />
            <Group>
              <Button type="submit" variant="default" loading={ask.isPending} disabled={workload.trim() === ''}>
                Request the high tier
              </Button>
            </Group>
          </Stack>
        </form>
      )}
    </Card>
  );
}
