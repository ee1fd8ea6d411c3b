/**
 * Waits for a condition; the answer is the first value that is neither undefined nor false. What comes in a moment here may take ten on
 * a machine that is busy: the deadline only ends a wait for what never comes, and says nothing of how fast a thing has to be.
 */
export async function until<T>(
  what: string,
  condition: () => T | Promise<T>,
  { withinMs = 120_000, everyMs = 20 } = {},
): Promise<Exclude<T, undefined | false>> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const value = await condition();
    if (value !== undefined && value !== false) return value as Exclude<T, undefined | false>;
    if (Date.now() > deadline) throw new Error(`${what} did not come about within ${withinMs} ms`);
    await new Promise((again) => setTimeout(again, everyMs));
  }
}
