import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import { BatchSpanProcessor, type ReadableSpan, type SpanExporter, type SpanProcessor } from '@opentelemetry/sdk-trace';

/** Spans that wait for the collector: some 2 MB at most. */
const mostWaiting = 2048;
const batchSize = 512;
const everyMs = 1000;

/** What becomes of spans that no collector took. */
export interface Losses {
  /** @param reason `full`: too many waited; `failed`: the collector did not take them */
  dropped(reason: 'full' | 'failed', spans: number): void;
  /** The collector takes none, or takes them again. */
  changed(isTaking: boolean, error: Error | undefined): void;
}

/**
 * Sends spans in batches, one batch at a time. Where the collector does not keep up, later spans are dropped, and told of: nothing waits
 * for it, and what waits has a bound.
 */
export class BoundedSpans implements SpanProcessor {
  readonly #losses: Losses;
  readonly #batches: BatchSpanProcessor;
  #waiting = 0;
  #isTaking = true;

  constructor(exporter: SpanExporter, losses: Losses) {
    this.#losses = losses;
    this.#batches = new BatchSpanProcessor({
      exporter: this.#watched(exporter),
      maxQueueSize: mostWaiting,
      maxExportBatchSize: batchSize,
      scheduledDelayMillis: everyMs,
    });
  }

  onStart(): void {}

  onEnd(span: ReadableSpan): void {
    if (this.#waiting >= mostWaiting) {
      this.#losses.dropped('full', 1);
      return;
    }
    this.#waiting++;
    this.#batches.onEnd(span);
  }

  forceFlush(): Promise<void> {
    return this.#batches.forceFlush();
  }

  shutdown(): Promise<void> {
    return this.#batches.shutdown();
  }

  #watched(exporter: SpanExporter): SpanExporter {
    return {
      export: (spans, done) => {
        this.#waiting -= spans.length;
        exporter.export(spans, (result) => {
          this.#sent(spans.length, result);
          done(result);
        });
      },
      shutdown: () => exporter.shutdown(),
    };
  }

  #sent(spans: number, { code, error }: ExportResult): void {
    const isTaken = code === ExportResultCode.SUCCESS;
    if (!isTaken) this.#losses.dropped('failed', spans);
    if (isTaken === this.#isTaking) return;
    this.#isTaking = isTaken;
    this.#losses.changed(isTaken, error);
  }
}
