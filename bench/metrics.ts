import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { largestPage } from '@raffia/contract/schemas.ts';
import type { MachineSpec, Progress } from '@raffia/server/engines/engine.ts';
import { openEngine } from '@raffia/server/engines/open-engine.ts';
import { type GuardedEngine, outsideTransactions } from '@raffia/server/engines/outside-transactions.ts';
import { macOf } from '@raffia/server/foundation/cidr.ts';
import { tidy } from '@raffia/server/housekeeping.ts';
import { UsageRecorder } from '@raffia/server/resources/vms/usage-recorder.ts';
import { whyNoDaemon } from '@raffia/server/testing/engine-host.ts';
import { openReal } from '@raffia/server/testing/engines-under-test.ts';
import { TestServer } from '@raffia/server/testing/test-server.ts';
import { cpuMicros, withChildrenMicros } from './servers.ts';
import { median, say, spread } from './side-by-side.ts';
import { Verdicts } from './verdicts.ts';

const machines = Number(process.env.BENCH_MACHINES ?? 200);
/** Fewer of those that are there: each is a container. */
const realMachines = Number(process.env.BENCH_REAL_MACHINES ?? 10);
const everySeconds = 15;
const roundsOfDay = 86_400 / everySeconds;
const reads = 40;
const pageAimMs = 200;

/** What the usage of machines costs: a round of measuring, a day in the database, and what a page reads of a month. */
export async function metrics(): Promise<void> {
  const verdicts = new Verdicts();
  const server = await TestServer.start({ RAFFIA_RECONCILE_SECONDS: '3600' });
  try {
    const ids = await someMachines(server);
    await day(server, verdicts);
    await month(server, ids, verdicts);
  } finally {
    await server.stop();
  }
  await onRealHost(verdicts);
  say(`\nUsage of ${machines} machines`);
  verdicts.print();
}

/** Machines that run, past the API: what is measured is what is done with them. */
async function someMachines(server: TestServer): Promise<string[]> {
  const model = await server.vm('model');
  await server.settled();
  const { pool } = server.server.services;
  const columnsOf = async (table: string, without: readonly string[]) => {
    const { rows } = await pool.query(`select * from ${table} where id = $1`, [model]);
    return Object.keys(rows[0])
      .filter((name) => !without.includes(name))
      .join(', ');
  };
  const ofVm = await columnsOf('vms', ['id', 'name']);
  const ofSimulated = await columnsOf('simulated_machines', ['id']);
  const ids = [model, ...Array.from({ length: machines - 1 }, () => randomUUID())];
  await pool.query('alter table vms disable trigger vms_use');
  await pool.query(
    `insert into vms (id, name, ${ofVm})
     select other, 'm-' || n, ${ofVm} from vms, unnest($1::uuid[]) with ordinality as o (other, n) where id = $2`,
    [ids.slice(1), model],
  );
  await pool.query(
    `insert into simulated_machines (id, ${ofSimulated})
     select other, ${ofSimulated} from simulated_machines, unnest($1::uuid[]) as other where id = $2`,
    [ids.slice(1), model],
  );
  await pool.query('alter table vms enable trigger vms_use');
  return ids;
}

interface Cost {
  readonly wallMs: number;
  readonly serverMs: number;
  readonly databaseMs: number;
}

