import { releasedVersion } from '@raffia/server/testing/released-version.ts';
import { vmRequest } from '@raffia/server/testing/test-server.ts';
import { until } from '@raffia/server/testing/until.ts';
import { type Answers, generate, serial, soon, successes } from './generate.ts';
import { type Bed, bed, keysFile, keysInUse, measure, ratio, rounds, say, show, spread } from './side-by-side.ts';

/** With which this version is compared. */
const commit = process.env.BENCH_SINCE ?? 'a6fe346';
/** One account may be refused where many are not. */
const accountCount = 16;
const creationSeconds = 6;

interface Work {
  readonly creations: number[];
  readonly operations: number[];
}

/** This version beside a released one, in turns: reads, creations, and the work that creations bring. */
export async function sinceReleased(): Promise<void> {
  const folder = releasedVersion(commit);
  if (folder === undefined) return;
  const beds = { before: await bed('before', keysInUse, 0, folder), now: await bed('now', keysInUse) };
  try {
    const keys = keysFile(keysInUse);
    const reads = await measure({
      before: { target: beds.before.target, keys },
      now: { target: beds.now.target, keys },
    });
    const headers = { before: accountsOf(beds.before), now: accountsOf(beds.now) };
    for (const { pool } of Object.values(beds)) await pool.query(`update api_keys set rate_limit_tier = 'high'`);
    const work: Record<keyof typeof beds, Work> = {
      before: { creations: [], operations: [] },
      now: { creations: [], operations: [] },
    };
    for (let round = -1; round < rounds; round++) {
      for (const side of ['before', 'now'] as const) {
        const { creations, operations } = await create(beds[side], headers[side]);
        // The first round warms up.
        if (round < 0) continue;
        work[side].creations.push(creations);
        work[side].operations.push(operations);
      }
    }
    const { before, now } = work;
    const { before: readsBefore, now: readsNow } = reads as Record<keyof typeof beds, (typeof reads)[string]>;
    say(`\nSince ${commit}, in turns: GET /api/v1/vms, a second and CPU time of the server for each`);
    show('before', readsBefore);
    show('now', readsNow, `${ratio(readsNow.perSecond, readsBefore.perSecond)} of it`);
    say(`\nCreations of VMs a second, ${accountCount} accounts that wait for their answers`);
    say(
      `  before ${spread(before.creations)}   now ${spread(now.creations)}   ${ratio(now.creations, before.creations)} of it`,
    );
    say('\nVMs a second from the first creation until the last is active');
    say(
      `  before ${spread(before.operations)}   now ${spread(now.operations)}   ${ratio(now.operations, before.operations)} of it`,
    );
  } finally {
    for (const { drop } of Object.values(beds)) await drop();
  }
}

export function accountsOf({ operator }: Bed): Record<string, string>[] {
  return Array.from({ length: accountCount }, (_, index) => {
    const text = operator('account', 'create', `Bench ${index}`, '--email', `bench-${index}@example.com`);
    const [, project = ''] = /^project (\S+)/m.exec(text) ?? [];
    const [key = ''] = /raff_\w+/.exec(text) ?? [];
    return { 'x-api-key': key, 'x-project-id': project };
  });
}

export async function create(
  { target, pool }: Bed,
  accounts: Record<string, string>[],
): Promise<{ creations: number; operations: number }> {
  const requests = {
    shared: { method: 'POST', path: '/api/v1/vms', headers: {}, body: JSON.stringify(vmRequest(serial)) },
    each: accounts.map((headers) => ({ headers })),
  };
  const startAt = soon();
  const answers = await generate(target.url, startAt, [
    { name: 'creations', requests, atOnce: accounts.length, seconds: creationSeconds, afterSeconds: 0 },
  ]);
  const made = successes(answers.creations as Answers);
  if (made < creationSeconds) throw new Error(`${target.name}: only ${made} were created`);
  await until(
    'all work ends',
    async () => {
      const { rows } = await pool.query('select 1 from operations where finished_at is null limit 1');
      return rows.length === 0;
    },
    { everyMs: 20 },
  );
  return { creations: made / creationSeconds, operations: (made * 1000) / (Date.now() - startAt) };
}
