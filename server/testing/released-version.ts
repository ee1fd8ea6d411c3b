import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..');

/** Why a version of the past cannot be had from this repository, in a sentence; undefined where it can. */
export function whyNotReleased(commit: string): string | undefined {
  if (spawnSync('git', ['cat-file', '-e', `${commit}^{commit}`], { cwd: root }).status === 0) return undefined;
  return `the commit ${commit} is not in this repository: a shallow clone has no history, and git fetch --unshallow brings it`;
}

/**
 * A version of the past, installed once, into the system's temporary folder.
 *
 * @returns its folder; undefined where the repository has no such commit
 */
export function releasedVersion(commit: string): string | undefined {
  const folder = join(tmpdir(), `raffia-released-${commit}`);
  if (existsSync(join(folder, '.installed'))) return folder;
  const missing = whyNotReleased(commit);
  if (missing !== undefined) {
    process.stdout.write(`${missing}\n`);
    return undefined;
  }
  process.stdout.write(`Installing ${commit} in ${folder} …\n`);
  mkdirSync(folder, { recursive: true });
  const archive = execFileSync('git', ['archive', commit], { cwd: root, maxBuffer: 1_000_000_000 });
  execFileSync('tar', ['-x', '-C', folder], { input: archive });
  execFileSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: folder, stdio: 'inherit' });
  writeFileSync(join(folder, '.installed'), '');
  return folder;
}
