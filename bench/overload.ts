import { loadavg } from 'node:os';
import type { NewAccount } from '@raffia/server/resources/account/bootstrap-account.ts';
import { headersOf, mustCall } from '@raffia/server/testing/call-api.ts';
import { vmRequest } from '@raffia/server/testing/test-server.ts';
import { until } from '@raffia/server/testing/until.ts';
import { type Answers, generate, inWords, type Requests, type Stream, serial, soon, successes } from './generate.ts';
import { Installed } from './installed.ts';
import { Verdicts } from './verdicts.ts';

const seconds = Number(process.env.BENCH_OVERLOAD_SECONDS ?? 60);
/** How long the best is measured, once before and once after. */
const sustainedSeconds = Math.min(20, seconds);
/** How long it is watched after the load ends. */
const afterwards = 15;
const timesCapacity = 10;
const accountCount = 200;

/**
 * Creations at ten times what the server can do, from many accounts, whether it answers or not; beside them another tenant reads, and
 * somebody asks for its health. What the server can do is measured just before, by clients that wait for their answers.
 */
export async function overload(): Promise<void> {
  const installed = await Installed.start({ RAFFIA_RECONCILE_SECONDS: '3600' });
  try {
    await measure(installed);
  } finally {
    await installed.stop();
  }
}

async function measure(installed: Installed): Promise<void> {
  const accounts = await installed.accounts(accountCount, 'flood');
  const [neighbour] = (await installed.accounts(1, 'neighbour')) as [NewAccount];
  const vm = await machineOf(installed, neighbour);
  const creations = creationsOf(accounts);

  const found: { atOnce: number; perSecond: number }[] = [];
  for (const atOnce of [4, 16, 32, 64]) {
    found.push({ atOnce, perSecond: await closed(installed, { creations, atOnce, seconds: Math.min(8, seconds) }) });
  }
  const best = found.reduce((one, other) => (other.perSecond > one.perSecond ? other : one));
  // In the same company as the flood, and for long enough that one slow second does not decide.
  const sustained = async () => {
    const [perSecond] = await Promise.all([
      closed(installed, { creations, atOnce: best.atOnce, seconds: sustainedSeconds }),
      generate(installed.url, soon(), besides(neighbour, vm, sustainedSeconds)),
    ]);
    return perSecond;
  };
  const before = await sustained();
  const perSecond = Math.round(Math.max(best.perSecond, before) * timesCapacity);

  const startAt = soon();
  const [load, beside] = await Promise.all([
    generate(installed.url, startAt, [{ name: 'flood', requests: creations, perSecond, seconds, afterSeconds: 0 }]),
    generate(installed.url, startAt, besides(neighbour, vm, seconds + afterwards)),
  ]);
  const { flood } = load as Record<'flood', Answers>;
  const { reads, health, writes } = beside as Record<'reads' | 'health' | 'writes', Answers>;
  const goodput = flood.bySecond.slice(0, seconds).reduce((sum, { ok }) => sum + ok, 0) / seconds;
  const later = await sustained();
  const capacity = Math.max(before, later);
  const normal = secondsUntilNormal(reads, health, writes);
  const duringReads = during(reads);
  const duringHealth = during(health);

  const verdicts = new Verdicts();
  verdicts.tell(
    'creations a second by how many at once',
    found.map(({ atOnce, perSecond }) => `${perSecond.toFixed(0)} at ${atOnce}`).join(', '),
  );
  verdicts.tell(
    `for ${sustainedSeconds} s before and after, at ${best.atOnce}`,
    `${before.toFixed(0)} and ${later.toFixed(0)}`,
  );
  verdicts.tell(`sent: ${perSecond} a second for ${seconds} s`, inWords(flood));
  verdicts.tell('refusals and successes, p50 and p99', `${flood.p50.toFixed(0)} and ${flood.p99.toFixed(0)} ms`);
  const share = goodput / capacity;
  verdicts.hold(
    'goodput, of the better of these',
    `${goodput.toFixed(0)}/s, ${(share * 100).toFixed(0)} %`,
    'at least 80 %',
    share >= 0.8,
  );
  verdicts.hold(
    "another tenant's reads, p99 of the worst second",
    `${duringReads.worst.toFixed(0)} ms`,
    'under 1000 ms',
    duringReads.worst < 1000 && isAllWell(reads),
  );
  verdicts.tell("another tenant's reads, all, and p99", `${inWords(reads)}, ${reads.p99.toFixed(0)} ms`);
  verdicts.hold('/health, p99', `${health.p99.toFixed(0)} ms`, 'under 100 ms', health.p99 < 100 && isAllWell(health));
  verdicts.tell('/health, p99 of the worst second', `${duringHealth.worst.toFixed(0)} ms`);
  verdicts.tell("another tenant's creations", inWords(writes));
  verdicts.hold(
    'normal again after the end',
    normal === undefined ? `not in ${afterwards} s` : `${normal} s`,
    'within 10 s',
    normal !== undefined && normal <= 10,
  );
  verdicts.tell('load of the machine at the end', loadavg()[0]?.toFixed(1) ?? '');
  process.stdout.write(`\nCreations at ${timesCapacity} times the capacity, ${accountCount} accounts, open loop\n`);
  verdicts.print();
}

