const megabyte = 1024 * 1024;

/** What is counted of a backup, in whole MB. */
export function inMegabytes(bytes: number): number {
  return Math.ceil(bytes / megabyte);
}

/** As people read it: `512 MB`, from 1024 MB on `1.5 GB`. */
export function spokenSize(megabytes: number): string {
  return megabytes <= 1024 ? `${megabytes} MB` : `${Number((megabytes / 1024).toFixed(1))} GB`;
}
