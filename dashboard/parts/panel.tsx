import type { ReactNode } from 'react';
import classes from './panel.module.css';

/** A card with a title: what belongs together on a page. */
export function Panel({
  title,
  end,
  isFlush = false,
  children,
}: {
  title: string;
  /** At the end of the title's line. */
  end?: ReactNode;
  /** Whether what is inside reaches its edges, as a table does. */
  isFlush?: boolean;
  children: ReactNode;
}) {
  return (
    <section className={classes.panel} aria-label={title}>
      <header className={classes.head}>
        <h2>{title}</h2>
        {end !== undefined && <div className={classes.end}>{end}</div>}
      </header>
      <div className={isFlush ? undefined : classes.body}>{children}</div>
    </section>
  );
}
