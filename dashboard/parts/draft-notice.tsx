import { Button } from '@mantine/core';
import classes from './draft-notice.module.css';

/** Says that what was entered before is there again, and lets one begin anew. */
export function DraftNotice({ secret, onStartOver }: { secret?: string; onStartOver: () => void }) {
  return (
    <div className={classes.draft} role="status">
      <span>Your draft is back.{secret !== undefined && ` ${secret}`}</span>
      <Button size="xs" variant="default" onClick={onStartOver}>
        Start over
      </Button>
    </div>
  );
}
