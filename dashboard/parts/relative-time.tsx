import { Tooltip } from '@mantine/core';
import { useEffect, useState } from 'react';
import { exactTime, relative } from './times.ts';

/** A time as people say it; exactly, with its zone and seconds, on hover and for readers of screens. */
export function RelativeTime({ time, words = relative }: { time: string; words?: (time: string) => string }) {
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => tick((count) => count + 1), 30_000);
    return () => clearInterval(timer);
  }, []);
  const exact = exactTime(time);
  return (
    <Tooltip label={exact}>
      <time dateTime={time}>
        {words(time)}
        <span className="visually-hidden">, {exact}</span>
      </time>
    </Tooltip>
  );
}
