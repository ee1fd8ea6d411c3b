import { Tooltip } from '@mantine/core';
import { type Spark, sparkPaths } from './spark-paths.ts';
import classes from './sparkline.module.css';

const height = 20;

/** @param words what it shows, for those who point at it or cannot see it */
export function Sparkline({ spark, words, width = 72 }: { spark: Spark; words: string; width?: number }) {
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
        {sparkPaths(spark, width, height).map((path) => (
          <path key={path} d={path} />
        ))}
      </svg>
    </Tooltip>
  );
}
