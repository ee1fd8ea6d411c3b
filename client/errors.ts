import type { Answer, Request } from './request.ts';

/** What every failure of a call has. */
export class RaffError extends Error {
  override name = 'RaffError';
  /** The published id of the operation, such as `createVM`. */
  readonly operation: string;

  constructor(message: string, operation: string, options?: ErrorOptions) {
    super(message, options);
    this.operation = operation;
  }
}

/** The server refused: its sentence is the message. */
export class RaffApiError extends RaffError {
  override name = 'RaffApiError';
  readonly status: number;
  /** The short label of the body's `error`, such as `Forbidden`. */
  readonly error: string;
  /** Why a paid operation was refused: `banned`, `failed` or `no_billing_customer`. */
  readonly reason: string | undefined;
  /** The id of what is there already, where that is why. */
  readonly existingId: string | undefined;
  /** What to tell the operator of the service. */
  readonly requestId: string | undefined;
  /** The permission that is missing, where a 403 names one. */
  readonly permission: string | undefined;
  /** Seconds after which the server wants to be asked again. */
  readonly retryAfter: number | undefined;

  constructor(request: Request, answer: Answer) {
    const body = (typeof answer.body === 'object' && answer.body !== null ? answer.body : {}) as Record<
      string,
      unknown
    >;
    const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined);
    const message = text(body.message) ?? text(body.error) ?? `The server answered with status ${answer.status}`;
    super(message, request.operation);
    this.status = answer.status;
    this.error = text(body.error) ?? String(answer.status);
    this.reason = text(body.reason);
    this.existingId = text(body.existing_id);
    this.requestId = answer.headers.get('x-request-id') ?? undefined;
    this.permission = answer.status === 403 ? /^permission denied: (.+)$/.exec(message)?.[1] : undefined;
    this.retryAfter = retryAfterOf(answer);
  }
}

/** No answer came: the service could not be reached, or the connection broke. The cause is what the runtime said. */
export class RaffConnectionError extends RaffError {
  override name = 'RaffConnectionError';
}

/** No answer came in time. */
export class RaffTimeoutError extends RaffError {
  override name = 'RaffTimeoutError';
}

/** Seconds of `Retry-After`, given as a number or as a date; undefined where there is none. */
export function retryAfterOf({ headers }: Answer): number | undefined {
  const header = headers.get('retry-after');
  if (header === null) return undefined;
  if (/^\d+(\.\d+)?$/.test(header)) return Number(header);
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, (date - Date.now()) / 1000);
}

/** Whether an answer is a 429 that holds for longer than anybody waits for an answer: no matter of pace, but of what was asked for. */
export function isLongRefusal(answer: Answer): boolean {
  return answer.status === 429 && (retryAfterOf(answer) ?? 0) > 120;
}
