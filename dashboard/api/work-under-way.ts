import { type Operation, perPage } from '@raffia/client/client.ts';

/** A piece of work as the tray of activity shows it. */
export interface WorkEntry {
  readonly operation: Operation;
  /** Whether the person asked for it; of all that is seen, others may have. */
  readonly isMine: boolean;
  /** Milliseconds since it was asked for, or that it took. */
  readonly elapsedMs: number;
  /** The step that is being done, counted from 1, where one is. */
  readonly step: { readonly number: number; readonly of: number; readonly name: string } | undefined;
}

export interface WorkUnderWay {
  /** What waits or runs, the newest first. */
  readonly open: readonly WorkEntry[];
  /** What failed of late and was not dismissed. */
  readonly failed: readonly WorkEntry[];
  /** What has ended well since the page was opened. */
  readonly done: readonly WorkEntry[];
}

/** Failures that are older are looked for in the activity of what they are about. */
const failedForMs = 7 * 86_400_000;

/** What the page knows of work: what is open now, what failed, and what it saw open before. */
export interface KnownWork {
  readonly open: readonly Operation[];
  readonly failed: readonly Operation[];
  /** What was open when the page last looked, and is not any more. */
  readonly ended: readonly Operation[];
  readonly dismissed: ReadonlySet<string>;
}

/** @param now milliseconds since 1970 */
export function workUnderWay(
  { open, failed, ended, dismissed }: KnownWork,
  personId: string,
  now: number,
): WorkUnderWay {
  const entry = (operation: Operation): WorkEntry => {
    const until = operation.finished_at === undefined ? now : Date.parse(operation.finished_at);
    const running = operation.steps.findIndex(({ status }) => status === 'running');
    const name = operation.steps[running]?.name;
    return {
      operation,
      isMine: operation.created_by === personId,
      // Two clocks are compared.
      elapsedMs: Math.max(0, until - Date.parse(operation.created_at)),
      step: name === undefined ? undefined : { number: running + 1, of: operation.steps.length, name },
    };
  };
  const isOpen = new Set(open.map(({ id }) => id));
  const hasFailed = new Set(failed.map(({ id }) => id));
  // Of more failures than are read at once some are not known: who ended how would be a guess.
  const isWhole = failed.length < perPage;
  return {
    open: open.map(entry),
    failed: failed
      .filter(({ id, finished_at }) => !dismissed.has(id) && now - Date.parse(finished_at ?? '') < failedForMs)
      .map(entry),
    done: ended.filter(({ id }) => isWhole && !isOpen.has(id) && !hasFailed.has(id) && !dismissed.has(id)).map(entry),
  };
}
