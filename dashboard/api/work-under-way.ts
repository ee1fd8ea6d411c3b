import type { Operation } from '@raffia/client/client.ts';

/** What was read of work, in this order: a piece that ended meanwhile is in a later one as it is now. */
export interface ReadWork {
  readonly open: readonly Operation[];
  /** The newest of all, ended or not. */
  readonly recent: readonly Operation[];
  /** What failed, where the newest do not reach back as far as failures are shown. */
  readonly failed: readonly Operation[];
}

/** Failures that are older are looked for in the activity of what they are about. */
export const failedForMs = 7 * 86_400_000;
/** The same of what ended well. */
const doneForMs = 86_400_000;
/** Acts of a kind that follow each other this closely were asked for together. */
const togetherMs = 3_000;
/** Fewer stand each for itself. */
const fewest = 3;

/** Work that was asked for together, the newest first: one act on many things, or one on one. */
export interface Work {
  readonly id: string;
  readonly operations: readonly Operation[];
}

export interface WorkUnderWay {
  /** What waits or runs, the newest first. */
  readonly open: readonly Work[];
  /** What failed of late and was not dismissed. */
  readonly failed: readonly Work[];
  /** What ended well of late. */
  readonly done: readonly Work[];
}

export const isOpen = ({ status }: Operation): boolean => status === 'pending' || status === 'running';

/** All that was read, each once and as it was read last, the newest first. */
export function allWork({ open, recent, failed }: ReadWork): readonly Operation[] {
  const byId = new Map([...open, ...recent, ...failed].map((operation) => [operation.id, operation]));
  return [...byId.values()].sort((one, other) => (one.created_at < other.created_at ? 1 : -1));
}

/** @param now milliseconds since 1970 */
export function workUnderWay(all: readonly Operation[], dismissed: ReadonlySet<string>, now: number): WorkUnderWay {
  const isWithin = ({ finished_at }: Operation, ms: number) => now - Date.parse(finished_at ?? '') < ms;
  const shown = all.filter((operation) => {
    if (isOpen(operation)) return true;
    if (operation.status === 'failed') return !dismissed.has(operation.id) && isWithin(operation, failedForMs);
    return isWithin(operation, doneForMs);
  });
  const work = together(shown);
  const has = (test: (operation: Operation) => boolean) => (one: Work) => one.operations.some(test);
  const runs = has(isOpen);
  const fails = has(({ status }) => status === 'failed');
  return {
    open: work.filter(runs),
    failed: work.filter((one) => !runs(one) && fails(one)),
    done: work.filter((one) => !runs(one) && !fails(one)),
  };
}

/** What was done to many things at once is one piece of work. */
function together(operations: readonly Operation[]): Work[] {
  const begun = new Map<string, Operation[]>();
  const groups: Operation[][] = [];
  for (const operation of operations) {
    const key = `${operation.kind} ${operation.created_by}`;
    const group = begun.get(key);
    const last = group?.at(-1);
    const isClose = last !== undefined && Date.parse(last.created_at) - Date.parse(operation.created_at) <= togetherMs;
    // Twice to the same is one act after the other.
    if (isClose && group?.every(({ resource_id }) => resource_id !== operation.resource_id)) {
      group.push(operation);
      continue;
    }
    const next = [operation];
    begun.set(key, next);
    groups.push(next);
  }
  return (
    groups
      .flatMap((group) => (group.length < fewest ? group.map((operation) => [operation]) : [group]))
      // The oldest names it: what is asked for next comes before it.
      .map((group) => ({ id: group.at(-1)?.id ?? '', operations: group }))
  );
}

/** The step at which an operation is, or failed, counted from 1. */
export function stepOf({ steps }: Operation): { number: number; of: number; name: string } | undefined {
  const at = steps.findIndex(({ status }) => status === 'running' || status === 'failed');
  const name = steps[at]?.name;
  return name === undefined ? undefined : { number: at + 1, of: steps.length, name };
}

/** What a page has seen of ends. */
export interface KnownEnds {
  readonly ids: ReadonlySet<string>;
  /** The latest time that the first look told: what ended before that is no news, whenever it comes to be read. */
  readonly since: string;
}

/** What has ended since the last look; of the first look nothing has. */
export function endedSince(
  before: KnownEnds | undefined,
  all: readonly Operation[],
): { readonly ended: readonly Operation[]; readonly known: KnownEnds } {
  const over = all.filter((operation) => !isOpen(operation));
  const since =
    before?.since ??
    all.flatMap(({ created_at, finished_at = '' }) => [created_at, finished_at]).reduce((a, b) => (a > b ? a : b), '');
  return {
    ended: over.filter(
      ({ id, finished_at = '' }) => before !== undefined && !before.ids.has(id) && finished_at >= before.since,
    ),
    known: { ids: new Set([...(before?.ids ?? []), ...over.map(({ id }) => id)]), since },
  };
}
