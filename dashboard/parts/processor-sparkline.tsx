import { useProcessorHours } from '../api/processor-hours.ts';
import { type Hours, hoursInWords, hoursOf } from './processor-words.ts';
import { Sparkline } from './sparkline.tsx';

/** How busy the processors of a VM were in 24 hours, of all that it has; nothing where nothing was measured. */
export function ProcessorSparkline({ id }: { id: string }) {
  const row = useProcessorHours(id);
  if (row === undefined) return null;
  const hours = row === null ? undefined : hoursOf(row);
  return hours === undefined ? '–' : <HoursLine hours={hours} />;
}

export function HoursLine({ hours }: { hours: Hours }) {
  return <Sparkline spark={{ values: hours.values, top: 1 }} words={hoursInWords(hours)} />;
}
