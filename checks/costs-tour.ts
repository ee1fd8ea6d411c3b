import { randomUUID } from 'node:crypto';
import type { BilledKind } from '@raffia/contract/enums.ts';
import type { TestServer } from '@raffia/server/testing/test-server.ts';
import type { Stop } from './dashboard-tour.ts';

const dayMs = 86_400_000;
const dayOf = (time: number) => new Date(time).toISOString().slice(0, 10);

/** What was spent, and what is there now. */
export function costStops(account: (path: string) => string): Stop[] {
  const ago = (days: number) => dayOf(Date.now() - days * dayMs);
  return [
    { name: 'usage', path: account('usage?period=30-days') },
    { name: 'usage-table', path: account('usage?period=30-days&as=table') },
    { name: 'usage-custom', path: account(`usage?period=custom&since=${ago(200)}&until=${ago(0)}`) },
    { name: 'usage-nothing', path: account(`usage?period=custom&since=${ago(390)}&until=${ago(380)}`) },
    { name: 'usage-now', path: account('usage/now') },
    { name: 'usage-now-list', path: account('usage/now?view=list&kind=volume') },
  ];
}

export const emptyCosts: readonly Stop[] = [
  { name: 'usage-empty', path: '/usage' },
  { name: 'usage-now-empty', path: '/usage/now' },
];

/** A past: what is there began earlier, and other things came and went. */
export async function furnishCosts(server: TestServer, project: string): Promise<void> {
  const { pool } = server.server.services;
  const { account_id, project_id } = server.first;
  await pool.query(
    `update terms set "from" = "from" - interval '1 day' * (12 + 5 * (months + length(name)) % 11) where account_id = $1`,
    [account_id],
  );
  const kinds: Readonly<Record<BilledKind, string>> = {
    vm: 'vm',
    volume: 'volume',
    address: 'ip',
    snapshot: 'snapshot',
    image: 'image',
    backup: 'backup',
  };
  const gone: readonly (readonly [BilledKind, string, string | null, number, number, number])[] = [
    ['vm', 'shop-2025', project, 19.99, 190, 9],
    ['vm', 'load-test', project_id, 152.99, 21, 18],
    ['vm', 'a-machine-with-a-name-that-is-as-long-as-names-may-be-in-this-cloud', project, 9.99, 26, 2],
    ['volume', '71', project, 12.5, 190, 6],
    ['snapshot', '72', project_id, 4, 24, 3],
    ['backup', 'nightly-0', project_id, 3, 28, 1],
    ['address', '198.18.0.9', randomUUID(), 3, 60, 14],
    ['vm', 'from-before', null, 4.99, 40, 30],
  ];
  for (const [item, name, of, price, from, until] of gone) {
    const isNumbered = item === 'volume' || item === 'snapshot';
    await pool.query(
      `insert into terms (id, account_id, project_id, item, resource_kind, resource_id, name, unit_price_micros, quantity, months, months_paid,
                          started_at, "from", until)
       values ($1, $2, $3, $4, $5, $6, $7, $8, 1, 1, 1, $9, $9, $10)`,
      [
        randomUUID(),
        account_id,
        of,
        item,
        kinds[item],
        isNumbered ? `9000${name}` : randomUUID(),
        isNumbered ? `${item}-${name}` : name,
        Math.round(price * 1_000_000),
        new Date(Date.now() - from * dayMs),
        new Date(Date.now() - until * dayMs + 5 * 3_600_000),
      ],
    );
  }
}
