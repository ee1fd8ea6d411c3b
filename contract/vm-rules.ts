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

/** So many backups of a VM, the newest, cost nothing; a schedule that is made with a VM keeps just those (billing.md §8). */
export const freeBackups = 3;

const count = (password: string, pattern: RegExp) => password.match(pattern)?.length ?? 0;

/** What a password must have (compute.md §2): what one that has it not is told, as part of a sentence that begins with its name. */
export const passwordRules = [
  { id: 'length', problem: 'must have at least 12 characters', holds: (one) => one.length >= 12 },
  { id: 'bound', problem: 'must have at most 128 characters', holds: (one) => one.length <= 128 },
  { id: 'capitals', problem: 'must have at least 2 upper-case letters', holds: (one) => count(one, /[A-Z]/g) >= 2 },
  { id: 'digits', problem: 'must have at least 2 digits', holds: (one) => count(one, /[0-9]/g) >= 2 },
  { id: 'marks', problem: 'must have at least 1 of @+-_.,!', holds: (one) => count(one, /[@+\-_.,!]/g) >= 1 },
  {
    id: 'others',
    problem: 'may only have letters, digits and @+-_.,!',
    holds: (one) => !/[^A-Za-z0-9@+\-_.,!]/.test(one),
  },
] as const satisfies readonly {
  readonly id: string;
  readonly problem: string;
  readonly holds: (password: string) => boolean;
}[];

/** What a password lacks; empty where it is good. */
export function passwordProblems(password: string): string[] {
  return passwordRules.filter(({ holds }) => !holds(password)).map(({ problem }) => problem);
}
