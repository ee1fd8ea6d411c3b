import type { ReactNode } from 'react';
import classes from './tag-chip.module.css';

export function TagChip({
  kind,
  children,
}: {
  kind?: 'info' | 'straw' | 'warn' | 'danger' | 'accent';
  children: ReactNode;
}) {
  return (
    <span className={classes.chip} data-kind={kind}>
      {children}
    </span>
  );
}

/** Tags in one line: as many as are seen, the others counted. */
export function TagChips({ names, most = 2 }: { names: readonly string[]; most?: number }) {
  const left = names.length - most;
  return (
    <span className={classes.chips} title={names.join(', ')}>
      {names.slice(0, most).map((name) => (
        <TagChip key={name}>{name}</TagChip>
      ))}
      {left > 0 && <TagChip>+{left}</TagChip>}
    </span>
  );
}
