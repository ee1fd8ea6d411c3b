import { type ReactNode, useId } from 'react';
import { Link } from 'react-router';
import { Strand } from '../../parts/strand.tsx';
import type { Counts } from '../../parts/strand-segments.ts';
import classes from './overview.module.css';

/** A titled list. */
export function Card({ title, link, children }: { title: string; link?: ReactNode; children: ReactNode }) {
  const id = useId();
  return (
    <section className={classes.card} aria-labelledby={id}>
      <header>
        <h2 id={id}>{title}</h2>
        {link}
      </header>
      {children}
    </section>
  );
}

/** A number with what it is made of: a strand, and the same in words. */
export function Figure({
  title,
  value,
  of,
  counts,
  words,
  to,
}: {
  title: string;
  value: string;
  of?: string;
  counts?: Counts;
  words: string;
  to?: string;
}) {
  return (
    <section className={classes.figure}>
      <h2>{title}</h2>
      <p className={classes.value}>
        {to === undefined ? value : <Link to={to}>{value}</Link>}
        {of !== undefined && <small> {of}</small>}
      </p>
      {counts !== undefined && <Strand counts={counts} label={`${title}: ${words}`} />}
      <p className={classes.words}>{words}</p>
    </section>
  );
}
