/** Whose key asks, and on which project: on none where it is left out. */
export interface Asking {
  readonly api_key: string;
  readonly project_id?: string;
}

export interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into whatever came
  readonly body: any;
  readonly text: string;
}

export const headersOf = ({ api_key, project_id }: Asking): Record<string, string> => ({
  'x-api-key': api_key,
  ...(project_id === undefined ? {} : { 'x-project-id': project_id }),
});

/** Asks a server, and comes again after a 429, as clients do. */
export async function callApi(
  url: string,
  asking: Asking,
  method: string,
  path: string,
  body?: unknown,
): Promise<Answer> {
  for (;;) {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { ...headersOf(asking), ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const { status } = response;
    const text = await response.text();
    if (status !== 429) return { status, text, body: text === '' ? undefined : JSON.parse(text) };
    await new Promise((again) => setTimeout(again, 1000));
  }
}

/**
 * The same for what must not be refused.
 *
 * @throws Error with the refusal
 */
export async function mustCall(...[url, asking, method, path, body]: Parameters<typeof callApi>): Promise<Answer> {
  const answer = await callApi(url, asking, method, path, body);
  if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`);
  return answer;
}
