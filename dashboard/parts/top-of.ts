/** The top of an axis that begins at zero, above the largest value: it and its half are short numbers. */
export function topOf(largest: number): number {
  if (largest <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(largest));
  const factor = [1, 2, 4, 6, 8, 10].find((one) => one * power >= largest * (1 - 1e-9)) ?? 10;
  return factor * power;
}
