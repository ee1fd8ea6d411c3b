/** Waits for a condition with a deadline; the answer is the first value that is neither undefined nor false. */
export async function until<T>(
  what: string,
  condition: () => T | Promise<T>,
  { withinMs = 20_000, everyMs = 20 } = {},
): Promise<Exclude<T, undefined | false>> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const value = await condition();
    if (value !== undefined && value !== false) return value as Exclude<T, undefined | false>;
    if (Date.now() > deadline) throw new Error(`${what} did not come about within ${withinMs} ms`);
    await new Promise((again) => setTimeout(again, everyMs));
  }
}
