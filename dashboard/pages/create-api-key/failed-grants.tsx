import { Button } from '@mantine/core';
import { useChange } from '../../api/use-change.ts';
import { StateShape } from '../../parts/state-shape.tsx';
import classes from './create-api-key.module.css';
import type { Grants } from './use-grants.ts';

/** Projects on which a key that is made has no role after all, why, and another try. */
export function FailedGrants({ grants: { failed, give } }: { grants: Grants }) {
  const again = useChange(() => give(failed.map(({ item }) => item)), {
    stale: ['api-keys', 'project-members', 'audit'],
  });
  if (failed.length === 0) return null;
  return (
    <div className={classes.failed} role="alert">
      <b>Created, but these projects failed</b>
      <ul>
        {failed.map(({ item, reason }) => (
          <li key={item.projectId}>
            <StateShape shape="failed" />
            <span>
              <bdi>{item.project}</bdi>: {reason}
            </span>
          </li>
        ))}
      </ul>
      <Button variant="default" size="xs" loading={again.isPending} onClick={() => again.mutate()}>
        Try again
      </Button>
    </div>
  );
}
