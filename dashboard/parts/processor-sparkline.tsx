import { Tooltip } from '@mantine/core';
import { useProcessorHours } from '../api/processor-hours.ts';
import { type Hours, hoursInWords, hoursOf } from './processor-words.ts';
import { sparkPaths } from './spark-paths.ts';
import classes from './sparkline.module.css';

const width = 72;
const height = 20;

/** How busy the processors of a VM were in 24 hours, of all that it has; nothing where nothing was measured. */
export function ProcessorSparkline({ id }: { id: string }) {
  const row = useProcessorHours(id);
  if (row === undefined) return null;
  const hours = row === null ? undefined : hoursOf(row);
  return hours === undefined ? '–' : <HoursLine hours={hours} />;
}

export function HoursLine({ hours }: { hours: Hours }) {
  const words = hoursInWords(hours);
  return (
    <Tooltip label={words}>
      <svg
        className={classes.spark}
        role="img"
        aria-label={words}
        width={width}
        height={height}
        viewBox={`0 0 ${width} ${height}`}
      >
        {sparkPaths({ values: hours.values, top: 1 }, width, height).map((path) => (
          <path key={path} d={path} />
        ))}
      </svg>
    </Tooltip>
  );
}
