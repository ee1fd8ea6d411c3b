import { keeperProgram } from './guard.ts';
import { processes } from './processes.ts';

/** Kills what this process started, and what that started in turn, save the guards, which tidy up after it; Linux only, elsewhere nothing. */
export function endDescendants(): void {
  const all = processes();
  const parents = new Set([process.pid]);
  const found: number[] = [];
  for (let before = -1; before < found.length; ) {
    before = found.length;
    for (const { pid, parent, command } of all) {
      if (!parents.has(parent) || parents.has(pid) || command.includes(keeperProgram)) continue;
      parents.add(pid);
      found.push(pid);
    }
  }
  for (const pid of found) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It is gone already.
    }
  }
}
