import { type Api, type Backup, operations, type VM, type Volume } from './api.ts';
import { RaffApiError, RaffError, RaffTimeoutError } from './errors.ts';
import {
  type CallOptions,
  type Request,
  realSurroundings,
  type Step,
  type Surroundings,
  type Travel,
} from './request.ts';
import { headers } from './steps/headers.ts';
import { keepCatalogue } from './steps/keep-catalogue.ts';
import { pace } from './steps/pace.ts';
import { refuse } from './steps/refuse.ts';
import { retry } from './steps/retry.ts';
import { sendWith } from './steps/send.ts';
import { shareReads } from './steps/share-reads.ts';
import { timeOut } from './steps/time-out.ts';

export * from './api.ts';
export * from './errors.ts';
export type { CallOptions, Step } from './request.ts';

/** The hosted service. */
export const hostedUrl = 'https://api.rafftechnologies.com';

export interface ClientOptions {
  /** The key, such as `raff_…`; without one only open operations answer. */
  readonly apiKey?: string;
  /** The project of every call that belongs to one. */
  readonly projectId?: string;
  /** Where the API is; the hosted service where nothing is said. */
  readonly baseUrl?: string;
  /** Milliseconds that one attempt may take; 30,000 where nothing is said. */
  readonly timeoutMs?: number;
  /** How often a call may be repeated; 5 where nothing is said. */
  readonly retries?: number;
  /**
   * Whether a POST whose outcome is unknown is repeated under its `Idempotency-Key`. Raffia honours the key; the hosted service
   * documents none, so that it is false there where nothing is said.
   */
  readonly repeatPosts?: boolean;
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly fetch?: typeof fetch;
  /** Steps of your own, nearest to the caller: logging, tracing, metrics. */
  readonly steps?: readonly Step[];
  readonly surroundings?: Partial<Surroundings>;
}

type OperationId = keyof Api & keyof typeof operations;
type InputOf<Id extends OperationId> = NonNullable<Parameters<Api[Id]>[0]>;
/** The operations that answer with a list in `data`. */
export type ListId = {
  [Id in OperationId]: Awaited<ReturnType<Api[Id]>> extends { data: readonly unknown[] } ? Id : never;
}[OperationId];
export type ItemOf<Id extends ListId> =
  Awaited<ReturnType<Api[Id]>> extends { data: readonly (infer Item)[] } ? Item : never;

export interface WaitOptions {
  /** Milliseconds until it is given up; 900,000 (15 minutes) where nothing is said. */
  readonly withinMs?: number;
  /** Milliseconds between two looks; 1,000 where nothing is said. */
  readonly everyMs?: number;
  readonly signal?: AbortSignal;
}

/** Every operation of the API as a method, and what one needs around them. */
export interface RaffClient extends Api {
  /** All items of a list, page after page. */
  each<Id extends ListId>(operation: Id, input?: InputOf<Id>, options?: CallOptions): AsyncGenerator<ItemOf<Id>>;
  /**
   * Waits until a VM has a status, or, for `gone`, until it is no more.
   *
   * @throws RaffError where it becomes `failure` instead; RaffTimeoutError where it takes too long
   */
  waitFor(
    vm: string | { readonly id: string },
    status: VM['status'] | 'gone',
    options?: WaitOptions,
  ): Promise<VM | undefined>;
  /**
   * The same of a volume.
   *
   * @throws RaffError where it becomes `failed` instead; RaffTimeoutError where it takes too long
   */
  waitForVolume(
    volume: number | { readonly id: number },
    status: Volume['status'] | 'gone',
    options?: WaitOptions,
  ): Promise<Volume | undefined>;
  /**
   * The same of a backup.
   *
   * @throws RaffError where it becomes `failed` instead; RaffTimeoutError where it takes too long
   */
  waitForBackup(
    backup: string | { readonly id: string },
    status: Backup['status'] | 'gone',
    options?: WaitOptions,
  ): Promise<Backup | undefined>;
}

/** The most rows of a page of a list. */
export const perPage = 100;

