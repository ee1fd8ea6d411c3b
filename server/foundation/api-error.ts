import { type ErrorCode, errors } from '@raffia/contract/errors.ts';
import { type ResourceName, resources } from '@raffia/contract/resources.ts';

/** The body of every error: two strings, and a reason where the account's standing refuses (clients break on anything else). */
export interface ErrorBody {
  error: string;
  message: string;
  reason?: string;
  /** The id of what is there already, where that is why. */
  existing_id?: string;
}

/** What is there already: an id, and the table where it is. */
export interface Existing {
  readonly table: string;
  readonly id: string;
}

/** A failure that the caller can read: a row of the error catalogue with its placeholders filled in. */
export class ApiError extends Error {
  readonly code: ErrorCode;
  readonly status: number;
  readonly reason: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  /** What stands in the way, where whoever refuses has seen it; the caller is told where he may see it too. */
  readonly existing: Existing | undefined;
  /** The unique constraint that was violated, where that is why: it leads to what stands in the way. */
  readonly violated: { readonly table: string; readonly constraint: string; readonly detail: string } | undefined;
  #existingId: string | undefined;

  /**
   * @param code a row of the catalogue
   * @param values what stands in the row's `{placeholders}`
   * @param options `reason` for a billing refusal, extra response headers, what is there already, the internal cause (only ever logged)
   */
  constructor(
    code: ErrorCode,
    values: Readonly<Record<string, string | number>> = {},
    options: {
      reason?: string;
      headers?: Record<string, string>;
      existing?: Existing | undefined;
      violated?: { table: string; constraint: string; detail: string };
      cause?: unknown;
    } = {},
  ) {
    super(fill(errors[code].message, values), { cause: options.cause });
    this.name = 'ApiError';
    this.code = code;
    this.status = errors[code].status;
    this.reason = options.reason;
    this.headers = options.headers ?? {};
    this.existing = options.existing;
    this.violated = options.violated;
  }

  /** Tells which one is there already, in the sentence as well: some clients show nothing else. */
  withExisting(id: string): this {
    this.#existingId = id;
    this.message += ` (id ${id})`;
    return this;
  }

  body(): ErrorBody {
    return {
      error: errors[this.code].error,
      message: this.message,
      ...(this.reason === undefined ? {} : { reason: this.reason }),
      ...(this.#existingId === undefined ? {} : { existing_id: this.#existingId }),
    };
  }
}

/** A 400 whose sentence is made on the spot. */
export function invalid(detail: string): ApiError {
  return new ApiError('validation', { detail });
}

/** What is no kind of its own: a part of one, or of the catalogue. */
export type Part =
  | 'note'
  | 'tag'
  | 'network interface'
  | 'attached security group'
  | 'project member'
  | 'found machine'
  | 'tier request'
  | 'region'
  | 'resource'
  | 'volume'
  | 'price of public IPs';

/** A 404 that names the kind of thing. */
export function notFound(kind: ResourceName | Part): ApiError {
  return new ApiError('notFound', { resource: kind in resources ? resources[kind as ResourceName].label : kind });
}

function fill(text: string, values: Readonly<Record<string, string | number>>): string {
  return text.replace(/\{(\w+)\}/g, (placeholder, name: string) => String(values[name] ?? placeholder));
}
