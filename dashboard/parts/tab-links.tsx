import { Link, useNavigate } from 'react-router';
import classes from './tab-links.module.css';
import { useKey } from './use-key.ts';

/** Parts of a page, each with an address of its own, and in their order with a digit. */
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
  const navigate = useNavigate();
  useKey('tab', (digit) => {
    const tab = tabs[Number(digit) - 1];
    return tab === undefined ? false : navigate(tab.to);
  });
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
