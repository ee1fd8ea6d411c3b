import { Link } from 'react-router';
import classes from './tab-links.module.css';

/** Parts of a page, each with an address of its own. */
export function TabLinks({
  label,
  tabs,
  current,
}: {
  label: string;
  tabs: readonly {
    readonly id: string;
    readonly label: string;
    readonly to: string;
    readonly count?: number | undefined;
  }[];
  current: string;
}) {
  return (
    <nav className={classes.tabs} aria-label={label}>
      {tabs.map(({ id, label: name, to, count }) => (
        <Link key={id} to={to} aria-current={id === current ? 'page' : undefined}>
          {name}
          {count !== undefined && <span className={classes.count}>{count}</span>}
        </Link>
      ))}
    </nav>
  );
}
