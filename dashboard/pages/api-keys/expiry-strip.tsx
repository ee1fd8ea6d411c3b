import { Button } from '@mantine/core';
import type { APIKey } from '@raffia/client/client.ts';
import { useMay } from '../../api/session.tsx';
import { expiryWords, soonDays } from '../../parts/key-life.ts';
import { StateShape } from '../../parts/state-shape.tsx';
import { useListState } from '../../parts/use-list-state.ts';
import classes from './expiry-strip.module.css';

/** The key that ends first of those that are about to, with what to do. Absent where none is. */
export function ExpiryStrip({ keys, onRegenerate }: { keys: readonly APIKey[]; onRegenerate: (key: APIKey) => void }) {
  const may = useMay();
  const { set } = useListState();
  const [first, ...others] = keys;
  if (first === undefined) return null;
  const { title, advice } = expiryWords(first);
  return (
    <section className={classes.strip} aria-label="About to expire">
      <StateShape shape="attention" />
      <p>
        <b>{title}</b> <span>{advice}</span>
        {others.length > 0 && (
          <>
            {' '}
            <button type="button" onClick={() => set('expires', 'soon')}>
              Show {keys.length} keys that expire within {soonDays} days
            </button>
          </>
        )}
      </p>
      {may('account.apikeys.manage') && (
        <Button variant="default" size="xs" onClick={() => onRegenerate(first)}>
          Regenerate…
        </Button>
      )}
    </section>
  );
}
