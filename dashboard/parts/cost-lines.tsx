import classes from './cost-lines.module.css';

/** What something will cost, before it is made: one line for each thing that is counted. */
export function CostLines({ lines }: { lines: readonly { readonly what: string; readonly amount: string }[] }) {
  return (
    <dl className={classes.lines}>
      {lines.map(({ what, amount }) => (
        <div key={what}>
          <dt>{what}</dt>
          <dd>{amount}</dd>
        </div>
      ))}
    </dl>
  );
}
