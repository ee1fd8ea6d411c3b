import { readFileSync } from 'node:fs';

const defaultMinutes = 10;

/** How long a test file may take: what its first line says (`// timeout: 15m`), or ten minutes. */
export function timeLimitOf(file: string): number {
  const [firstLine = ''] = readFileSync(file, 'utf8').split('\n', 1);
  return Number(/^\/\/ timeout: (\d+)m/.exec(firstLine)?.[1] ?? defaultMinutes);
}