/** So many rounds, each 15 seconds later by the server's clock, with the housekeeping of every hour; then what all of them left. */
async function day(server: TestServer, verdicts: Verdicts): Promise<void> {
  const { services } = server.server;
  const engine = outsideTransactions(await openEngine(services, async () => [])) as GuardedEngine;
  const recorder = new UsageRecorder(services, engine);
  const [{ text }] = (await services.pool.query("select pg_read_file('postmaster.pid') as text")).rows;
  const postgres = Number.parseInt(text, 10);
  await services.pool.query('delete from vm_metrics');
  const wal = async () => Number((await services.pool.query("select pg_current_wal_lsn() - '0/0' as at")).rows[0].at);
  const plain: number[] = [];
  const averaging: number[] = [];
  const walBefore = await wal();
  const before = { cpu: process.cpuUsage(), database: withChildrenMicros(postgres) };
  let tidied = { cpu: 0, database: 0 };
  for (let round = 0; round < roundsOfDay; round++) {
    server.time.offset += everySeconds * 1000;
    const began = performance.now();
    await recorder.record();
    const took = performance.now() - began;
    ((Math.floor(services.clock.now() / 1000 / everySeconds) * everySeconds) % 300 === 0 ? averaging : plain).push(
      took,
    );
    if (round % 240 !== 239) continue;
    const at = { cpu: process.cpuUsage(), database: withChildrenMicros(postgres) };
    await tidy(services);
    // PostgreSQL does so by itself, within a minute; here a day is over before.
    await services.pool.query('vacuum vm_metrics');
    const spent = process.cpuUsage(at.cpu);
    tidied = {
      cpu: tidied.cpu + spent.user + spent.system,
      database: tidied.database + withChildrenMicros(postgres) - at.database,
    };
  }
  const spent = process.cpuUsage(before.cpu);
  const cost: Cost = {
    wallMs: median(plain),
    serverMs: (spent.user + spent.system - tidied.cpu) / 1000 / roundsOfDay,
    databaseMs: (withChildrenMicros(postgres) - before.database - tidied.database) / 1000 / roundsOfDay,
  };
  const written = (await wal()) - walBefore;
  const { rows } = await services.pool.query(
    `select pg_total_relation_size('vm_metrics')::float8 as bytes, count(*)::int as points,
            count(*) filter (where every = 15)::int as fine from vm_metrics`,
  );
  const [{ bytes, points, fine }] = rows;
  const expected = machines * (5400 / everySeconds);
  if (fine < expected * 0.95) throw new Error(`${fine} points of 15 seconds are there, and not ${expected}`);
  verdicts.tell('simulated: a round, ms', spread(plain, 1));
  verdicts.tell('  one that makes averages, ms', spread(averaging, 1));
  verdicts.tell('  CPU of the server for a round, ms', cost.serverMs.toFixed(1));
  verdicts.tell('  CPU of PostgreSQL for a round, ms', cost.databaseMs.toFixed(1));
  const share = ((cost.serverMs + cost.databaseMs) / (everySeconds * 1000)) * 100;
  verdicts.tell('  of one core, all day', `${share.toFixed(2)} %`);
  verdicts.tell('  CPU of its housekeeping and vacuum in a day, s', ((tidied.cpu + tidied.database) / 1e6).toFixed(1));
  verdicts.tell('after a day: points in the database', points.toLocaleString('en'));
  verdicts.tell('  what they take with their index', `${(bytes / 1e6).toFixed(1)} MB`);
  verdicts.tell('  bytes of a machine', (bytes / machines).toLocaleString('en', { maximumFractionDigits: 0 }));
  verdicts.tell('  what PostgreSQL logged in that day', `${(written / 1e6).toFixed(0)} MB`);
  await engine.close();
}

