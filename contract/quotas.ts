import { resources } from './resources.ts';

export interface Quota {
  /** How much an account may have where nobody says otherwise; null: as much as it wants. */
  readonly fallback: number | null;
  /** What is counted, as it stands in sentences. */
  readonly things: string;
  /** Its name in the account's answer, where it is not its own. */
  readonly answer?: string;
}

/** What an account may have only so much of, and what is no kind of resource. How each is counted stands in the server's table. */
const others = {
  vcpus: { fallback: null, things: 'vCPUs of its VMs' },
  ram: { fallback: null, things: 'GB of RAM of its VMs', answer: 'ram_gb' },
  gateways: { fallback: 10, things: 'gateways of VPCs' },
  noteBytes: { fallback: 16 * 1024 * 1024, things: 'bytes of notes' },
  streams: { fallback: 200, things: 'streams of changes open at once' },
  consoles: { fallback: 50, things: 'consoles open at once' },
} as const satisfies Record<string, Quota>;

type Entry = (typeof resources)[keyof typeof resources];
type OfKinds = { [E in Extract<Entry, { quota: unknown }> as E['quota']['name']]: E['quota'] };

const ofKinds = Object.fromEntries(
  Object.values(resources).flatMap((entry) => ('quota' in entry ? [[entry.quota.name, entry.quota]] : [])),
) as OfKinds;

/** All that an account may have only so much of: the kinds of resources that have a quota, and what else is counted. */
export const quotas: OfKinds & typeof others = { ...ofKinds, ...others };

export type QuotaName = keyof typeof quotas;

export const quotaNames = Object.keys(quotas) as QuotaName[];

type InSnakeCase<Name extends string> = Name extends `${infer First}${infer Rest}`
  ? `${First extends Lowercase<First> ? First : `_${Lowercase<First>}`}${InSnakeCase<Rest>}`
  : '';

/** The name of a quota in the account's answer. */
export type QuotaAnswer = {
  [Name in QuotaName]: (typeof quotas)[Name] extends { readonly answer: infer Answer extends string }
    ? Answer
    : InSnakeCase<Name>;
}[QuotaName];

export function quotaAnswer(name: QuotaName): QuotaAnswer {
  const { answer = inSnakeCase(name) }: Quota = quotas[name];
  return answer as QuotaAnswer;
}

/** The name of a quota in words of a setting. */
export function inSnakeCase(name: QuotaName): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
