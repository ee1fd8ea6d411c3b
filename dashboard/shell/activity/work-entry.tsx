import { ActionIcon, Anchor, Button, Tooltip } from '@mantine/core';
import type { Operation } from '@raffia/client/client.ts';
import { X } from 'lucide-react';
import { useEffect, useId, useState } from 'react';
import { Link } from 'react-router';
import { useScope } from '../../api/scope.tsx';
import { useCurrent } from '../../api/session.tsx';
import { dismissWork, nameOfWork } from '../../api/use-work-under-way.ts';
import { isOpen, stepOf, type Work } from '../../api/work-under-way.ts';
import { spoken } from '../../parts/operation-steps.ts';
import { actOf, actOnMany, pathOfThing } from '../../parts/operation-words.ts';
import { RelativeTime } from '../../parts/relative-time.tsx';
import { StateShape } from '../../parts/state-shape.tsx';
import { Strand } from '../../parts/strand.tsx';
import { Timeline } from '../../parts/timeline.tsx';
import { clock, duration } from '../../parts/times.ts';
import classes from './activity.module.css';
import { TryAgain } from './try-again.tsx';

const countOf = ({ operations }: Work, test: (operation: Operation) => boolean) => operations.filter(test).length;
const isDone = ({ status }: Operation) => status === 'succeeded';
const hasFailed = ({ status }: Operation) => status === 'failed';

function titleOf({ operations: [first, ...others] }: Work): string {
  if (first === undefined) return '';
  if (others.length > 0) return actOnMany(first.kind, others.length + 1);
  return `${actOf(first.kind)} ${nameOfWork(first) ?? first.resource_id}`;
}

/** What is done with what; the thing is led to. */
function Title({ work }: { work: Work }) {
  const { toThing } = useScope();
  const [first, ...others] = work.operations;
  if (first === undefined || others.length > 0) return <b>{titleOf(work)}</b>;
  const path = pathOfThing(first);
  const name = <bdi>{nameOfWork(first) ?? first.resource_id}</bdi>;
  return (
    <b>
      {actOf(first.kind)}{' '}
      {path === undefined ? (
        name
      ) : (
        <Anchor component={Link} to={toThing(path, first.project_id)} c="inherit" fw={500}>
          {name}
        </Anchor>
      )}
    </b>
  );
}

/** How far one is: a segment for each step. */
function stepsIn({ steps }: Operation) {
  const count = (...states: Operation['steps'][number]['status'][]) =>
    steps.filter(({ status }) => states.includes(status)).length;
  return {
    done: count('done'),
    changing: count('running'),
    failed: count('failed'),
    open: count('waiting', 'skipped', 'undone'),
  };
}

function progressOf(work: Work): { words: string; counts: ReturnType<typeof stepsIn>; now: number; of: number } {
  const [first, ...others] = work.operations;
  if (first !== undefined && others.length === 0) {
    const step = stepOf(first);
    const counts = stepsIn(first);
    const waiting = first.waiting_for === undefined ? 'Waiting' : `Waiting for ${first.waiting_for}`;
    const does = step === undefined || first.waiting_for !== undefined ? waiting : spoken(step.name);
    // Of one step nobody needs the number.
    const words = step === undefined || step.of === 1 ? does : `Step ${step.number} of ${step.of} · ${does}`;
    return { words, counts, now: counts.done, of: first.steps.length };
  }
  const done = countOf(work, isDone);
  const failed = countOf(work, hasFailed);
  const running = countOf(work, ({ status }) => status === 'running');
  const of = work.operations.length;
  return {
    words: `${done} of ${of} done${failed > 0 ? `, ${failed} failed` : ''}`,
    counts: { done, changing: running, failed, open: of - done - failed - running },
    now: done + failed,
    of,
  };
}

/** What waits or runs: how far it is, for how long, and its steps when they are asked for. */
export function OpenEntry({ work }: { work: Work }) {
  const { words, counts, now, of } = progressOf(work);
  const began = work.operations.at(-1)?.created_at ?? '';
  return (
    <section className={classes.entry} aria-label={titleOf(work)}>
      <div className={classes.line}>
        <Title work={work} />
        <RunningClock since={began} />
      </div>
      <p className={classes.words}>{words}</p>
      <Strand counts={counts} label={`${titleOf(work)}: ${words}`} progress={{ now, of }} />
      <Details work={work} />
    </section>
  );
}

