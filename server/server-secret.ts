import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Configuration } from './configuration/configuration.ts';

/** The server's secret of 32 bytes: the configured one, else the one in the data directory, which is made at the first start. */
export function serverSecret({ secret, dataDirectory }: Configuration): Buffer {
  if (secret !== null) return Buffer.from(secret, 'hex');
  const file = join(dataDirectory, 'secret.key');
  mkdirSync(dataDirectory, { recursive: true });
  const temporary = `${file}.${process.pid}`;
  writeFileSync(temporary, randomBytes(32).toString('hex'), { mode: 0o600, flush: true });
  try {
    // Never replaces a secret that is there, also when two servers start at once.
    linkSync(temporary, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(temporary);
  }
  const text = readFileSync(file, 'utf8').trim();
  if (!/^[0-9a-f]{64}$/.test(text)) throw new Error(`${file} is damaged; restore it from a backup`);
  return Buffer.from(text, 'hex');
}
