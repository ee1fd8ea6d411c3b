import type { Operation } from '@raffia/client/client.ts';
import { Minus } from 'lucide-react';
import { useEffect, useState } from 'react';
import { type StepState, stepsOf } from './operation-steps.ts';
import { type Shape, StateShape } from './state-shape.tsx';
import classes from './timeline.module.css';
import { duration } from './times.ts';

const shapes: Readonly<Record<Exclude<StepState, 'skipped'>, Shape>> = {
  done: 'done',
  running: 'changing',
  failed: 'failed',
  waiting: 'waiting',
  undone: 'done',
};
const words: Readonly<Record<StepState, string>> = {
  done: 'done',
  running: 'running',
  failed: 'failed',
  waiting: 'waiting',
  skipped: 'not run',
  undone: 'undone',
};

/** The steps of an operation, each with its own state and how long it took. */
export function Timeline({ operation }: { operation: Operation }) {
  const [now, setNow] = useState(Date.now());
  const isRunning = operation.status === 'running';
  useEffect(() => {
    if (!isRunning) return;
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [isRunning]);
  return (
    <ol className={classes.timeline}>
      {stepsOf(operation, now).map((step) => (
        <li key={step.name} data-state={step.state}>
          <span className={classes.mark}>
            {step.state === 'skipped' ? <Minus size={12} aria-hidden /> : <StateShape shape={shapes[step.state]} />}
          </span>
          <span className={classes.words}>
            {step.state === 'undone' ? <s>{step.words}</s> : step.words}
            {step.reason !== undefined && `: ${step.reason}`}
            <span className="visually-hidden">, {words[step.state]}</span>
          </span>
          <span className={classes.took}>{step.took === undefined ? '' : duration(step.took)}</span>
        </li>
      ))}
    </ol>
  );
}
