/** Numbers that bound a VM (behaviour/compute.md §2, §6, §8); sizes in GB. */
export const limits = {
  tagsPerVm: 20,
  nicsPerVm: 16,
  groupsPerNic: 5,
  extraStorage: 10_000,
  disk: 10_000,
  /** Characters of one note, whether written at once or added to. */
  noteLength: 10_000,
  /** How many backups a schedule may keep. */
  keptBackups: 1000,
} as const;

export const weekdays = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'] as const;

export type Weekday = (typeof weekdays)[number];

export const backupFrequencies = ['daily', 'weekly'] as const;
export type BackupFrequency = (typeof backupFrequencies)[number];

/**
 * Reads a time of day: `8am`, `8:30pm` or `20:30`.
 *
 * @returns minutes after midnight, or null where the text is none
 */
export function parseTimeOfDay(text: string): number | null {
  const [, hour, minute = '00', half] =
    /^(1[0-2]|[1-9])(?::([0-5]\d))?(am|pm)$/i.exec(text) ?? /^([01]?\d|2[0-3]):([0-5]\d)$/.exec(text) ?? [];
  if (hour === undefined) return null;
  const hours = half === undefined ? Number(hour) : (Number(hour) % 12) + (half.toLowerCase() === 'pm' ? 12 : 0);
  return hours * 60 + Number(minute);
}

/** What a password lacks, as parts of a sentence that begins with its name; empty where it is good (compute.md §2). */
export function passwordProblems(password: string): string[] {
  const count = (pattern: RegExp) => password.match(pattern)?.length ?? 0;
  return [
    password.length < 12 ? 'must have at least 12 characters' : '',
    password.length > 128 ? 'must have at most 128 characters' : '',
    count(/[A-Z]/g) < 2 ? 'must have at least 2 upper-case letters' : '',
    count(/[0-9]/g) < 2 ? 'must have at least 2 digits' : '',
    count(/[@+\-_.,!]/g) < 1 ? 'must have at least 1 of @+-_.,!' : '',
    /[^A-Za-z0-9@+\-_.,!]/.test(password) ? 'may only have letters, digits and @+-_.,!' : '',
  ].filter((problem) => problem !== '');
}
