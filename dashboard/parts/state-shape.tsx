import type { ReactNode } from 'react';
import classes from './state-shape.module.css';

/** What a state looks like: running, stopped, under way, failed, needs a look, waiting, finished. */
export type Shape = 'on' | 'off' | 'changing' | 'failed' | 'attention' | 'waiting' | 'done';

/** A state is a shape, a colour and a word: none of them alone. */
export function State({ shape, children, status }: { shape: Shape; children: ReactNode; status?: string }) {
  return (
    <span className={classes.state} data-status={status}>
      <StateShape shape={shape} />
      <span>{children}</span>
    </span>
  );
}

/** The shape alone, where the word stands beside it. */
export function StateShape({ shape }: { shape: Shape }) {
  return (
    <svg className={classes.shape} data-shape={shape} width="10" height="10" viewBox="0 0 10 10" aria-hidden="true">
      {shape === 'on' && <circle cx="5" cy="5" r="4.5" fill="currentColor" />}
      {shape === 'off' && <circle cx="5" cy="5" r="4" fill="none" stroke="currentColor" strokeWidth="2" />}
      {shape === 'changing' && (
        <path d="M5 1a4 4 0 1 0 4 4" fill="none" stroke="currentColor" strokeWidth="2" strokeLinecap="round" />
      )}
      {shape === 'failed' && <path d="M5 0l5 5-5 5-5-5z" fill="currentColor" />}
      {shape === 'attention' && <path d="M5 .5l5 9H0z" fill="currentColor" />}
      {shape === 'waiting' && (
        <circle cx="5" cy="5" r="4" fill="none" stroke="currentColor" strokeWidth="2" strokeDasharray="1.6 1.54" />
      )}
      {shape === 'done' && (
        <path d="M1 5.5l2.7 2.7L9 2" fill="none" stroke="currentColor" strokeWidth="2" strokeLinecap="round" />
      )}
    </svg>
  );
}
