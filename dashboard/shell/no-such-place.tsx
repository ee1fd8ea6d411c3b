import { Anchor, Stack } from '@mantine/core';
import { EyeOff } from 'lucide-react';
import { Link } from 'react-router';
import { addressOf, everyProject } from '../addresses.ts';
import { useScope } from '../api/scope.tsx';
import { useCurrent } from '../api/session.tsx';
import { EmptyState } from '../parts/notices.tsx';
import { useTitle } from '../parts/page-title.ts';

/** An address of what is gone, or never was for this person: it shows what is left, and never something else in its place. */
export function NoSuchPlace({ what }: { what: 'account' | 'project' }) {
  const { session } = useCurrent();
  const { projects, to } = useScope();
  const title = `You can't see this ${what}`;
  useTitle(title);
  const left =
    what === 'account'
      ? session.accounts.map(({ id, name }) => ({
          name,
          address: addressOf('project', { account: id, project: everyProject }),
        }))
      : projects.map((project) => ({ name: project.name, address: to('project', '', project) }));
  return (
    <EmptyState
      icon={EyeOff}
      title={title}
      order={1}
      action={
        <Stack gap={4} align="flex-start">
          {left.slice(0, 8).map(({ name, address }) => (
            <Anchor key={address} component={Link} to={address}>
              {name}
            </Anchor>
          ))}
        </Stack>
      }
    >
      It may have been deleted, or your access was removed. Ask an Owner or Admin, or open another {what}.
    </EmptyState>
  );
}
