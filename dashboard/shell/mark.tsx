/** Strips that go over and under, as a basket is woven. */
export function Mark({ size = 24 }: { size?: number }) {
  const cells = Array.from({ length: 9 }, (_, at) => ({ x: 4.5 + 5 * (at % 3), y: 4.5 + 5 * Math.floor(at / 3), at }));
  return (
    <svg width={size} height={size} viewBox="0 0 24 24" aria-hidden="true" style={{ flex: 'none' }}>
      <rect width="24" height="24" rx="6" fill="var(--raffia-accent)" />
      <g fill="var(--raffia-on-accent)">
        {cells.map(({ x, y, at }) =>
          at % 2 === 0 ? (
            <rect key={at} x={x} y={y + 1.2} width="5" height="2.6" rx="0.8" />
          ) : (
            <rect key={at} x={x + 1.2} y={y} width="2.6" height="5" rx="0.8" />
          ),
        )}
      </g>
    </svg>
  );
}
