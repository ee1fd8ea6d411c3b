/** Random numbers from 0 up to 1 that a seed repeats (mulberry32). The seed comes from RAFFIA_SEED or is new, and is printed. */
export function seededRandom(): () => number {
  const seed = Number(process.env.RAFFIA_SEED ?? Date.now() % 2 ** 31);
  console.log(`seed ${seed} (RAFFIA_SEED=${seed} repeats it)`);
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** One of a list. */
export function pick<T>(random: () => number, list: readonly T[]): T {
  return list[Math.floor(random() * list.length)] as T;
}
