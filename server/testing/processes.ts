import { globSync, readFileSync } from 'node:fs';

export interface Process {
  readonly pid: number;
  readonly parent: number;
  /** The command line, its words separated by spaces. */
  readonly command: string;
}

/** The command line of a process, its words separated by spaces; undefined where it is gone. */
export const commandOf = (pid: number) => read(pid, 'cmdline')?.replaceAll('\0', ' ');

/** What the kernel says of a process, a line for each thing; undefined where it is gone. */
export const statusOf = (pid: number) => read(pid, 'status');

function read(pid: number, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return undefined;
  }
}

/** The processes of this machine that can be seen from here. */
export function processes(): Process[] {
  return globSync('[0-9]*', { cwd: '/proc' }).flatMap((name) => {
    const pid = Number(name);
    const [command, status] = [commandOf(pid), statusOf(pid)];
    if (command === undefined || status === undefined) return [];
    return [{ pid, parent: Number(/^PPid:\s+(\d+)/m.exec(status)?.[1]), command }];
  });
}
