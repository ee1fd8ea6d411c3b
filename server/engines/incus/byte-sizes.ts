const mib = 2 ** 20;
const gib = 2 ** 30;

/** What a full disk gets once, so that its machine starts and its owner can tidy up. */
const headroom = 64 * mib;

/** A disk's size as we write it, in bytes; 0 where it is another. */
export function bytesOf(size: string | undefined): number {
  const [, number, unit] = /^(\d+)(MiB|GiB)$/.exec(size ?? '') ?? [];
  return number === undefined ? 0 : Number(number) * (unit === 'GiB' ? gib : mib);
}

/** A size in each of the words that we write it in. */
export const inGib = (bytes: number) => `${bytes / gib}GiB`;
export const inMib = (bytes: number) => `${bytes / mib}MiB`;

/** The same in GB, without its headroom; null where it is another. */
export function gibOf(size: string | undefined): number | null {
  const bytes = bytesOf(size);
  return bytes === 0 ? null : Math.floor(bytes / gib);
}

/** Whether a disk has had its headroom. */
export function hasHeadroom(bytes: number): boolean {
  return bytes % gib !== 0;
}

export function withHeadroom(bytes: number): string {
  return inMib(bytes + headroom);
}
