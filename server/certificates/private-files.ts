import {
  chmodSync,
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

/** Makes a folder that its owner alone can enter, also where it was there and others could. */
export function privateFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o700);
}

/** Closes a file to others; whether it was open to them. */
export function closeToOthers(file: string): boolean {
  const isOpen = ((statSync(file, { throwIfNoEntry: false })?.mode ?? 0) & 0o077) !== 0;
  if (isOpen) chmodSync(file, 0o600);
  return isOpen;
}

/**
 * Writes a file for its owner alone, in place of the one that was there, which stays where this fails or is killed.
 *
 * @param check looks at what was written before it is in place; who throws keeps the one before
 */
export function replacePrivately(file: string, text: string, check: (written: string) => void = () => {}): void {
  const written = `${file}.new`;
  // One that was left may have other modes.
  rmSync(written, { force: true });
  try {
    writeFileSync(written, text, { mode: 0o600, flag: 'wx', flush: true });
    check(written);
    renameSync(written, file);
  } finally {
    rmSync(written, { force: true });
  }
  const folder = openSync(join(dirname(file), '.'), 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
