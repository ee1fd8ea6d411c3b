import { Anchor } from '@mantine/core';
import { Link } from 'react-router';
import { ErrorNotice } from '../../parts/notices.tsx';
import type { Made } from './create-several.ts';
import classes from './create-vm.module.css';
import { listed } from './names.ts';

/** A creation of several that stopped in the middle. */
export interface Partial {
  readonly made: readonly Made[];
  readonly left: readonly string[];
  readonly error: Error;
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
