import { collectDefaultMetrics, Gauge } from 'prom-client';
import { inTime } from '../foundation/in-time.ts';
import { installation } from '../foundation/installation.ts';
import { lastBackupAt } from '../foundation/last-backup.ts';
import type { Services } from '../services.ts';
import type { PrometheusMeters } from './prometheus-meters.ts';
import { type Look, type NodeStanding, readings } from './readings.ts';
import type { StoredState } from './stored-state.ts';

/** What is looked at when somebody asks. */
export interface Watched {
  readonly services: Services;
  readonly meters: PrometheusMeters;
  readonly stored: Pick<StoredState, 'now'>;
  /** Undefined where one process serves alone. */
  readonly cluster: { readonly standing: NodeStanding } | undefined;
  readonly readiness: { now(): Promise<{ readonly parts: NonNullable<Look['parts']> }> };
}

/** Gauges of the library that are called like counters, and say little. */
const misnamed = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total'];
const patienceMs = 4000;

/** What `GET /metrics` answers: what was counted, and what there is now. A part that does not answer takes nothing from the rest. */
export class MetricsPage {
  readonly #watched: Watched;
  readonly #gauges: readonly Gauge[];
  readonly #version: string;

  constructor(watched: Watched) {
    this.#watched = watched;
    this.#version = installation.version;
    const { registry } = watched.meters;
    collectDefaultMetrics({ register: registry });
    for (const name of misnamed) registry.removeSingleMetric(name);
    this.#gauges = readings.map(
      ({ name, help, labels = [] }) =>
        new Gauge({ name: `raffia_${name}`, help, labelNames: labels, registers: [registry] }),
    );
  }

  get contentType(): string {
    return this.#watched.meters.registry.contentType;
  }

  async text(): Promise<string> {
    const { meters, stored, readiness, services, cluster } = this.#watched;
    const [found, ready, backedUpAt] = await Promise.all([
      stored.now(),
      inTime(readiness.now(), patienceMs, () => undefined).catch(() => undefined),
      lastBackupAt(services.configuration.dataDirectory),
    ]);
    const { reconciledAt } = meters;
    const look: Look = {
      services,
      stored: found,
      parts: ready?.parts,
      reconciledAt,
      backedUpAt,
      version: this.#version,
      node: cluster?.standing,
    };
    for (const [index, { labels, of }] of readings.entries()) {
      const gauge = this.#gauges[index] as Gauge;
      const read = of(look);
      // What is not known now is not told as it was.
      if (labels === undefined) gauge.remove();
      else gauge.reset();
      if (typeof read === 'number') gauge.set(read);
      else for (const row of read ?? []) gauge.labels(...(row.slice(0, -1) as string[])).set(row.at(-1) as number);
    }
    return meters.registry.metrics();
  }
}
