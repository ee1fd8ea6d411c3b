// Written by `npm run derive` from the files of migrations/; not edited by hand.
import type { Migration } from 'kysely/migration';

/** All migrations by name; a name, once released, is never changed or reused. */
export const allMigrations: Record<string, () => Promise<Migration>> = {
  '0001-foundation': () => import('./migrations/0001-foundation.ts'),
  '0002-waiting-operations': () => import('./migrations/0002-waiting-operations.ts'),
  '0003-people': () => import('./migrations/0003-people.ts'),
  '0006-growth': () => import('./migrations/0006-growth.ts'),
  '0007-authority': () => import('./migrations/0007-authority.ts'),
  '0007-inviters': () => import('./migrations/0007-inviters.ts'),
  '0009-operations-queue': () => import('./migrations/0009-operations-queue.ts'),
  '0016-lists': () => import('./migrations/0016-lists.ts'),
  '0019-found-machines': () => import('./migrations/0019-found-machines.ts'),
  '0020-memberships': () => import('./migrations/0020-memberships.ts'),
  '0021-links-by-operator': () => import('./migrations/0021-links-by-operator.ts'),
  '0022-mails': () => import('./migrations/0022-mails.ts'),
  '0030-named-steps': () => import('./migrations/0030-named-steps.ts'),
  '0031-vm-counts': () => import('./migrations/0031-vm-counts.ts'),
  '0032-audit-actors': () => import('./migrations/0032-audit-actors.ts'),
  '0036-owned-addresses': () => import('./migrations/0036-owned-addresses.ts'),
  '0037-terms': () => import('./migrations/0037-terms.ts'),
  '0038-anonymous-actors': () => import('./migrations/0038-anonymous-actors.ts'),
  '0040-work-notified': () => import('./migrations/0040-work-notified.ts'),
  '0041-capacity': () => import('./migrations/0041-capacity.ts'),
  '0042-audit-actors-newest': () => import('./migrations/0042-audit-actors-newest.ts'),
  '0044-schedules': () => import('./migrations/0044-schedules.ts'),
  '0045-patient-keys': () => import('./migrations/0045-patient-keys.ts'),
  '0046-vpcs': () => import('./migrations/0046-vpcs.ts'),
  '0047-security-groups': () => import('./migrations/0047-security-groups.ts'),
  '0050-reserved-addresses': () => import('./migrations/0050-reserved-addresses.ts'),
  '0053-interfaces-come-and-go': () => import('./migrations/0053-interfaces-come-and-go.ts'),
  '0055-attached-security-groups': () => import('./migrations/0055-attached-security-groups.ts'),
};
