import { inSnakeCase, type QuotaName, quotaAnswer, quotaNames, quotas as told } from '@raffia/contract/quotas.ts';
import { type Resource, resources } from '@raffia/contract/resources.ts';

interface Quota {
  /** The operator's option, the setting and the name in the account's answer. */
  readonly option: string;
  readonly setting: string;
  readonly env: string;
  readonly answer: string;
  /** How much an account may have where nobody says otherwise; null: as much as it wants. */
  readonly fallback: number | null;
  /** What is counted, as it stands in sentences. */
  readonly things: string;
  /** What a refusal begins with, where it is not that they are too many. */
  readonly exceeded?: string;
  /**
   * SQL of the rows that count, with `account_id` and `amount`: what the counters are verified against. The triggers that keep the
   * counters follow the same rule (migration 0006). Null: no rows; whoever holds them knows.
   */
  readonly counted: string | null;
}

const rowsOf = (table: string, where = 'true') => `select account_id, 1 as amount from ${table} where ${where}`;
/** A machine that failed holds nothing on a host any more, and can only be deleted: it uses no quota. */
const living = "deleted_at is null and status <> 'failure'";

/** What is not counted as the rows that a kind of resource shows. */
const otherwise: Partial<Record<QuotaName, Pick<Quota, 'counted' | 'exceeded'>>> = {
  vms: { counted: rowsOf('vms', living) },
  vcpus: { exceeded: 'vCPU quota exceeded', counted: `select account_id, cpu as amount from vms where ${living}` },
  ram: { exceeded: 'RAM quota exceeded', counted: `select account_id, ram as amount from vms where ${living}` },
  // One that is being deleted is still on its host.
  images: { counted: rowsOf('images') },
  snapshots: { counted: rowsOf('snapshots') },
  // The same; one that could not be made is on none.
  volumes: { counted: rowsOf('volumes', "status <> 'failed'") },
  // One that is hidden goes on its own; one that failed is not there.
  backups: { counted: rowsOf('backups', "deleted_at is null and state <> 'failed'") },
  roles: { counted: rowsOf('roles', 'account_id is not null') },
  // One that is being closed holds its address.
  gateways: { counted: rowsOf('vpcs', 'router_address is not null') },
  noteBytes: { counted: 'select account_id, octet_length(content) as amount from vm_notes' },
  streams: { counted: null },
  consoles: { counted: null },
};

/** Everything that an account may have only so much of: one rule for each, wherever it is counted, shown or refused. */
export const quotas = Object.fromEntries(
  quotaNames.map((name): [QuotaName, Quota] => {
    const words = inSnakeCase(name);
    const { fallback, things } = told[name];
    return [
      name,
      {
        option: words.replaceAll('_', '-'),
        setting: `quota.${name}`,
        env: `RAFFIA_QUOTA_${words.toUpperCase()}`,
        answer: quotaAnswer(name),
        fallback,
        things,
        ...(otherwise[name] ?? { counted: rowsOfKind(name) }),
      },
    ];
  }),
) as Readonly<Record<QuotaName, Quota>>;

function rowsOfKind(name: QuotaName): string {
  const kind = (Object.values(resources) as Resource[]).find(({ quota }) => quota?.name === name);
  if (kind === undefined)
    throw new Error(
      `say in server/quotas/quotas.ts how ${name} are counted, or which kind of contract/resources.ts has them`,
    );
  const { table, hiddenBy, byItself = 'true' } = kind;
  return rowsOf(table, hiddenBy === undefined ? byItself : `${hiddenBy} is null and ${byItself}`);
}
