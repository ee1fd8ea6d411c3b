import { Button } from '@mantine/core';
import { X } from 'lucide-react';
import type { Failure } from './bulk.ts';
import classes from './bulk-progress.module.css';
import { StateShape } from './state-shape.tsx';
import { Strand } from './strand.tsx';

/** How far an act on many things is: n of m, and what failed, by name, with why. */
export function BulkProgress({
  title,
  total,
  done,
  failures,
  isRunning,
  onRetry,
  onClose,
}: {
  title: string;
  total: number;
  done: number;
  failures: readonly Failure<{ readonly name: string }>[];
  isRunning: boolean;
  onRetry: () => void;
  onClose: () => void;
}) {
  const ended = done + failures.length;
  // Said in quarters, and not for each.
  const quarter = Math.floor((ended / Math.max(1, total)) * 4) / 4;
  return (
    <section className={classes.box} aria-label={title}>
      <div className={classes.line}>
        <StateShape shape={isRunning ? 'changing' : failures.length > 0 ? 'failed' : 'done'} />
        <span>{title}</span>
        <span className={classes.strand}>
          <Strand
            label={`${done} of ${total} done`}
            counts={{ done, failed: failures.length, open: total - ended }}
            progress={{ now: ended, of: total }}
          />
        </span>
        <span className={classes.count}>
          {done} of {total} done{failures.length > 0 && `, ${failures.length} failed`}
        </span>
        <span className="visually-hidden" role="status">
          {Math.round(quarter * 100)} % of {title}
        </span>
        {!isRunning && failures.length > 0 && (
          <Button size="xs" variant="default" onClick={onRetry}>
            Retry {failures.length}
          </Button>
        )}
        {!isRunning && (
          <Button size="xs" variant="subtle" color="gray" aria-label={`Dismiss ${title}`} onClick={onClose}>
            <X size={14} aria-hidden />
          </Button>
        )}
      </div>
      {failures.length > 0 && (
        <div role="alert">
          <ul className={classes.failures}>
            {failures.map(({ item, reason }) => (
              <li key={item.name}>
                <b>{item.name}</b>: {reason}
              </li>
            ))}
          </ul>
        </div>
      )}
    </section>
  );
}
