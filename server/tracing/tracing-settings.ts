/** Where spans are sent, and which. */
export interface TracingSettings {
  /** The collector's base URL; spans go to `/v1/traces` below it. */
  readonly endpoint: string;
  /** Of the traces that begin here, which share is told: from 0 to 1. */
  readonly ratio: number;
  readonly serviceName: string;
}