/** What a page reads, with a month of all machines in the database. */
async function month(server: TestServer, ids: readonly string[], verdicts: Verdicts): Promise<void> {
  const { pool, clock } = server.server.services;
  const last = Math.floor(clock.now() / 3_600_000) * 3600;
  await pool.query(
    `insert into vm_metrics (every, at, vm_id, cpu, memory, received, sent, read, written)
     select 3600, to_timestamp(s), id, 0.5, 1e9, 1e5, 1e5, 1e4, 1e4
       from generate_series($2::int - 31 * 86400, $2::int, 3600) as s, unnest($1::uuid[]) as id on conflict do nothing`,
    [ids, last],
  );
  await pool.query('analyze vm_metrics');
  /** @param isWhole whether an answer has what it is to have */
  const page = async (what: string, pathOf: (id: string) => string, isWhole: (data: never) => boolean) => {
    const times: number[] = [];
    let bytes = 0;
    for (let read = -1; read < reads; read++) {
      // A key's limit refills meanwhile.
      server.time.offset += 100;
      const began = performance.now();
      const path = pathOf(ids[(read + 1) % ids.length] as string);
      const { status, text, body } = await server.send(server.owner, 'GET', path);
      const took = performance.now() - began;
      if (status !== 200 || !isWhole(body.data as never)) throw new Error(`${what}: ${status}, ${text.slice(0, 200)}`);
      bytes = text.length;
      if (read >= 0) times.push(took);
    }
    const slow = times.toSorted((a, b) => a - b)[Math.floor(times.length * 0.95)] as number;
    verdicts.tell(`${what}, ms`, `${spread(times, 1)}, ${(bytes / 1000).toFixed(0)} kB`);
    verdicts.hold(`  95 of 100 of them, ms`, slow.toFixed(1), `at most ${pageAimMs}`, slow <= pageAimMs);
  };
  for (const [range, least] of [
    ['1h', 200],
    ['24h', 200],
    ['30d', 700],
  ] as const) {
    await page(
      `a page of ${range}`,
      (id) => `/api/raffia/v1/vms/${id}/metrics?range=${range}`,
      ({ points }: { points: unknown[] }) => points.length >= least,
    );
  }
  const many = ids.slice(0, largestPage);
  await page(
    `24 hours of ${many.length} at once`,
    () => `/api/raffia/v1/vm-metrics?ids=${many.join()}`,
    (rows: { points: unknown[] }[]) => rows.length === many.length && rows.every(({ points }) => points.length >= 23),
  );
}

/** The same question to a host that is there. */
async function onRealHost(verdicts: Verdicts): Promise<void> {
  const missing = whyNoDaemon('lxd');
  if (missing !== undefined) {
    say(`\nOn LXD it is not measured: ${missing}`);
    return;
  }
  const under = await openReal('lxd');
  try {
    const { engine } = under;
    for (let n = 0; n < realMachines; n++) {
      const spec = specOf(n);
      await reach(() => engine.machines.apply(spec, { builds: true }));
      await reach(() => engine.machines.start(spec));
    }
    const times: number[] = [];
    const before = { cpu: process.cpuUsage(), daemon: daemonMicros() };
    const rounds = 20;
    for (let round = 0; round < rounds; round++) {
      const began = performance.now();
      const told = await engine.machines.usage();
      times.push(performance.now() - began);
      if (told.length !== realMachines)
        throw new Error(`LXD tells of ${told.length} machines, and not ${realMachines}`);
    }
    const spent = process.cpuUsage(before.cpu);
    verdicts.tell(`LXD: what ${realMachines} containers use, ms`, spread(times, 1));
    verdicts.tell('  CPU of the server for it, ms', ((spent.user + spent.system) / 1000 / rounds).toFixed(1));
    verdicts.tell('  CPU of LXD for it, ms', ((daemonMicros() - before.daemon) / 1000 / rounds).toFixed(1));
  } finally {
    await under.close();
  }
}

/** CPU time of all that is called lxd. */
function daemonMicros(): number {
  return readdirSync('/proc').reduce((sum, name) => {
    if (!/^\d+$/.test(name)) return sum;
    try {
      return readFileSync(`/proc/${name}/comm`, 'utf8').trim() === 'lxd' ? sum + cpuMicros(Number(name)) : sum;
    } catch {
      return sum;
    }
  }, 0);
}

function specOf(n: number): MachineSpec {
  const address = `10.9.0.${n + 2}`;
  const network = { id: 'vpc-of-the-bench', cidr: '10.9.0.0/20' };
  return {
    id: randomUUID(),
    generation: 1,
    name: `bench-${n}`,
    cpu: 1,
    ram: 1,
    disk: 25,
    image: '5ac21891-32e6-41ce-8a93-b5d6ab708b0d',
    nics: [{ nicId: 0, type: 'vpc', address, prefix: 20, gateway: '10.9.0.1', mac: macOf(address), network }],
    nameServers: [],
    volumes: [],
    sshKeys: [],
  };
}

/** Asks until the goal is reached, as the worker does. */
async function reach(verb: () => Promise<Progress>): Promise<void> {
  for (;;) {
    const progress = await verb();
    if (progress.done) return;
    await new Promise((again) => setTimeout(again, Math.min(progress.retryInMs, 500)));
  }
}
