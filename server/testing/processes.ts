import { globSync, readFileSync } from 'node:fs';

export interface Process {
  readonly pid: number;
  readonly parent: number;
  /** The command line, its words separated by spaces. */
  readonly command: string;
}

/** The processes of this machine that can be seen from here. */
export function processes(): Process[] {
  return globSync('[0-9]*', { cwd: '/proc' }).flatMap((name) => {
    try {
      const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ');
      const parent = Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${name}/status`, 'utf8'))?.[1]);
      return [{ pid: Number(name), parent, command }];
    } catch {
      return [];
    }
  });
}
