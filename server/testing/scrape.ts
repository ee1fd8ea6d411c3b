/** What a page of metrics says: a number for each series, by its name and labels as the page writes them. */
export type Scraped = ReadonlyMap<string, number>;

/** Asks for a page of metrics, as Prometheus does. */
export async function scrape(url: string, headers: Record<string, string> = {}): Promise<Scraped> {
  const response = await fetch(url, { headers });
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${response.status}: ${text}`);
  return seriesIn(text);
}

/**
 * Reads the text format.
 *
 * @throws Error for a line that is none of it, and for a series that is there twice
 */
export function seriesIn(text: string): Scraped {
  const found = new Map<string, number>();
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const [, series, value] = /^([a-z_][a-z0-9_]*(?:\{.*\})?) (\S+)$/i.exec(line) ?? [];
    if (series === undefined || (value !== 'Nan' && Number.isNaN(Number(value)))) throw new Error(`no sample: ${line}`);
    if (found.has(series)) throw new Error(`twice: ${series}`);
    found.set(series, Number(value));
  }
  return found;
}
