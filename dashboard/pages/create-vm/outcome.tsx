import { Anchor } from '@mantine/core';
import { Link } from 'react-router';
import { ErrorNotice } from '../../parts/notices.tsx';
import { plural } from '../../parts/plural.ts';
import type { Made } from './create-several.ts';
import classes from './create-vm.module.css';
import { listed } from './names.ts';

/** A creation of several that stopped in the middle. */
export interface Partial {
  readonly made: readonly Made[];
  readonly left: readonly string[];
  readonly error: Error;
}

export interface Gap {
  readonly text: string;
  /** The field in which it is put right, where it is one. */
  readonly path?: string;
}

/** What is not right yet: each leads to where it is put right. */
export function Gaps({ gaps, onGo }: { gaps: readonly Gap[]; onGo: (path: string) => void }) {
  if (gaps.length === 0) return null;
  return (
    <div className={classes.gaps} role="alert">
      <p>{plural(gaps.length, 'thing')} to fix</p>
      <ul>
        {gaps.map(({ text, path }) => (
          <li key={path ?? text}>
            {path === undefined ? (
              text
            ) : (
              <button type="button" onClick={() => onGo(path)}>
                {text}
              </button>
            )}
          </li>
        ))}
      </ul>
    </div>
  );
}

export function PartialNotice({
  partial: { made, left, error },
  toVm,
}: {
  partial: Partial;
  toVm: (id: string) => string;
}) {
  return (
    <>
      <div className={classes.partial} role="status">
        <p>
          Created {made.length} of {made.length + left.length}:{' '}
          {made.map(({ id, name }, at) => (
            <span key={id}>
              {at > 0 && (at === made.length - 1 ? ' and ' : ', ')}
              <Anchor component={Link} to={toVm(id)} size="sm" target="_blank">
                {name}
              </Anchor>
            </span>
          ))}
          .
        </p>
        <p>Not created: {listed(left)}.</p>
      </div>
      <ErrorNotice error={error} />
    </>
  );
}
