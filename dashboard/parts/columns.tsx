import { useMemo } from 'react';
import { useScope } from '../api/scope.tsx';
import { monthly, monthlyOf } from './price.ts';
import { RelativeTime } from './relative-time.tsx';
import type { Column } from './resource-table.tsx';

/** Columns that many lists have; each list says where it has them, and how wide. */
type Place<Item> = Pick<Column<Item>, 'priority' | 'width'>;

/** The project that a thing lies in: not shown where one project is looked at. */
export function useProjectColumn<Item extends { readonly project_id?: string }>(
  priority: Place<Item>['priority'],
  width = 130,
): Column<Item> {
  const { project, projects } = useScope();
  return useMemo(() => {
    const projectOf = ({ project_id }: Item) => projects.find(({ id }) => id === project_id)?.name;
    return {
      id: 'project',
      title: 'Project',
      priority,
      width,
      ...(project === undefined ? {} : { isHidden: true as const }),
      sort: projectOf,
      cell: (item) => projectOf(item) ?? '–',
    };
  }, [project, projects, priority, width]);
}

/** When a thing came to be; the newest comes first. */
export function sinceColumn<Item extends { readonly created_at?: string }>(
  at: Place<Item> & Pick<Column<Item>, 'id' | 'title'>,
): Column<Item> {
  return {
    ...at,
    sort: ({ created_at }) => (created_at === undefined ? undefined : -Date.parse(created_at)),
    cell: ({ created_at }) => (created_at === undefined ? '–' : <RelativeTime time={created_at} />),
  };
}

/** What a thing costs a month. */
export function monthlyColumn<Item extends { readonly price_per_hour?: string }>(at: Place<Item>): Column<Item> {
  return {
    id: 'monthly',
    title: 'Monthly',
    ...at,
    isFigure: true,
    sort: ({ price_per_hour = '0' }) => monthlyOf(price_per_hour),
    cell: ({ price_per_hour = '0' }) => monthly(price_per_hour),
  };
}
