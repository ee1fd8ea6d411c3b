import classes from './skeleton.module.css';

/** What a page looks like before it is there. */
export type Shape = 'list' | 'detail' | 'form' | 'cards';

const bar = (width: string, height = 12) => <span className={classes.bar} style={{ width, height }} />;

function Rows({ count = 8 }: { count?: number }) {
  return (
    <div className={classes.card}>
      {Array.from({ length: count }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: rows that are nothing yet
        <div key={row} className={classes.row}>
          {bar(`${18 + ((row * 7) % 11)}%`)}
          {bar('9%')}
          {bar('14%')}
          {bar('16%')}
        </div>
      ))}
    </div>
  );
}

/** Grey bars where things will be, after a moment in which most pages are there already. */
export function Skeleton({
  shape,
  isWithHead = true,
  label = 'Loading',
}: {
  shape: Shape;
  isWithHead?: boolean;
  label?: string;
}) {
  return (
    <div role="status" aria-label={label} className={classes.skeleton}>
      {isWithHead && <div className={classes.head}>{bar('180px', 20)}</div>}
      {shape === 'list' && <Rows />}
      {shape === 'form' && <Rows count={5} />}
      {shape === 'detail' && (
        <>
          <Rows count={2} />
          <Rows count={5} />
        </>
      )}
      {shape === 'cards' && (
        <div className={classes.cards}>
          <Rows count={3} />
          <Rows count={3} />
        </div>
      )}
    </div>
  );
}
