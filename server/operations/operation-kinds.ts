import type { KindOfWork, resources } from '@raffia/contract/resources.ts';

/**
 * The kinds of durable work, each with what it is told. A file of workflows adds its own, beside them:
 *
 * ```ts
 * declare module '../../operations/operation-kinds.ts' {
 *   interface OperationInputs {
 *     'image.delete': Record<never, never>;
 *   }
 * }
 * ```
 *
 * Passwords are never in here: they travel sealed.
 */
// biome-ignore lint/suspicious/noEmptyInterface: it is filled by those who do the work
export interface OperationInputs {}

export type OperationKind = keyof OperationInputs;

/** Work that the cloud does for itself: no account's. */
export type CloudKind = Extract<OperationKind, `cloud.${string}`>;

/** What such work is about, and the queue that it is done in. */
export const cloudId = '00000000-0000-0000-0000-000000000000';

/** All other work: an account's, on a resource of its own. */
export type AccountKind = OfResources<Exclude<OperationKind, CloudKind>>;

/** Each begins with the noun of a kind of resource that `hasWork` in contract/resources.ts. */
type OfResources<Kind extends `${(typeof resources)[KindOfWork]['noun']}.${string}`> = Kind;