/** Makes a client. It holds nothing open: there is nothing to close. */
export function createClient(options: ClientOptions = {}): RaffClient {
  const surroundings = { ...realSurroundings, ...options.surroundings };
  const baseUrl = (options.baseUrl ?? hostedUrl).replace(/\/+$/, '');
  const steps: Step[] = [
    ...(options.steps ?? []),
    refuse(),
    keepCatalogue(),
    shareReads(),
    retry({ retries: options.retries ?? 5, repeatPosts: options.repeatPosts ?? baseUrl !== hostedUrl }, surroundings),
    pace(surroundings),
    timeOut(surroundings),
    headers({ ...(options.apiKey === undefined ? {} : { 'x-api-key': options.apiKey }), ...options.headers }),
  ];
  // Looked up at each call: whoever replaces it, for tracing or a test, means this client too.
  const fetcher: typeof fetch = options.fetch ?? ((...call) => globalThis.fetch(...call));
  const send = steps.reduceRight((next, step) => step(next), sendWith(fetcher));
  const call = async (id: OperationId, input: object = {}, callOptions: CallOptions = {}): Promise<unknown> =>
    (await send(requestOf(id, input as Record<string, unknown>, callOptions, options, baseUrl))).body;
  const api = Object.fromEntries(
    (Object.keys(operations) as OperationId[]).map((id) => [
      id,
      (input?: object, callOptions?: CallOptions) => call(id, input, callOptions),
    ]),
  ) as unknown as Api;
  return {
    ...api,
    each: (id, input, callOptions) => pages(call, id, input, callOptions),
    waitFor: (vm, status, waitOptions) => {
      const look = (callOptions: CallOptions) => api.getVM({ id: idOf(vm) }, callOptions);
      const waited = { look, operation: 'getVM', label: 'VM', failure: 'failure' } as const;
      return waitFor(waited, surroundings, status, waitOptions);
    },
    waitForVolume: (volume, status, waitOptions) => {
      const look = (callOptions: CallOptions) => api.getVolume({ id: idOf(volume) }, callOptions);
      const waited = { look, operation: 'getVolume', label: 'volume', failure: 'failed' } as const;
      return waitFor(waited, surroundings, status, waitOptions);
    },
    waitForBackup: (backup, status, waitOptions) => {
      const look = (callOptions: CallOptions) => api.getBackup({ id: idOf(backup) }, callOptions);
      const waited = { look, operation: 'getBackup', label: 'backup', failure: 'failed' } as const;
      return waitFor(waited, surroundings, status, waitOptions);
    },
  };
}

function requestOf(
  id: OperationId,
  input: Record<string, unknown>,
  call: CallOptions,
  options: ClientOptions,
  baseUrl: string,
): Request {
  const travel: Travel = operations[id];
  const path = travel.path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = input[name];
    if (value === undefined || value === '') throw new RaffError(`${id} needs ${name}`, id);
    return encodeURIComponent(String(value));
  });
  const query = new URLSearchParams();
  for (const name of travel.query ?? []) {
    const value = input[name];
    if (value !== undefined && value !== null) query.set(name, String(value));
  }
  const projectId = travel.project === undefined ? undefined : (call.projectId ?? options.projectId);
  return {
    operation: id,
    travel,
    url: `${baseUrl}${path}${query.size > 0 ? `?${query}` : ''}`,
    headers: {
      ...(projectId === undefined ? {} : { 'x-project-id': projectId }),
      ...(call.idempotencyKey === undefined ? {} : { 'idempotency-key': call.idempotencyKey }),
    },
    body: input.body === undefined ? undefined : JSON.stringify(input.body),
    timeoutMs: call.timeoutMs ?? options.timeoutMs ?? 30_000,
    signal: call.signal,
  };
}

async function* pages<Id extends ListId>(
  call: (id: OperationId, input?: object, options?: CallOptions) => Promise<unknown>,
  id: Id,
  input?: InputOf<Id>,
  options?: CallOptions,
): AsyncGenerator<ItemOf<Id>> {
  const travel: Travel = operations[id];
  const isPaged = travel.query?.includes('limit') === true && travel.query.includes('offset');
  // Items that are added meanwhile push others onto the next page: none is given twice.
  const seen = new Set<unknown>();
  for (let offset = 0; ; offset += perPage) {
    const page = (await call(id, { ...input, ...(isPaged ? { limit: perPage, offset } : {}) }, options)) as {
      data?: ItemOf<Id>[] | null;
    };
    const items = page.data ?? [];
    for (const item of items) {
      const key = (item as { id?: unknown }).id;
      if (key !== undefined && seen.has(key)) continue;
      seen.add(key);
      yield item;
    }
    if (!isPaged || items.length < perPage) return;
  }
}

/** How one of a kind is looked at, and what it ends with where it failed. */
interface Waited<Seen> {
  readonly look: (options: CallOptions) => Promise<{ data: Seen }>;
  readonly operation: OperationId;
  readonly label: string;
  readonly failure: string;
}

async function waitFor<Seen extends { readonly name: string; readonly status: string }>(
  { look, operation, label, failure }: Waited<Seen>,
  { now, sleep }: Surroundings,
  status: string,
  { withinMs = 900_000, everyMs = 1000, signal }: WaitOptions = {},
): Promise<Seen | undefined> {
  const deadline = now() + withinMs;
  const options = signal === undefined ? {} : { signal };
  for (;;) {
    const found = await look(options).then(
      ({ data }) => data,
      (error: unknown) => {
        if (status === 'gone' && error instanceof RaffApiError && error.status === 404) return undefined;
        throw error;
      },
    );
    if (found === undefined || found.status === status) return found;
    if (found.status === failure) {
      throw new RaffError(`The ${label} ${found.name} failed and will not become ${status}`, operation);
    }
    if (now() + everyMs > deadline) {
      throw new RaffTimeoutError(`The ${label} ${found.name} is ${found.status}, and not ${status} in time`, operation);
    }
    await sleep(everyMs, signal);
  }
}

const idOf = <Id extends string | number>(of: Id | { readonly id: Id }): Id => (typeof of === 'object' ? of.id : of);
