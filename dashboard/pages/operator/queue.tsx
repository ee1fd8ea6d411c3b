import { Text } from '@mantine/core';
import type { CloudStatus } from '@raffia/client/client.ts';
import { plural } from '../../parts/plural.ts';
import { Section } from '../../parts/section.tsx';
import { type Shape, State } from '../../parts/state-shape.tsx';
import { Strand } from '../../parts/strand.tsx';
import { duration } from '../../parts/times.ts';
import classes from './operator.module.css';
import { Told } from './told.tsx';

const states = [
  { of: 'running', word: 'running', shape: 'changing', kind: 'changing' },
  { of: 'waiting', word: 'waiting for a turn', shape: 'waiting', kind: 'open' },
  { of: 'blocked', word: 'waiting for a host', shape: 'attention', kind: 'attention' },
  { of: 'undoing', word: 'being undone', shape: 'failed', kind: 'failed' },
] as const satisfies readonly { of: string; word: string; shape: Shape; kind: string }[];

/** Work that has not ended, and what it waits for. */
export function Queue({ part }: { part: CloudStatus['queue'] }) {
  return (
    <Section title="Work under way">
      <Told part={part}>
        {(queue) => {
          const open = states.reduce((sum, { of }) => sum + queue[of], 0);
          if (open === 0) return <State shape="done">Nothing is under way</State>;
          const there = states.filter(({ of }) => queue[of] > 0);
          const words = there.map(({ of, word }) => `${queue[of]} ${word}`).join(', ');
          return (
            <>
              <Strand
                label={`Work under way: ${words}`}
                counts={Object.fromEntries(there.map(({ of, kind }) => [kind, queue[of]]))}
              />
              <ul className={classes.lines}>
                {there.map(({ of, word, shape }) => (
                  <li key={of}>
                    <State shape={shape}>
                      {queue[of]} {word}
                    </State>
                    <span className={classes.words}>
                      {queue.kinds
                        .filter(({ state }) => state === of)
                        .map(({ kind, count }) => `${count} ${kind}`)
                        .join(', ')}
                    </span>
                  </li>
                ))}
              </ul>
              <Text size="xs" c="dimmed">
                The oldest was asked for {duration(queue.oldest_seconds * 1000)} ago.
              </Text>
              {queue.waits_for.length > 0 && (
                <ul className={classes.lines} aria-label="What work waits for">
                  {queue.waits_for.slice(0, 8).map(({ what, count }) => (
                    <li key={what}>
                      <b>{plural(count, 'operation')}</b>
                      <span className={classes.words}>{what}</span>
                    </li>
                  ))}
                </ul>
              )}
            </>
          );
        }}
      </Told>
    </Section>
  );
}
