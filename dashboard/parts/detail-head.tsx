import type { ReactNode } from 'react';
import classes from './detail-head.module.css';
import { useTitle } from './page-title.ts';

/** The top of a thing's page: its name, its state in words, and at most three buttons, the likeliest first. */
export function DetailHead({ name, state, actions }: { name: string; state?: ReactNode; actions?: ReactNode }) {
  useTitle(name);
  return (
    <div className={classes.head}>
      <div className={classes.words}>
        <h1>
          <bdi>{name}</bdi>
        </h1>
        {state !== undefined && <div className={classes.state}>{state}</div>}
      </div>
      {actions !== undefined && <div className={classes.actions}>{actions}</div>}
    </div>
  );
}
