import classes from './strand.module.css';
import { type Counts, strandSegments } from './strand-segments.ts';

/** A bar of things: steps, VMs, parts of a quota. The sentence beside it says the same in words. */
export function Strand({
  counts,
  label,
  progress,
}: {
  counts: Counts;
  label: string;
  progress?: { now: number; of: number };
}) {
  const segments = strandSegments(counts);
  return (
    <span
      className={classes.strand}
      {...(progress === undefined
        ? { role: 'img', 'aria-label': label }
        : { role: 'progressbar', 'aria-label': label, 'aria-valuenow': progress.now, 'aria-valuemax': progress.of })}
    >
      {segments.map((kind, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a segment is its place
        <i key={at} data-kind={kind} />
      ))}
    </span>
  );
}
