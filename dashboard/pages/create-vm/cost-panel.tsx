import { Anchor, Button, Drawer } from '@mantine/core';
import { ChevronRight, ChevronUp, Code } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { Link } from 'react-router';
import { Meter } from '../../parts/meter.tsx';
import { hourly, inDollars } from '../../parts/price.ts';
import type { Cost } from './cost.ts';
import classes from './create-vm.module.css';

export interface QuotaAfter {
  readonly label: string;
  readonly used: number;
  readonly more: number;
  readonly limit: number | null;
}

/** What is to be created, and what it costs. */
export interface Summary {
  /** `2 VMs in Production, US East` */
  readonly scope: string;
  readonly count: number;
  readonly cost: Cost;
  /** What is charged when the button is pressed; undefined where all is paid later. */
  readonly due: number | undefined;
  /** What the account has then, where it may be seen. */
  readonly after: { readonly balance: number; readonly credits: number } | undefined;
  readonly hasCredits: boolean;
  /** Where the balance is looked at. */
  readonly billing: string;
  readonly quotas: readonly QuotaAfter[];
}

/** The button with what stands beside it: the act, and what is said of it. */
export interface Act {
  readonly label: string;
  readonly isPending: boolean;
  /** Why it can't be done at all. */
  readonly refused: string | undefined;
  readonly said: ReactNode;
  readonly progress: string | undefined;
}

export function CostPanel({ summary, act, onCode }: { summary: Summary; act: Act; onCode: () => void }) {
  return (
    <aside className={`${classes.card} ${classes.cost}`} aria-label="Cost">
      <div className={classes.body}>
        <Details summary={summary} />
        {act.said}
        <Submit act={act} isWide />
        <p className={classes.hourly}>{hourlyWords(summary)}</p>
      </div>
      <CodeButton onCode={onCode} />
    </aside>
  );
}

/** The same where there is no room beside the form. */
export function CostBar({ summary, act, onCode }: { summary: Summary; act: Act; onCode: () => void }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <section className={classes.bar} aria-label="Cost">
      <div className={classes.said}>{act.said}</div>
      <div className={classes.acts}>
        <button type="button" className={classes.sheet} aria-haspopup="dialog" onClick={() => setOpen(true)}>
          <b>{inDollars(summary.cost.month)}</b> a month
          <small>
            See all lines <ChevronUp size={14} aria-hidden />
          </small>
        </button>
        <Submit act={act} />
      </div>
      <Drawer
        opened={isOpen}
        onClose={() => setOpen(false)}
        position="bottom"
        size="auto"
        title="Cost"
        classNames={{ content: classes.lowSheet ?? '' }}
      >
        <div className={classes.body}>
          <Details summary={summary} />
          <p className={classes.hourly}>{hourlyWords(summary)}</p>
        </div>
        <CodeButton
          onCode={() => {
            setOpen(false);
            onCode();
          }}
        />
      </Drawer>
    </section>
  );
}

const hourlyWords = ({ cost, count }: Summary) =>
  `${hourly(cost.hour)} an hour while ${count === 1 ? 'it exists' : 'they exist'}, also when stopped`;

function Submit({ act: { label, isPending, refused, progress }, isWide = false }: { act: Act; isWide?: boolean }) {
  return (
    <>
      <Button type="submit" size="md" fullWidth={isWide} loading={isPending} disabled={refused !== undefined}>
        {label}
      </Button>
      {isWide && (
        <p className={progress === undefined ? 'visually-hidden' : classes.progress} role="status">
          {progress}
        </p>
      )}
    </>
  );
}

function CodeButton({ onCode }: { onCode: () => void }) {
  return (
    <button type="button" className={classes.code} onClick={onCode}>
      <Code size={16} aria-hidden />
      <b>Show as code</b>
      <span>curl, Terraform, Python</span>
      <ChevronRight size={16} aria-hidden />
    </button>
  );
}

function Details({ summary: { scope, cost, due, after, hasCredits, billing, quotas } }: { summary: Summary }) {
  const isShort = after !== undefined && after.balance < 0;
  return (
    <>
      <div>
        <p className={classes.scope}>{scope}</p>
        <p className={classes.total}>
          {inDollars(cost.month)} <span>a month</span>
        </p>
      </div>
      <dl className={classes.lines}>
        {cost.lines.map(({ what, why, month }) => (
          <div key={what}>
            <dt>
              {what}
              <small>{why}</small>
            </dt>
            <dd className={month === 0 ? classes.free : undefined}>{inDollars(month)}</dd>
          </div>
        ))}
        {due !== undefined && (
          <div>
            <dt className={classes.sum}>Due now</dt>
            <dd className={classes.sum}>{inDollars(due)}</dd>
          </div>
        )}
        {due !== undefined && after !== undefined && hasCredits && (
          <div>
            <dt className={classes.dim}>Credits after this</dt>
            <dd className={classes.dim}>{inDollars(after.credits)}</dd>
          </div>
        )}
        {due !== undefined && after !== undefined && (
          <div>
            <dt className={classes.dim}>Balance after this</dt>
            <dd className={isShort ? classes.missing : classes.dim}>
              {isShort ? (
                <Anchor component={Link} to={billing} inherit>
                  {inDollars(after.balance)}
                </Anchor>
              ) : (
                inDollars(after.balance)
              )}
            </dd>
          </div>
        )}
      </dl>
      {quotas.length > 0 && (
        <div className={classes.meters}>
          {quotas.map((quota) => (
            <Meter key={quota.label} {...quota} />
          ))}
        </div>
      )}
    </>
  );
}
