import classes from './graph.module.css';
import { cellOf, type Moment, momentWord, type Unit } from './series.ts';

/** The numbers of graphs to read, newest first. */
export function GraphTable({
  label,
  moments,
  columns,
  seconds,
  wordOf = (time) => momentWord(time, Math.max(seconds, 21_601)),
}: {
  label: string;
  moments: readonly Moment[];
  columns: readonly { readonly name: string; readonly title: string; readonly unit: Unit }[];
  /** How long the span is. */
  seconds: number;
  /** What a moment is called. */
  wordOf?: (time: number) => string;
}) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by the keyboard
    <section className={classes.table} tabIndex={0} aria-label={label}>
      <table>
        <thead>
          <tr>
            <th scope="col">Time</th>
            {columns.map(({ name, title, unit }) => (
              <th key={name} scope="col">
                {title} ({unit.word})
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {moments.toReversed().map((moment) => (
            <tr key={moment.time}>
              <th scope="row">
                <time dateTime={new Date(moment.time).toISOString()}>{wordOf(moment.time)}</time>
              </th>
              {columns.map(({ name, unit }) => (
                <td key={name}>{cellOf(moment[name] ?? null, unit)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
