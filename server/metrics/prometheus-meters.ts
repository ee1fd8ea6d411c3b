import { operations } from '@raffia/contract/contract.ts';
import { type ErrorCode, errors } from '@raffia/contract/errors.ts';
import { Counter, Histogram, Registry } from 'prom-client';
import type { CallOutcome, MeteredOperation, Meters, StepOutcome } from './meters.ts';
import { type MoneyMoved, moneyMoved } from './money-moved.ts';

const requestBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const redisBuckets = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1];
const workBuckets = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900];
const microsPerDollar = 1_000_000;

/** The workflows of operations, as far as they are named here. */
type Kinds = Readonly<Record<string, { readonly steps: readonly { readonly name: string }[] }>>;

/**
 * What the parts tell, as Prometheus counts it: of this process, since its start. Labels are names that the code has, never what
 * somebody chose.
 */
export class PrometheusMeters implements Meters {
  readonly registry = new Registry();
  /** When the engine was last compared with the database, in milliseconds since 1970. */
  reconciledAt: number | undefined;
  readonly #now: () => number;
  /** When the step at hand of an operation was begun here, by a clock that nobody sets. */
  readonly #stepsBegan = new Map<string, number>();
  readonly #countMoney = (message: unknown) => this.#moved(message as MoneyMoved);

