import { Button } from '@mantine/core';
import type { UseQueryResult } from '@tanstack/react-query';
import { Lock } from 'lucide-react';
import type { ReactNode } from 'react';
import { useScope } from '../api/scope.tsx';
import { EmptyState, ErrorNotice } from './notices.tsx';
import { Skeleton } from './skeleton.tsx';

/**
 * A list in each of its states: loading, failed, not allowed, empty, there. One that is there and could not be read anew stays, with what
 * the server said.
 */
export function ListStates<Item>({
  query,
  things,
  filter = () => true,
  empty,
  children,
}: {
  query: UseQueryResult<readonly Item[]>;
  things: string;
  /** What of it is looked at here. */
  filter?: (item: Item) => boolean;
  empty: ReactNode;
  children: (items: readonly Item[]) => ReactNode;
}) {
  const { project } = useScope();
  const retry = (
    <Button variant="default" onClick={() => void query.refetch()} loading={query.isFetching}>
      Try again
    </Button>
  );
  if (query.data === undefined) {
    if (query.isError) {
      return (
        <>
          <ErrorNotice error={query.error} />
          <div style={{ marginTop: 12 }}>{retry}</div>
        </>
      );
    }
    // A query that may not be asked is not asked.
    if (!query.isFetching && query.fetchStatus === 'idle') {
      return (
        <EmptyState icon={Lock} title={`You can't view ${things}${project === undefined ? '' : ` in ${project.name}`}`}>
          Ask an Owner or Admin for the Viewer role.
        </EmptyState>
      );
    }
    return <Skeleton shape="list" isWithHead={false} />;
  }
  const items = query.data.filter(filter);
  return (
    <>
      {query.isError && (
        <div style={{ marginBottom: 12 }}>
          <ErrorNotice error={query.error} />
          <div style={{ marginTop: 8 }}>{retry}</div>
        </div>
      )}
      <div {...(query.isError ? { style: { opacity: 0.7 } } : {})}>{items.length === 0 ? empty : children(items)}</div>
    </>
  );
}
