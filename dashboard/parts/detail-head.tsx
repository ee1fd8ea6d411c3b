import type { ReactNode } from 'react';
import { breakable } from './breakable.tsx';
import classes from './detail-head.module.css';
import { useOfferActs } from './page-acts.ts';
import { useTitle } from './page-title.ts';
import type { Act } from './row-menu.tsx';

/** The top of a thing's page: its name, its state in words, and at most three buttons, the likeliest first. */
export function DetailHead({
  name,
  state,
  actions,
  acts = [],
}: {
  name: string;
  state?: ReactNode;
  actions?: ReactNode;
  /** What the buttons and the menu do, for the search, which offers it too. */
  acts?: readonly Act[];
}) {
  useTitle(name);
  useOfferActs(name, acts);
  return (
    <div className={classes.head}>
      <div className={classes.words}>
        <h1>
          <bdi>{breakable(name)}</bdi>
        </h1>
        {state !== undefined && <div className={classes.state}>{state}</div>}
      </div>
      {actions !== undefined && <div className={classes.actions}>{actions}</div>}
    </div>
  );
}
