import { Button } from '@mantine/core';
import { Link } from 'react-router';
import { useScope } from '../../api/scope.tsx';
import rows from '../../parts/card-rows.module.css';
import { State } from '../../parts/state-shape.tsx';
import classes from './weave.module.css';
import type { Weave } from './weave.ts';

/** The same as the diagram in words: each network with who is in it. */
export function NetworkList({
  weave,
  open,
  onOpen,
}: {
  weave: Weave;
  open: string | null;
  onOpen: (id: string | null) => void;
}) {
  const { toThing } = useScope();
  return (
    <div className={classes.stack}>
      {weave.rows.map((row, at) => {
        const knots = weave.knots.filter((knot) => knot.row === at);
        return (
          <section key={row.id} className={classes.card} aria-label={row.name}>
            <header>
              <h2>
                {row.vpc === undefined ? (
                  row.name
                ) : (
                  <Link to={toThing(`networks/vpcs/${row.id}`, row.vpc.project_id)} className="row-link">
                    {row.name}
                  </Link>
                )}
              </h2>
              {row.block !== '' && <span className="mono">{row.block}</span>}
              <span className={classes.faint}>{row.hint}</span>
            </header>
            <ul className={rows.rows}>
              {knots.length === 0 && <li>No VM</li>}
              {knots.map((knot) => {
                const of = weave.columns[knot.column];
                return (
                  <li key={knot.id} className={rows.three}>
                    <span className={rows.name}>
                      <bdi>{of?.name}</bdi>
                    </span>
                    <span className="mono">{knot.addresses.join(', ')}</span>
                    {knot.nics.length === 0 ? (
                      <span>Gateway</span>
                    ) : knot.isOpen ? (
                      <State shape="attention">No firewall group</State>
                    ) : knot.isFiltered ? (
                      <State shape="on">Firewall group</State>
                    ) : (
                      <span>No firewall group</span>
                    )}
                    <Button
                      size="xs"
                      variant="default"
                      aria-expanded={open === knot.id}
                      aria-label={`Details of ${of?.name} in ${row.name}`}
                      onClick={() => onOpen(open === knot.id ? null : knot.id)}
                    >
                      Details
                    </Button>
                  </li>
                );
              })}
            </ul>
          </section>
        );
      })}
    </div>
  );
}
