import type { KeyDay } from '@raffia/client/client.ts';
import { plural } from '../../parts/plural.ts';
import classes from '../../parts/sparkline.module.css';
import { Sparkline } from '../../parts/sparkline.tsx';

const inWords = (count: number) => count.toLocaleString('en');
/** What is too long for its place: the words have it whole. */
const figureOf = (count: number) =>
  count < 100_000 ? inWords(count) : count.toLocaleString('en', { notation: 'compact' });

/** How many requests of a key were within its limit in 24 hours, and when: each line has a height of its own, the figure says of what. */
export function RequestsOfDay({ day }: { day: KeyDay | undefined }) {
  if (day === undefined) return null;
  if (day.requests === 0) return 'None';
  const busiest = Math.max(1, ...day.hourly);
  return (
    <span className={classes.pair}>
      <Sparkline
        width={56}
        spark={{ values: day.hourly, top: busiest }}
        words={`${plural(day.requests, 'request')} in 24 h, ${inWords(busiest)} in the busiest hour`}
      />
      {figureOf(day.requests)}
    </span>
  );
}
