import { Text, Textarea } from '@mantine/core';
import type { TierRequestForOperator } from '@raffia/client/client.ts';
import { Ban, Check, Gauge } from 'lucide-react';
import { useMemo, useState } from 'react';
import { useTierRequestsOfAll } from '../api/operator.ts';
import { useCurrent } from '../api/session.tsx';
import { useChange } from '../api/use-change.ts';
import { FormDialog } from '../parts/form-dialog.tsx';
import { EmptyState, Loaded, PageHead } from '../parts/notices.tsx';
import { Pager, usePage } from '../parts/pager.tsx';
import { RelativeTime } from '../parts/relative-time.tsx';
import { type Column, ResourceTable } from '../parts/resource-table.tsx';
import { type Shape, State } from '../parts/state-shape.tsx';
import { toast } from '../parts/toast.tsx';

const perPage = 50;
const shown: Readonly<Record<TierRequestForOperator['status'], { shape: Shape; word: string }>> = {
  pending: { shape: 'waiting', word: 'Waits for you' },
  approved: { shape: 'done', word: 'Approved' },
  declined: { shape: 'off', word: 'Declined' },
};

type Decision = 'approve' | 'decline';

/** Who asked for the high limit, and what was answered. */
export default function OperatorRequests() {
  const page = usePage(perPage);
  const requests = useTierRequestsOfAll(page);
  const [asked, setAsked] = useState<{ request: TierRequestForOperator; decision: Decision } | null>(null);
  const columns = useMemo(
    (): readonly Column<TierRequestForOperator>[] => [
      {
        id: 'key',
        title: 'API key',
        priority: 1,
        width: 190,
        cell: ({ api_key_name: key }) => <b>{key}</b>,
      },
      {
        id: 'status',
        title: 'Status',
        priority: 2,
        width: 140,
        cell: ({ status }) => <State shape={shown[status].shape}>{shown[status].word}</State>,
      },
      { id: 'peak', title: 'Peak', priority: 3, width: 110, isFigure: true, cell: ({ peak_rps: peak }) => `${peak}/s` },
      { id: 'account', title: 'Account', priority: 4, width: 150, cell: ({ account_name: account }) => account },
      {
        id: 'workload',
        title: 'What it does',
        priority: 5,
        width: 240,
        cell: ({ workload }) => <span className="truncated">{workload}</span>,
      },
      {
        id: 'answer',
        title: 'Answer',
        priority: 6,
        width: 160,
        cell: ({ answer }) => <span className="truncated">{answer ?? '–'}</span>,
      },
      {
        id: 'asked',
        title: 'Asked',
        priority: 5,
        width: 110,
        cell: ({ created_at: at }) => <RelativeTime time={at} />,
      },
    ],
    [],
  );
  const waiting = requests.data?.data.filter(({ status }) => status === 'pending').length;
  return (
    <>
      <PageHead
        title="High limit requests"
        count={waiting === undefined || waiting === 0 ? undefined : `${waiting} waiting`}
        about="API keys that need 100 requests a second. Approval gives the account one more such key, and moves this one."
      />
      <Loaded query={requests}>
        {({ data, total }) =>
          total === 0 ? (
            <EmptyState icon={Gauge} title="No requests">
              People ask on the page of an API key. What they ask for waits here for your answer.
            </EmptyState>
          ) : (
            <ResourceTable
              label="High limit requests"
              things="requests"
              columns={columns}
              items={data}
              idOf={({ id }) => id}
              nameOf={({ api_key_name: key, account_name: account }) => `${key} of ${account}`}
              actsOf={(request) => {
                const refused = request.status === 'pending' ? undefined : `${shown[request.status].word} already`;
                const ask = (decision: Decision) => () => setAsked({ request, decision });
                return [
                  { label: 'Approve…', icon: Check, onSelect: ask('approve'), refused },
                  { label: 'Decline…', icon: Ban, onSelect: ask('decline'), refused },
                ];
              }}
              foot={total > perPage ? <Pager total={total} {...page} /> : undefined}
            />
          )
        }
      </Loaded>
      {asked !== null && <AnswerDialog {...asked} onClose={() => setAsked(null)} />}
    </>
  );
}

function AnswerDialog({
  request,
  decision,
  onClose,
}: {
  request: TierRequestForOperator;
  decision: Decision;
  onClose: () => void;
}) {
  const { api } = useCurrent();
  const [text, setText] = useState('');
  const isApproval = decision === 'approve';
  const change = useChange(
    () => {
      const input = { request_id: request.id, body: text.trim() === '' ? {} : { text } };
      return isApproval ? api.approveTierRequest(input) : api.declineTierRequest(input);
    },
    {
      stale: ['operator-requests', 'operator-accounts'],
      onDone: () => {
        toast(`${request.api_key_name} ${isApproval ? 'has the high limit' : 'keeps the standard limit'}`);
        onClose();
      },
    },
  );
  return (
    <FormDialog
      title={`${isApproval ? 'Approve' : 'Decline'} high limit for ${request.api_key_name}`}
      action={`${isApproval ? 'Approve' : 'Decline'} request`}
      change={change}
      isDirty={text !== ''}
      onSubmit={() => change.mutate()}
      onClose={onClose}
    >
      <Text size="sm">
        {request.account_name} asks for up to {request.peak_rps} requests a second:
      </Text>
      <Text size="sm" c="dimmed" className="breaking" style={{ whiteSpace: 'pre-line' }}>
        {request.workload}
      </Text>
      <Text size="sm">
        {isApproval
          ? 'The key has 100 requests a second and a burst of 200 from now on.'
          : 'The key stays as it is. They can ask again.'}
      </Text>
      <Textarea
        data-autofocus
        label="Answer"
        description="They read it on the key's page. You can leave it empty."
        maxLength={500}
        autosize
        minRows={2}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
      />
    </FormDialog>
  );
}
