import { Anchor, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import type { Account } from '@raffia/client/client.ts';
import { useQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import { useAccount } from '../api/lists.ts';
import { useScope } from '../api/scope.tsx';
import { useCurrent, useMay } from '../api/session.tsx';
import { useSignInRules } from '../api/sign-in-rules.ts';
import { FactsCard } from '../parts/facts-card.tsx';
import { Meter } from '../parts/meter.tsx';
import { Loaded, PageHead } from '../parts/notices.tsx';
import { RelativeTime } from '../parts/relative-time.tsx';
import { Section } from '../parts/section.tsx';
import { type Shape, State } from '../parts/state-shape.tsx';
import { AccountName } from './settings/account-name.tsx';
import { limitsOf } from './settings/limits.ts';

export default function Settings() {
  const account = useAccount();
  return (
    <>
      <PageHead title="Settings" />
      <Loaded query={account} shape="form">
        {(found) => (
          <Stack gap={16} maw={1000}>
            <Facts account={found} />
            <AccountName account={found} />
            <Limits account={found} />
            <SignIn />
          </Stack>
        )}
      </Loaded>
    </>
  );
}

function Facts({ account }: { account: Account }) {
  return (
    <FactsCard
      facts={[
        { label: 'Owner', value: account.owner_email },
        { label: 'Billing', value: account.billing_mode === 'payg' ? 'Hourly' : 'Monthly' },
        { label: 'Created', value: <RelativeTime time={account.created_at} /> },
        { label: 'ID', value: `${account.id.slice(0, 8)}…`, copy: account.id, isMono: true },
      ]}
    />
  );
}

function Limits({ account }: { account: Account }) {
  return (
    <Section title="Limits">
      <Text size="sm" c="dimmed">
        To raise a limit, or to change the owner, ask your operator.
      </Text>
      <SimpleGrid cols={{ base: 1, xs: 2, md: 3 }} spacing="xl" verticalSpacing="md">
        {limitsOf(account).map(({ name, label, used, limit }) => (
          <Meter key={name} label={label} used={used} limit={limit} />
        ))}
      </SimpleGrid>
      <Requests />
    </Section>
  );
}

const answers: Readonly<Record<'pending' | 'approved' | 'declined', { shape: Shape; word: string }>> = {
  pending: { shape: 'waiting', word: 'Waiting for your operator' },
  approved: { shape: 'done', word: 'Approved' },
  declined: { shape: 'failed', word: 'Declined' },
};

/** What was asked of the operator: a high limit for keys. */
function Requests() {
  const { account, api } = useCurrent();
  const { to } = useScope();
  const isAllowed = useMay()('account.apikeys.view');
  const requests = useQuery({
    queryKey: [account.id, 'tier-requests'],
    queryFn: async ({ signal }) => (await api.listTierRequests({}, { signal })).data,
    enabled: isAllowed,
  });
  if (!isAllowed || (requests.data ?? []).length === 0) return null;
  return (
    <Stack gap={6}>
      <Text size="sm" fw={500}>
        Requests for a high limit
      </Text>
      {requests.data?.map(({ id, api_key_id, api_key_name, peak_rps, status, answer, created_at }) => (
        <Text key={id} size="sm" component="div" className="breaking">
          <State shape={answers[status].shape}>{answers[status].word}</State> ·{' '}
          <Anchor component={Link} to={to('account', `api-keys/${api_key_id}`)} size="sm">
            {api_key_name}
          </Anchor>
          {` · ${peak_rps} requests a second · asked `}
          <RelativeTime time={created_at} />
          {answer !== undefined && ` · ${answer}`}
        </Text>
      ))}
    </Stack>
  );
}

const whoComes = {
  open: 'Anyone can sign up',
  invitation: 'By invitation',
  closed: 'No new people',
} as const;

/** How people come into this cloud: its operator decides. */
function SignIn() {
  const rules = useSignInRules();
  if (rules === undefined) return null;
  const { single_sign_on, sign_up, sends_mail } = rules;
  return (
    <section aria-labelledby="sign-in">
      <Title order={2} size="h4" id="sign-in">
        Sign-in
      </Title>
      <Text size="sm" c="dimmed" mb="sm">
        Set by your operator for everyone in this cloud.
      </Text>
      <FactsCard
        facts={[
          { label: 'Single sign-on', value: single_sign_on ?? 'Off' },
          { label: 'New people', value: whoComes[sign_up] },
          { label: 'Invitations', value: sends_mail ? 'Sent by email' : 'A link that you send yourself' },
        ]}
      />
    </section>
  );
}
