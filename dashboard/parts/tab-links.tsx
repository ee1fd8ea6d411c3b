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
    const open = nav.current?.querySelector<HTMLElement>('[aria-current]');
    if (nav.current === null || open === null || open === undefined) return;
    const { left, right } = nav.current.getBoundingClientRect();
    const box = open.getBoundingClientRect();
    if (box.left < left || box.right > right)
      nav.current.scrollLeft += box.left - left - (right - left - box.width) / 2;
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
