import type { CostsByDay } from '@raffia/client/client.ts';
import { type BilledKind, billedKinds } from '@raffia/contract/enums.ts';

/** What kinds are called, of one and of many. */
export const kindWords: Readonly<Record<BilledKind, { readonly one: string; readonly many: string }>> = {
  vm: { one: 'VM', many: 'VMs' },
  volume: { one: 'Volume', many: 'Volumes' },
  address: { one: 'Public IP', many: 'Public IPs' },
  snapshot: { one: 'Snapshot', many: 'Snapshots' },
  image: { one: 'Saved image', many: 'Saved images' },
  backup: { one: 'Backup', many: 'Backups' },
};

/** The kinds that cost something on any of the days. */
export const kindsIn = ({ kinds }: Pick<CostsByDay, 'kinds'>): BilledKind[] =>
  billedKinds.filter((kind) => Number(kinds[kind]) > 0);
