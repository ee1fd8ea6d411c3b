import { processes } from './processes.ts';

/** Kills what this process started, and what that started in turn; Linux only, elsewhere nothing. */
export function endDescendants(): void {
  const all = processes();
  const parents = new Set([process.pid]);
  const found: number[] = [];
  for (let before = -1; before < found.length; ) {
    before = found.length;
    for (const { pid, parent } of all) {
      if (!parents.has(parent) || parents.has(pid)) continue;
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
