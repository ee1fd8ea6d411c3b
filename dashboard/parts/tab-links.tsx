import { useLayoutEffect, useRef } from 'react';
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
  const nav = useRef<HTMLElement>(null);
  // On a phone there are more than can be seen: the one that is open is.
  // biome-ignore lint/correctness/useExhaustiveDependencies: another one may be open
  useLayoutEffect(() => {
    const row = nav.current;
    if (row === null) return;
    const show = () => {
      const { left, right } = row.getBoundingClientRect();
      const box = row.querySelector('[aria-current]')?.getBoundingClientRect();
      if (box === undefined || (box.left >= left && box.right <= right)) return;
      row.scrollLeft += box.left - left - (right - left - box.width) / 2;
    };
    // Also says the first size.
    const watch = new ResizeObserver(show);
    watch.observe(row);
    return () => watch.disconnect();
  }, [current]);
  return (
    <nav ref={nav} className={classes.tabs} aria-label={label}>
      {tabs.map(({ id, label: name, to, count }) => (
        <Link key={id} to={to} aria-current={id === current ? 'page' : undefined}>
          {name}
          {count !== undefined && <span className={classes.count}>{count}</span>}
        </Link>
      ))}
    </nav>
  );
}
