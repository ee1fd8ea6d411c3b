import { AsyncLocalStorage } from 'node:async_hooks';
import {
  type Attributes,
  type Context,
  isSpanContextValid,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  trace,
} from '@opentelemetry/api';
import { parseTraceParent } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources';
import {
  type IdGenerator,
  ParentBasedSampler,
  RandomIdGenerator,
  SamplingDecision,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import type { Logger } from 'pino';
import { inTime } from '../foundation/in-time.ts';
import { installation } from '../foundation/installation.ts';
import type { Meters } from '../metrics/meters.ts';
import { BoundedSpans } from './bounded-spans.ts';
import type {
  CallEnd,
  EndedOperation,
  OpenSpan,
  RequestEnd,
  TracedOperation,
  TracedRequest,
  Tracer,
  TryOutcome,
} from './tracer.ts';
import type { TracingSettings } from './tracing-settings.ts';

/** The last spans have this long to reach the collector when the server stops. */
const flushMs = 2000;

/** The span in which code runs. */
interface Here {
  readonly span: Span;
  /** What it left running is the server's own work. */
  isOver: boolean;
}

/** Random ids, but for the span that is begun next where somebody has one for it. */
class Ids implements IdGenerator {
  readonly #random = new RandomIdGenerator();
  next: { readonly traceId: string; readonly spanId: string } | undefined;

  generateTraceId(): string {
    return this.next?.traceId ?? this.#random.generateTraceId();
  }

  generateSpanId(): string {
    return this.next?.spanId ?? this.#random.generateSpanId();
  }
}

/**
 * Sends what the parts tell to a collector, by OTLP over HTTP. An operation's span has an id that follows from the operation's own, so
 * that whoever works on it, in whatever process, knows what its steps are below of; it is told once, by who ends the operation. One that
 * nobody's request asked for is a trace of its own, likewise by its id.
 */
export class OtlpTracer implements Tracer {
  readonly #ids = new Ids();
  readonly #ratio: TraceIdRatioBasedSampler;
  readonly #provider: TracerProvider;
  readonly #tracer: ReturnType<TracerProvider['getTracer']>;
  readonly #here = new AsyncLocalStorage<Here>();

  constructor({ endpoint, ratio, serviceName }: TracingSettings, log: Logger, meters?: Pick<Meters, 'spansDropped'>) {
    const { version } = installation;
    this.#ratio = new TraceIdRatioBasedSampler(ratio);
    const url = `${endpoint.replace(/\/+$/, '')}/v1/traces`;
    const spans = new BoundedSpans(new OTLPTraceExporter({ url }), {
      dropped: (reason, count) => meters?.spansDropped(reason, count),
      changed: (isTaking, error) => {
        if (isTaking) log.info('the collector of traces takes spans again');
        else
          log.warn(
            { reason: error?.message },
            'the collector of traces takes no spans: they are dropped until it does',
          );
      },
    });
    this.#provider = new TracerProvider({
      resource: defaultResource().merge(
        resourceFromAttributes({ 'service.name': serviceName, 'service.version': version }),
      ),
      sampler: new ParentBasedSampler({ root: this.#ratio }),
      idGenerator: this.#ids,
      spanProcessors: [spans],
    });
    this.#tracer = this.#provider.getTracer('raffia', version);
  }

  /** Sends what is left, as far as the collector takes it in time. */
  async close(): Promise<void> {
    const closed = this.#provider.shutdown().catch(() => undefined);
    await inTime(closed, flushMs, () => undefined);
  }

  requestBegan({ id, method, operation, route, traceparent }: TracedRequest): OpenSpan<RequestEnd> {
    const attributes = {
      'http.request.method': method,
      'http.route': route,
      'raffia.request.id': id,
      'raffia.api.operation': operation,
    };
    return this.#open(
      this.#tracer.startSpan(`${method} ${route}`, { kind: SpanKind.SERVER, attributes }, contextOf(traceparent)),
      ({ status, accountId }) => ({
        isError: status !== undefined && status >= 500,
        attributes: { 'http.response.status_code': status, 'raffia.account.id': accountId },
      }),
    );
  }

  get parent(): string | null {
    const here = this.#current;
    return here === undefined ? null : traceparentOf(here.spanContext());
  }

  stepBegan(operation: TracedOperation, step: string, isUndone: boolean): OpenSpan<TryOutcome> {
    const { traceId, traceFlags } = this.#parentOf(operation);
    const parent = { traceId, traceFlags, spanId: spanIdOf(operation), isRemote: true };
    const attributes = {
      ...attributesOf(operation),
      'raffia.step': step,
      'raffia.step.attempt': operation.attempts + 1,
    };
    const name = isUndone ? `undo ${step}` : step;
    return this.#open(
      this.#tracer.startSpan(name, { attributes }, trace.setSpanContext(ROOT_CONTEXT, parent)),
      (outcome) => ({
        isError: outcome === 'failed' || outcome === 'retried' || outcome === 'broken off',
        attributes: { 'raffia.step.outcome': outcome },
      }),
    );
  }

  operationEnded(operation: EndedOperation): void {
    const { kind, status, created_at: startTime, finished_at: endTime } = operation;
    const attributes = { ...attributesOf(operation), 'raffia.operation.status': status };
    this.#ids.next = { traceId: traceIdOf(operation), spanId: spanIdOf(operation) };
    const span = this.#tracer.startSpan(kind, { attributes, startTime }, contextOf(operation.trace_parent));
    this.#ids.next = undefined;
    if (status === 'failed') span.setStatus({ code: SpanStatusCode.ERROR });
    span.end(endTime ?? undefined);
  }

  callBegan(path: string): OpenSpan<CallEnd> | undefined {
    const here = this.#current;
    if (here === undefined) return undefined;
    const verb = path.replace(/^engine\./, '');
    const options = { kind: SpanKind.CLIENT, attributes: { 'raffia.engine.verb': verb } };
    return this.#open(
      this.#tracer.startSpan(verb, options, trace.setSpan(ROOT_CONTEXT, here)),
      ({ outcome, error }) => ({
        isError: outcome !== 'answered',
        attributes: {
          'raffia.engine.outcome': outcome,
          'error.type': error === undefined ? undefined : ((error as Error | null)?.constructor?.name ?? typeof error),
        },
      }),
    );
  }

  get #current(): Span | undefined {
    const here = this.#here.getStore();
    return here === undefined || here.isOver ? undefined : here.span;
  }

  /** The trace of an operation, and whether it is told. */
  #parentOf(operation: TracedOperation): Pick<SpanContext, 'traceId' | 'traceFlags'> {
    const asked = trace.getSpanContext(contextOf(operation.trace_parent));
    if (asked !== undefined) return asked;
    const traceId = traceIdOf(operation);
    const isTold = this.#ratio.shouldSample(ROOT_CONTEXT, traceId).decision === SamplingDecision.RECORD_AND_SAMPLED;
    return { traceId, traceFlags: isTold ? TraceFlags.SAMPLED : TraceFlags.NONE };
  }

  #within<T>(span: Span, work: () => T): T {
    const here: Here = { span, isOver: false };
    const leave = () => {
      here.isOver = true;
    };
    const result = this.#here.run(here, work);
    if (result instanceof Promise) result.then(leave, leave);
    else leave();
    return result;
  }

  #open<End>(
    span: Span,
    told: (how: End) => { readonly isError: boolean; readonly attributes: Attributes },
  ): OpenSpan<End> {
    return {
      run: (work) => this.#within(span, work),
      end: (how) => {
        const { isError, attributes } = told(how);
        span.setAttributes(attributes);
        if (isError) span.setStatus({ code: SpanStatusCode.ERROR });
        span.end();
      },
    };
  }
}

/** What W3C Trace Context says: whatever has not its form is as good as none, and begins a trace. */
function contextOf(traceparent: string | null | undefined): Context {
  const parent = traceparent == null ? null : parseTraceParent(traceparent);
  if (parent === null || !isSpanContextValid(parent)) return ROOT_CONTEXT;
  return trace.setSpanContext(ROOT_CONTEXT, { ...parent, isRemote: true });
}

function traceparentOf({ traceId, spanId, traceFlags }: SpanContext): string {
  return `00-${traceId}-${spanId}-0${traceFlags & TraceFlags.SAMPLED}`;
}

const traceIdOf = ({ id }: TracedOperation) => id.replaceAll('-', '');
/** Of a UUID's last half two bits are always the same: it is never 0. */
const spanIdOf = (operation: TracedOperation) => traceIdOf(operation).slice(16);

function attributesOf({ id, kind, account_id }: TracedOperation): Attributes {
  return {
    'raffia.operation.id': id,
    'raffia.operation.kind': kind,
    ...(account_id === null ? {} : { 'raffia.account.id': account_id }),
  };
}
