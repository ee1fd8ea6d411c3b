import { Alert, Button, Card, Code, Group, Stack, Text, Title } from '@mantine/core';
import { RaffApiError } from '@raffia/client/client.ts';
import type { UseQueryResult } from '@tanstack/react-query';
import { TriangleAlert } from 'lucide-react';
import type { ComponentType, ReactNode } from 'react';
import { AuthError } from '../api/auth.ts';
import classes from './page-head.module.css';
import { useTitle } from './page-title.ts';
import { type Shape, Skeleton } from './skeleton.tsx';

/** The server's sentence, the missing permission, and the request id for whoever has to look into it. */
export function ErrorNotice({ error }: { error: Error | null | undefined }) {
  if (error === null || error === undefined) return null;
  const requestId = error instanceof RaffApiError || error instanceof AuthError ? error.requestId : undefined;
  return (
    <Alert color="red" variant="outline" icon={<TriangleAlert size={18} aria-hidden />} role="alert">
      <Text size="sm" className="breaking">
        {error.message}
      </Text>
      {requestId !== undefined && (
        <Text size="xs" c="dimmed" mt={4}>
          Request <Code>{requestId}</Code>
        </Text>
      )}
    </Alert>
  );
}

/** A list that is loading, could not be loaded, or is there. */
export function Loaded<T>({
  query,
  shape = 'list',
  children,
}: {
  query: UseQueryResult<T>;
  shape?: Shape;
  children: (data: T) => ReactNode;
}) {
  if (query.data !== undefined) {
    return (
      <>
        {query.isError && <ErrorNotice error={query.error} />}
        {children(query.data)}
      </>
    );
  }
  if (query.isError) {
    const isGone = query.error instanceof RaffApiError && [400, 404, 410].includes(query.error.status);
    return (
      <Stack>
        <ErrorNotice error={query.error} />
        {!isGone && (
          <Group>
            <Button variant="default" onClick={() => query.refetch()}>
              Try again
            </Button>
          </Group>
        )}
      </Stack>
    );
  }
  if (!query.isFetching) {
    return <ErrorNotice error={new Error("You can't view this. Ask an Owner or Admin for a role that can.")} />;
  }
  return <Skeleton shape={shape} isWithHead={false} />;
}

/** What a page says before there is anything: what is missing, what it is good for, and how to get the first. */
export function EmptyState({
  icon: Icon,
  title,
  order = 2,
  children,
  action,
}: {
  icon: ComponentType<{ size?: number }>;
  title: string;
  /** 1 where nothing else heads the page. */
  order?: 1 | 2;
  children: ReactNode;
  action?: ReactNode;
}) {
  return (
    <Card withBorder p="xl">
      {order === 1 && <Names title={title} />}
      <Stack align="center" gap="xs" py="xl">
        <Icon size={20} aria-hidden />
        <Title order={order} size="h4">
          {title}
        </Title>
        <Text c="dimmed" ta="center" maw={460} mb="xs" style={{ textWrap: 'balance' }}>
          {children}
        </Text>
        {action}
      </Stack>
    </Card>
  );
}

/** Names the page by what is said on it, where there is no thing to name it by. */
function Names({ title }: { title: string }) {
  useTitle(title);
  return null;
}

/** The top of a page: what it is, in one line what it is for, and its main action. */
export function PageHead({
  title,
  part,
  count,
  about,
  action,
}: {
  title: string;
  /** What of it is shown, where its tabs stand under it: the title of the browser's tab, and the last word of the way. */
  part?: string;
  /** How many there are: `24`, or `6 of 24`. */
  count?: string | number | undefined;
  about?: ReactNode;
  action?: ReactNode;
}) {
  useTitle(part ?? title);
  return (
    <div className={classes.head}>
      <Title order={1} size="h2" className={classes.title}>
        {title}
        {count !== undefined && (
          <>
            {' '}
            <Text span inherit c="var(--raffia-text-3)" fw={400} ml={4}>
              {count}
            </Text>
          </>
        )}
      </Title>
      {about !== undefined && (
        <Text c="dimmed" size="sm" component="div" className={classes.about}>
          {about}
        </Text>
      )}
      {action}
    </div>
  );
}
