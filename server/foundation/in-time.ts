import { type Clock, systemClock } from './clock.ts';

/**
 * What work comes to; or, where that takes longer than `ms`, what `late` answers or throws. The timer ends with the work, so that
 * nothing of it keeps a process alive, and work that fails after all is nobody's any more.
 */
export async function inTime<T, L>(
  work: Promise<T>,
  ms: number,
  late: () => L,
  clock: Pick<Clock, 'after'> = systemClock,
): Promise<T | L> {
  let cancel = () => {};
  const timeIsUp = new Promise<void>((up) => {
    cancel = clock.after(ms, up);
  });
  return Promise.race([work, timeIsUp.then(late)]).finally(() => cancel());
}
