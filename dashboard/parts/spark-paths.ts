/** Values that lie apart alike, null where nothing is known, and how they are drawn. */
export interface Spark {
  readonly values: readonly (number | null)[];
  /** What lies at the upper edge; more than that does too. */
  readonly top: number;
}

/** Pixels at each edge, so that no line is cut. */
const edge = 1;

/** One line for each run of values, from the lower edge; a gap is one, and a value by itself is a point. */
export function sparkPaths({ values, top }: Spark, width: number, height: number): string[] {
  const step = (width - 2 * edge) / Math.max(1, values.length - 1);
  const round = (pixels: number) => Math.round(pixels * 10) / 10;
  const runs: string[][] = [];
  let run: string[] | undefined;
  for (const [at, value] of values.entries()) {
    if (value === null) {
      run = undefined;
      continue;
    }
    if (run === undefined) {
      run = [];
      runs.push(run);
    }
    const share = Math.min(1, Math.max(0, value / top));
    run.push(`${round(edge + at * step)} ${round(height - edge - share * (height - 2 * edge))}`);
  }
  return runs.map((points) => (points.length === 1 ? `M${points[0]}h0` : `M${points.join('L')}`));
}
