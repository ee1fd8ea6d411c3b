import { execFile, spawnSync } from 'node:child_process';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const contract = process.env.RAFFIA_CONTRACT;
const go = ['go', '/usr/local/go/bin/go'].find(
  (command) => spawnSync(command, ['version'], { stdio: 'ignore' }).status === 0,
);

/** Why there is no Go client, or nothing. */
export const whyNoGo =
  go === undefined
    ? 'needs Go 1.25'
    : contract === undefined && 'RAFFIA_CONTRACT does not name the published openapi.yaml';

const folder = join(import.meta.dirname, '..', '..', 'conformance', 'go');
const options = { cwd: folder, maxBuffer: 100_000_000 };

/**
 * Makes the client of the published contract, and a program of conformance/go around it.
 *
 * @param program a folder in conformance/go, `.` for the one that lives the life of a machine
 * @param file where the program is put
 */
export async function buildGoProgram(program: string, file: string): Promise<void> {
  const generate = ['tool', 'oapi-codegen', '-config', 'generate.yaml', contract as string];
  const { stdout } = await promisify(execFile)(go as string, generate, options);
  // Two suites may do this at the same time: neither finds half a file.
  const made = join(folder, 'raff', `raff.gen.go.${process.pid}`);
  mkdirSync(join(folder, 'raff'), { recursive: true });
  writeFileSync(made, stdout);
  renameSync(made, join(folder, 'raff', 'raff.gen.go'));
  await promisify(execFile)(go as string, ['build', '-o', file, program], options);
}
