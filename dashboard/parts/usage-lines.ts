import type { Backup, FloatingIP, Snapshot, VM, Volume } from '@raffia/client/client.ts';

export const usageKinds = ['vm', 'volume', 'snapshot', 'backup', 'ip'] as const;
export type UsageKind = (typeof usageKinds)[number];

/** One thing that costs something now. */
export interface UsageLine {
  readonly kind: UsageKind;
  readonly id: string;
  readonly name: string;
  readonly projectId: string | undefined;
  /** Dollars. */
  readonly perHour: number;
  readonly since: string | undefined;
}

interface Things {
  readonly vms?: readonly VM[] | undefined;
  readonly volumes?: readonly Volume[] | undefined;
  readonly snapshots?: readonly Snapshot[] | undefined;
  readonly backups?: readonly Backup[] | undefined;
  readonly ips?: readonly FloatingIP[] | undefined;
  /** What a reserved address costs an hour, by its type. */
  readonly ipPrices?: Readonly<Record<FloatingIP['type'], number>> | undefined;
}

/** What costs something now, the dearest first. A VM that has failed, free backups and addresses of VMs cost nothing, and are left out. */
export function usageLines({
  vms = [],
  volumes = [],
  snapshots = [],
  backups = [],
  ips = [],
  ipPrices,
}: Things): UsageLine[] {
  const line = (
    kind: UsageKind,
    thing: { id: string | number; project_id?: string; created_at?: string },
    name: string,
    price: string | number | undefined,
  ): UsageLine => ({
    kind,
    id: String(thing.id),
    name,
    projectId: thing.project_id,
    perHour: Number(price ?? 0),
    since: thing.created_at,
  });
  return [
    ...vms.filter(({ status }) => status !== 'failure').map((one) => line('vm', one, one.name, one.price_per_hour)),
    ...volumes.map((one) => line('volume', one, one.name, one.price_per_hour)),
    ...snapshots.map((one) => line('snapshot', one, one.name, one.price_per_hour)),
    ...backups.map((one) => line('backup', one, one.name, one.price_per_hour)),
    ...ips.filter(({ reserved }) => reserved).map((one) => line('ip', one, one.ip_address, ipPrices?.[one.type])),
  ]
    .filter(({ perHour }) => perHour > 0)
    .sort((a, b) => b.perHour - a.perHour);
}

/** What several cost an hour together, in dollars. */
export function perHourOf(lines: readonly UsageLine[]): number {
  return lines.reduce((sum, { perHour }) => sum + perHour, 0);
}