/** What failed, with why: it stays until it is dismissed. */
export function FailedEntry({ work }: { work: Work }) {
  const { session } = useCurrent();
  const failed = work.operations.filter(hasFailed);
  const [first, ...others] = work.operations;
  const step = first === undefined ? undefined : stepOf(first);
  const title = titleOf(work);
  return (
    <section className={classes.entry} aria-label={title}>
      <div className={classes.line}>
        <StateShape shape="failed" />
        <Title work={work} />
        <span className={classes.time}>
          <RelativeTime time={failed[0]?.finished_at ?? failed[0]?.created_at ?? ''} />
        </span>
        <Tooltip label="Dismiss">
          <ActionIcon
            size={24}
            aria-label={`Dismiss ${title}`}
            onClick={() =>
              dismissWork(
                session.user.id,
                failed.map(({ id }) => id),
              )
            }
          >
            <X size={14} aria-hidden />
          </ActionIcon>
        </Tooltip>
      </div>
      {others.length === 0 && first !== undefined ? (
        <>
          <p className={classes.words}>
            {step === undefined || step.of === 1 ? 'Failed' : `Failed at step ${step.number} of ${step.of}`}
          </p>
          {first.error !== undefined && <p className={classes.reason}>{first.error}</p>}
        </>
      ) : (
        <p className={classes.words}>{progressOf(work).words}</p>
      )}
      <Details work={work}>{others.length === 0 && first !== undefined && <TryAgain operation={first} />}</Details>
    </section>
  );
}

/** What ended well, in a line. */
export function DoneLine({ work }: { work: Work }) {
  const ended = work.operations[0];
  const began = work.operations.at(-1);
  const took = Date.parse(ended?.finished_at ?? '') - Date.parse(began?.created_at ?? '');
  return (
    <li>
      <StateShape shape="done" />
      <span className={classes.what}>
        <Title work={work} />
        <span className="visually-hidden">, done</span> <span className={classes.took}>{duration(took)}</span>
      </span>
      <span className={classes.time}>
        <RelativeTime time={ended?.finished_at ?? ''} />
      </span>
    </li>
  );
}

/** The steps of one, or a line for each of many; opened when somebody asks. */
function Details({ work, children }: { work: Work; children?: React.ReactNode }) {
  const id = useId();
  const [isShown, setShown] = useState(false);
  const [first, ...others] = work.operations;
  const what = others.length > 0 ? 'each' : 'steps';
  return (
    <>
      {isShown && (
        <div id={id} className={classes.details}>
          {others.length > 0 ? (
            <ul className={classes.each}>
              {work.operations.map((operation) => (
                <EachLine key={operation.id} operation={operation} />
              ))}
            </ul>
          ) : (
            first !== undefined && <Timeline operation={first} />
          )}
        </div>
      )}
      <div className={classes.acts}>
        {children}
        <Button
          size="compact-xs"
          variant="subtle"
          color="gray"
          aria-expanded={isShown}
          aria-controls={isShown ? id : undefined}
          aria-label={`${isShown ? 'Hide' : 'Show'} ${what} of ${titleOf(work)}`}
          onClick={() => setShown(!isShown)}
        >
          {isShown ? `Hide ${what}` : `Show ${what}`}
        </Button>
      </div>
    </>
  );
}

const shapes = { pending: 'waiting', running: 'changing', succeeded: 'done', failed: 'failed' } as const;
const states = { pending: 'waiting', running: 'running', succeeded: 'done', failed: 'failed' } as const;

function EachLine({ operation }: { operation: Operation }) {
  const { status, error } = operation;
  const step = isOpen(operation) ? stepOf(operation) : undefined;
  return (
    <li>
      <StateShape shape={shapes[status]} />
      <span className={classes.what}>
        <bdi>{nameOfWork(operation) ?? operation.resource_id}</bdi>
        <span className="visually-hidden">, {states[status]}</span>
        {step !== undefined && <span className={classes.took}> {spoken(step.name)}</span>}
        {error !== undefined && <span className={classes.reason}> {error}</span>}
      </span>
    </li>
  );
}

/** How long it has been, to the second. */
function RunningClock({ since }: { since: string }) {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return (
    <span className={classes.time} role="timer" aria-label="Running for">
      {clock(now - Date.parse(since))}
    </span>
  );
}
