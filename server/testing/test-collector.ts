import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { until } from './until.ts';

/** A span as a collector got it. */
export interface CollectedSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** Undefined for the first of a trace. */
  readonly parentSpanId: string | undefined;
  readonly name: string;
  readonly isError: boolean;
  readonly attributes: Readonly<Record<string, string | number>>;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly endedAt: number;
}

interface OtlpSpan extends Pick<CollectedSpan, 'traceId' | 'spanId' | 'name'> {
  readonly parentSpanId?: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly status?: { readonly code?: number };
  readonly attributes?: readonly OtlpAttribute[];
}

interface OtlpAttribute {
  readonly key: string;
  readonly value: { readonly stringValue?: string; readonly intValue?: number };
}

interface OtlpRequest {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly OtlpAttribute[] };
    readonly scopeSpans: readonly { readonly spans: readonly OtlpSpan[] }[];
  }[];
}

/** A collector of traces: takes OTLP over HTTP as JSON, or answers what it is told to. */
export class TestCollector {
  readonly spans: CollectedSpan[] = [];
  /** Of all that came: as the collector got it. */
  text = '';
  /** What the sender says of itself. */
  resource: Readonly<Record<string, string | number>> = {};
  requests = 0;
  /** What it answers; it takes spans where that is 200. */
  status = 200;
  /** Answers wait for this. */
  hold: Promise<unknown> = Promise.resolve();
  readonly #server: Server;

  private constructor() {
    this.#server = createServer(async (request, response) => {
      let text = '';
      for await (const chunk of request) text += chunk;
      this.requests++;
      const { status } = this;
      await this.hold;
      const isAsked = request.method === 'POST' && request.url === '/v1/traces';
      if (isAsked && status === 200) this.#take(text);
      response.writeHead(isAsked ? status : 404, { 'content-type': 'application/json' }).end('{}');
    });
  }

  static async start(): Promise<TestCollector> {
    const collector = new TestCollector();
    await new Promise<void>((listening) => collector.#server.listen(0, '127.0.0.1', listening));
    return collector;
  }

  /** What makes a server send to it. */
  get env(): { readonly OTEL_EXPORTER_OTLP_ENDPOINT: string } {
    return { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}` };
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  /** The spans of a trace, by when they began. */
  trace(id: string): CollectedSpan[] {
    return this.spans.filter(({ traceId }) => traceId === id).sort((a, b) => a.startedAt - b.startedAt);
  }

  /** Waits for a span, which comes after those that ended before it. */
  async span(what: string, isIt: (span: CollectedSpan) => boolean): Promise<CollectedSpan> {
    return until(`a span of ${what} comes`, () => this.spans.find(isIt));
  }

  #take(text: string): void {
    this.text += text;
    for (const { resource, scopeSpans } of (JSON.parse(text) as OtlpRequest).resourceSpans) {
      this.resource = valuesOf(resource.attributes);
      for (const span of scopeSpans.flatMap(({ spans }) => spans)) {
        this.spans.push({
          traceId: span.traceId,
          spanId: span.spanId,
          parentSpanId: span.parentSpanId === '' ? undefined : span.parentSpanId,
          name: span.name,
          isError: span.status?.code === 2,
          attributes: valuesOf(span.attributes),
          startedAt: Number(span.startTimeUnixNano) / 1e6,
          endedAt: Number(span.endTimeUnixNano) / 1e6,
        });
      }
    }
  }
}

function valuesOf(attributes: readonly OtlpAttribute[] = []): Record<string, string | number> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue ?? value.intValue ?? '']));
}
