const one = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });

/** What something takes, as `512 MB` or `12.4 GB`. */
export function megabytes(count: number): string {
  return count < 1024 ? `${one.format(count)} MB` : `${one.format(count / 1024)} GB`;
}