  readonly #requests = this.#counter('http_requests', 'Requests that were answered', ['operation', 'status']);
  readonly #requestTimes = this.#histogram(
    'http_request',
    'Time from the head of a request to the end of its answer; streams are left out',
    ['operation'],
    requestBuckets,
  );
  readonly #refusals = this.#counter('http_refusals', 'Requests that were refused or failed, by why', ['reason']);
  readonly #limits = this.#counter('rate_limit_decisions', 'What the limiter of keys and people decided', [
    'tier',
    'outcome',
  ]);
  readonly #steps = this.#counter('operation_steps', 'Tries of steps', ['kind', 'step', 'outcome']);
  readonly #stepTimes = this.#histogram('operation_step', 'Time that steps took until they were done, waits included', [
    'kind',
    'step',
  ]);
  readonly #operations = this.#counter('operations', 'Operations that ended', ['kind', 'status']);
  readonly #operationTimes = this.#histogram(
    'operation',
    'Time of work on operations that ended, waits for the host included, those in the queue not',
    ['kind'],
  );
  readonly #calls = this.#counter('engine_calls', 'Calls of the engine and of the store of backups', [
    'verb',
    'outcome',
  ]);
  readonly #callTimes = this.#histogram('engine_call', 'Time that such calls took', ['verb']);
  readonly #reconciliations = this.#counter('reconciliations', 'Comparisons of the engine with the database', [
    'outcome',
  ]);
  readonly #reconciliationTimes = this.#histogram('reconciliation', 'Time that such comparisons took', []);
  readonly #redisTimes = this.#histogram('redis_call', 'Time that Redis took for an answer', [], redisBuckets);
  readonly #spans = this.#counter('trace_spans_dropped', 'Spans that no collector of traces got', ['reason']);
  readonly #entries = this.#counter('balance_entries', 'Changes of balances', ['kind']);
  readonly #dollars = this.#counter('balance_moved_dollars', 'What such changes took or gave', ['kind', 'purse']);

  /**
   * @param now milliseconds since 1970
   * @param workflows the kinds of operations, with their steps
   */
  constructor(now: () => number, workflows: Kinds) {
    this.#now = now;
    this.#beginAtZero(workflows);
    moneyMoved.subscribe(this.#countMoney);
  }

  /** The first of what appears at 1 is no increase to Prometheus: what is waited for or warned of is there from the start. */
  #beginAtZero(workflows: Kinds): void {
    for (const reason of ['full', 'failed']) this.#spans.inc({ reason }, 0);
    for (const outcome of ['done', 'failed']) this.#reconciliations.inc({ outcome }, 0);
    for (const { id, status } of operations) this.#requests.inc({ operation: id, status: String(status) }, 0);
    for (const reason of Object.keys(errors)) this.#refusals.inc({ reason }, 0);
    for (const kind of ['charged', 'taken back', 'credited'] as const) this.#moved({ kind, balance: 0, credits: 0 }, 0);
    for (const [kind, { steps }] of Object.entries(workflows)) {
      for (const status of ['succeeded', 'failed']) this.#operations.inc({ kind, status }, 0);
      for (const { name: step } of steps) {
        for (const outcome of ['done', 'failed']) this.#steps.inc({ kind, step, outcome }, 0);
      }
    }
  }

  /** Counts no more. */
  close(): void {
    moneyMoved.unsubscribe(this.#countMoney);
  }

  answersOf(operation: string): (status: number, seconds?: number) => void {
    const times = this.#requestTimes.labels(operation);
    const counters = new Map<number, { inc(): void }>();
    return (status, seconds) => {
      let counter = counters.get(status);
      if (counter === undefined) {
        counter = this.#requests.labels(operation, String(status));
        counters.set(status, counter);
      }
      counter.inc();
      if (seconds !== undefined) times.observe(seconds);
    };
  }

  refused(reason: ErrorCode): void {
    this.#refusals.inc({ reason });
  }

  limited(tier: string, isAdmitted: boolean): void {
    this.#limits.inc({ tier, outcome: isAdmitted ? 'admitted' : 'refused' });
  }

  stepBegan({ id }: MeteredOperation): void {
    if (!this.#stepsBegan.has(id)) this.#stepsBegan.set(id, performance.now());
  }

  stepEnded({ id, kind }: MeteredOperation, step: string, outcome: StepOutcome): void {
    this.#steps.inc({ kind, step, outcome });
    if (outcome === 'retried') return;
    const began = this.#stepsBegan.get(id);
    this.#stepsBegan.delete(id);
    if (outcome === 'done' && began !== undefined) {
      this.#stepTimes.observe({ kind, step }, (performance.now() - began) / 1000);
    }
  }

  operationEnded({ id, kind }: MeteredOperation, status: 'succeeded' | 'failed', seconds: number): void {
    this.#stepsBegan.delete(id);
    this.#operations.inc({ kind, status });
    this.#operationTimes.observe({ kind }, seconds);
  }

  called(path: string, outcome: CallOutcome, seconds: number): void {
    const verb = path.replace(/^engine\./, '');
    this.#calls.inc({ verb, outcome });
    this.#callTimes.observe({ verb }, seconds);
  }

  spansDropped(reason: 'full' | 'failed', spans: number): void {
    this.#spans.inc({ reason }, spans);
  }

  redisAnswered(seconds: number): void {
    this.#redisTimes.observe(seconds);
  }

  reconciled(isDone: boolean, seconds: number): void {
    this.#reconciliations.inc({ outcome: isDone ? 'done' : 'failed' });
    this.#reconciliationTimes.observe(seconds);
    if (isDone) this.reconciledAt = this.#now();
  }

  #moved({ kind, balance, credits }: MoneyMoved, entries = 1): void {
    this.#entries.inc({ kind }, entries);
    this.#dollars.inc({ kind, purse: 'balance' }, Math.abs(balance) / microsPerDollar);
    this.#dollars.inc({ kind, purse: 'credits' }, Math.abs(credits) / microsPerDollar);
  }

  #counter<L extends string>(name: string, help: string, labelNames: readonly L[]): Counter<L> {
    return new Counter({ name: `raffia_${name}_total`, help, labelNames, registers: [this.registry] });
  }

  #histogram<L extends string>(
    name: string,
    help: string,
    labelNames: readonly L[],
    buckets = workBuckets,
  ): Histogram<L> {
    const registers = [this.registry];
    return new Histogram({ name: `raffia_${name}_duration_seconds`, help, labelNames, buckets, registers });
  }
}
