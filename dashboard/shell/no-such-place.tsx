import { Anchor, Stack } from '@mantine/core';
import { EyeOff } from 'lucide-react';
import { Link } from 'react-router';
import { addressOf, everyProject } from '../addresses.ts';
import type { LostAccess } from '../api/lost-access.ts';
import { useScope } from '../api/scope.tsx';
import { useCurrent } from '../api/session.tsx';
import { EmptyState } from '../parts/notices.tsx';
import { useTitle } from '../parts/page-title.ts';
import { wasRemoved, whomToAsk } from './lost-words.ts';

/**
 * An address of what is gone, or never was for this person: it shows what is left, and never something else in its place.
 *
 * @param lost how it was taken away, where that was while the page was open
 */
export function NoSuchPlace({ what, lost }: { what: 'account' | 'project'; lost?: LostAccess | undefined }) {
  const { session } = useCurrent();
  const { projects, to } = useScope();
  const title = lost === undefined ? `You can't see this ${what}` : wasRemoved(lost);
  useTitle(title);
  const left =
    what === 'account'
      ? session.accounts.map(({ id, name }) => ({
          name,
          address: addressOf('project', { account: id, project: everyProject }),
        }))
      : projects
          .filter(({ id }) => id !== lost?.id)
          .map((project) => ({ name: project.name, address: to('project', '', project) }));
  if (left.length === 0) left.push({ name: 'My settings', address: to('person', 'me') });
  return (
    <div role={lost === undefined ? undefined : 'alert'}>
      <EmptyState
        icon={EyeOff}
        title={title}
        order={1}
        action={
          <Stack gap={4} align="center">
            {left.slice(0, 8).map(({ name, address }) => (
              <Anchor key={address} component={Link} to={address}>
                {name}
              </Anchor>
            ))}
          </Stack>
        }
      >
        {lost === undefined
          ? `It may have been deleted, or your access was removed. Ask an Owner or Admin, or open another ${what}.`
          : whomToAsk(lost)}
      </EmptyState>
    </div>
  );
}
