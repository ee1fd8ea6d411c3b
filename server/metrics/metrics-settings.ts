/** Where metrics are told, and to whom. */
export interface MetricsSettings {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** What a scrape has to name; null: nothing. */
  readonly token: string | null;
}
