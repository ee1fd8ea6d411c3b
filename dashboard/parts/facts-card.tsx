import type { ReactNode } from 'react';
import { breakable } from './breakable.tsx';
import { CopyIcon } from './copy.tsx';
import classes from './facts-card.module.css';

export interface Fact {
  readonly label: string;
  readonly value: ReactNode;
  /** What a button beside it copies. */
  readonly copy?: string | undefined;
  readonly isMono?: true;
  /** It has a row of its own: an ID that would be broken. */
  readonly isWide?: true;
}

/** What one wants to know of a thing at a glance. What is absent is –. */
export function FactsCard({ facts }: { facts: readonly Fact[] }) {
  return (
    <div className={classes.box}>
      <dl className={classes.facts} data-many={facts.length > 6 || undefined}>
        {facts.map(({ label, value, copy, isMono, isWide }) => (
          <div key={label} className={isWide && classes.wide}>
            <dt>{label}</dt>
            <dd className={isMono && 'mono'}>
              <span>{typeof value === 'string' ? breakable(value) : (value ?? '–')}</span>
              {copy !== undefined && <CopyIcon value={copy} label={`Copy ${label}`} />}
            </dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