/** Creations a second of clients that wait for their answers. */
async function closed(
  { url }: Installed,
  { creations, ...load }: { creations: Requests; atOnce: number; seconds: number },
): Promise<number> {
  const { closed } = await generate(url, soon(), [{ name: 'closed', requests: creations, afterSeconds: 0, ...load }]);
  // The first second warms up.
  const middle = (closed as Answers).bySecond.slice(1, load.seconds);
  return middle.reduce((sum, { ok }) => sum + ok, 0) / Math.max(1, middle.length);
}

/** What else is asked meanwhile and afterwards. */
function besides(neighbour: NewAccount, vm: string, inAll: number): Stream[] {
  const headers = headersOf(neighbour);
  const all = { seconds: inAll, afterSeconds: 0 };
  const get = (path: string) => ({ method: 'GET', path, headers });
  return [
    {
      name: 'reads',
      requests: {
        shared: get(''),
        each: [
          { path: `/api/v1/vms/${vm}` },
          { path: '/api/v1/vms' },
          { path: '/api/v1/projects' },
          { path: '/api/v1/ssh-keys' },
        ],
      },
      perSecond: 40,
      ...all,
    },
    {
      name: 'health',
      requests: { shared: { method: 'GET', path: '/health', headers: {} }, each: [{}] },
      perSecond: 20,
      ...all,
    },
    { name: 'writes', requests: creationsOf([neighbour]), perSecond: 4, ...all },
  ];
}

function creationsOf(accounts: readonly NewAccount[]): Requests {
  return {
    shared: { method: 'POST', path: '/api/v1/vms', headers: {}, body: JSON.stringify(vmRequest(serial)) },
    each: accounts.map((account) => ({ headers: headersOf(account) })),
  };
}

async function machineOf({ url }: Installed, account: NewAccount): Promise<string> {
  const { data } = (await mustCall(url, account, 'POST', '/api/v1/vms', vmRequest('neighbour'))).body;
  await until('the machine is active', async () => {
    const seen = await mustCall(url, account, 'GET', `/api/v1/vms/${data.id}`);
    return seen.body.data.status === 'active';
  });
  return data.id;
}

function during({ bySecond }: Answers): { worst: number } {
  return { worst: Math.max(...bySecond.slice(0, seconds).map(({ p99 }) => p99)) };
}

const isAllWell = (answers: Answers) => successes(answers) === answers.sent;

/** The first second after the end from which on everything is quick and nothing is refused. */
function secondsUntilNormal(reads: Answers, health: Answers, writes: Answers): number | undefined {
  const isNormal = (second: number) =>
    (reads.bySecond[second]?.p99 ?? 0) < 100 &&
    (health.bySecond[second]?.p99 ?? 0) < 100 &&
    (writes.bySecond[second]?.p99 ?? 0) < 500 &&
    (writes.bySecond[second]?.ok ?? 0) >= 3;
  for (let after = 0; after < afterwards; after++) {
    const rest = Array.from({ length: afterwards - after }, (_, index) => seconds + after + index);
    if (rest.every(isNormal)) return after;
  }
  return undefined;
}
