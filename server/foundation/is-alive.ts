/** Whether a process with this number is there, whoever's it is. */
export function isAlive(pid: number): boolean {
  // 0 and negative numbers mean groups of processes, our own among them.
  if (!(pid > 0)) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
