import { loadavg } from 'node:os';
import type { NewAccount } from '@raffia/server/resources/account/bootstrap-account.ts';
import { headersOf } from '@raffia/server/testing/call-api.ts';
import { vmRequest } from '@raffia/server/testing/test-server.ts';
import { type Answers, generate, serial, soon, successes } from './generate.ts';
import { Installed } from './installed.ts';
import { seedHistory } from './seed.ts';
import { Verdicts } from './verdicts.ts';

const rounds = Number(process.env.BENCH_ROUNDS ?? 5);
const seconds = Number(process.env.BENCH_SECONDS ?? 4);
const share = Number(process.env.BENCH_GROWTH_SHARE ?? 1);
const accountCount = 20;

/** Creations with years of history in the database beside those in an empty one, in turn. */
export async function growth(): Promise<void> {
  const beds: Installed[] = [];
  try {
    const [empty, full] = [await Installed.start(env), await Installed.start(env)];
    beds.push(empty, full);
    const accounts = new Map<Installed, NewAccount[]>();
    for (const bed of beds) accounts.set(bed, await bed.accounts(accountCount, 'tenant'));
    const [first] = accounts.get(full) as NewAccount[];
    await creations(full, [first as NewAccount], 1, 1);
    const rows = {
      vms: Math.round(100_000 * share),
      operations: Math.round(1_000_000 * share),
      audit: Math.round(5_000_000 * share),
    };
    await seedHistory(full.database.pool, accounts.get(full) as NewAccount[], rows);
    // What each account has is counted anew.
    await full.server.end('SIGTERM');
    await full.reconnect(() => full.server.start());
    const ratios: number[] = [];
    const figures: Record<string, number[]> = { empty: [], full: [] };
    for (let round = -1; round < rounds; round++) {
      const [of, to] = [
        await creations(full, accounts.get(full) as NewAccount[], 16, seconds),
        await creations(empty, accounts.get(empty) as NewAccount[], 16, seconds),
      ];
      if (round < 0) continue;
      figures.full?.push(of);
      figures.empty?.push(to);
      ratios.push(of / to);
    }
    const verdicts = new Verdicts();
    const inOrder = (values: number[] = []) => values.map((value) => value.toFixed(0)).join(', ');
    verdicts.tell('an empty database: creations a second', inOrder(figures.empty));
    verdicts.tell('with all that: creations a second', inOrder(figures.full));
    const median = ratios.sort((a, b) => a - b)[Math.floor(ratios.length / 2)] as number;
    verdicts.hold('of an empty one, median of the rounds', median.toFixed(2), 'at least 0.8', median >= 0.8);
    verdicts.tell('load of the machine at the end', loadavg()[0]?.toFixed(1) ?? '');
    const words = Object.entries(rows).map(([name, count]) => `${count.toLocaleString('en')} ${name}`);
    process.stdout.write(`\nCreations by what is in the database: ${words.join(', ')}; ${accountCount} accounts\n`);
    verdicts.print();
  } finally {
    for (const bed of beds) await bed.stop();
  }
}

const env = { RAFFIA_RECONCILE_SECONDS: '3600' };

async function creations({ url }: Installed, accounts: NewAccount[], atOnce: number, forSeconds: number) {
  const { answers } = await generate(url, soon(), [
    {
      name: 'answers',
      requests: {
        shared: { method: 'POST', path: '/api/v1/vms', headers: {}, body: JSON.stringify(vmRequest(serial)) },
        each: accounts.map((account) => ({ headers: headersOf(account) })),
      },
      atOnce,
      seconds: forSeconds,
      afterSeconds: 0,
    },
  ]);
  return successes(answers as Answers) / forSeconds;
}
