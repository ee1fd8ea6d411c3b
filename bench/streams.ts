import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type ClientRequest, get } from 'node:http';
import { join } from 'node:path';
import { ownerRoleId, systemRoles } from '@raffia/contract/system-roles.ts';
import { Secrets } from '@raffia/server/access/secrets.ts';
import { loadConfiguration } from '@raffia/server/configuration/configuration.ts';
import { openDatabase } from '@raffia/server/database/database.ts';
import { serverSecret } from '@raffia/server/server-secret.ts';
import { ServerProcess } from '@raffia/server/testing/server-process.ts';
import { createTestDatabase } from '@raffia/server/testing/test-database.ts';
import { cpuMicros, memoryMb } from './servers.ts';

/**
 * Opens streams of events, each of a session of its own, and shows what they cost the server: its CPU time at rest, its memory, and the
 * reads of somebody else. `node bench/streams.ts [STREAMS] [SECONDS]`; ends after five minutes whatever happens.
 */
const streams = Number(process.argv[2] ?? 2000);
const seconds = Number(process.argv[3] ?? 30);
const perAccount = 200;
const say = (text: string) => process.stdout.write(`${text}\n`);

/** Accounts of ten people each, who are signed in twenty times. The answers are cookies as better-auth signs them. */
async function seedSessions(pool: ReturnType<typeof openDatabase>['pool'], secret: string) {
  const admin = systemRoles.find((role) => role.slug === 'admin')?.id;
  const { rows } = await pool.query<{ token: string; account: string }>(
    `with person as (
       insert into users (id, email, name) select gen_random_uuid(), 'stream' || n || '@example.com', 'stream'
         from generate_series(1, $1::integer * 10) n returning id, email
     ), numbered as (
       select id, (row_number() over (order by email) - 1) / 10 as account, row_number() over (order by email) % 10 as place from person
     ), account as (
       insert into accounts (id, name, owner_id, billing_mode) select gen_random_uuid(), 'stream', id, 'payg' from numbered
         where place = 1 returning id, owner_id
     ), known as (
       select n.id as person, a.id as account, n.place from account a join numbered o on o.id = a.owner_id join numbered n on n.account = o.account
     ), member as (
       insert into members (id, account_id, user_id, role_id, invited_at, accepted_at, created_at, updated_at)
         select gen_random_uuid(), account, person, case when place = 1 then $3::uuid else $2::uuid end, now(), now(), now(), now()
           from known
     ), session as (
       insert into sessions (id, user_id, token, expires_at)
         select gen_random_uuid(), person, md5(random()::text || person || n), now() + interval '14 days'
           from known cross join generate_series(1, 20) n returning user_id, token
     ) select s.token, k.account from session s join known k on k.person = s.user_id order by k.account, k.place = 1 desc`,
    [Math.ceil(streams / perAccount), admin, ownerRoleId],
  );
  return rows.map(({ token, account }) => ({
    account,
    cookie: `raffia.session_token=${encodeURIComponent(`${token}.${createHmac('sha256', secret).update(token).digest('base64')}`)}`,
  }));
}

let told = 0;
let closed = 0;
function open(url: string, headers: Record<string, string>): Promise<ClientRequest> {
  return new Promise((done, reject) => {
    const request = get(`${url}/api/raffia/v1/events`, { headers, agent: false }, (response) => {
      if (response.statusCode !== 200) return reject(new Error(`a stream was refused: ${response.statusCode}`));
      response.on('data', () => told++);
      response.on('error', () => {});
      response.on('close', () => closed++);
      done(request);
    });
    request.on('error', reject);
  });
}

async function readsP99(url: string, key: string): Promise<string> {
  const times: number[] = [];
  const started = performance.now();
  for (let due = started; due < started + 30_000; due += 100) {
    await new Promise((done) => setTimeout(done, Math.max(0, due - performance.now())));
    const answer = await fetch(`${url}/api/v1/projects`, { headers: { 'x-api-key': key } });
    await answer.arrayBuffer();
    if (answer.ok) times.push(performance.now() - due);
  }
  times.sort((a, b) => a - b);
  return `${times[Math.floor(times.length * 0.99)]?.toFixed(1)} ms of ${times.length}`;
}

async function main(): Promise<void> {
  const database = await createTestDatabase();
  const { pool, close } = openDatabase(database.url, 4, () => {});
  const server = await ServerProcess.create({
    DATABASE_URL: database.url,
    RAFFIA_RECONCILE_SECONDS: '3600',
  });
  const end = async () => {
    await server.end('SIGTERM');
    await close();
    await database.drop();
    server.remove();
  };
  const late = setTimeout(() => {
    say('not done within five minutes');
    void end().finally(() => process.exit(1));
  }, 300_000);
  const requests: ClientRequest[] = [];
  try {
    await server.start();
    const secret = new Secrets(serverSecret(loadConfiguration(server.environment as Record<string, string>)));
    const sessions = await seedSessions(pool, secret.digest('sessions'));
    // The first person loads what people need; that is not what a stream costs.
    requests.push(
      await open(server.url, { cookie: sessions[0]?.cookie as string, 'x-account-id': sessions[0]?.account as string }),
    );
    await new Promise((done) => setTimeout(done, 2000));
    const before = memoryMb(server.pid);
    const began = performance.now();
    for (let index = 1; index < streams; index += 20) {
      const some = sessions.slice(index, Math.min(index + 20, streams));
      requests.push(
        ...(await Promise.all(
          some.map(({ cookie, account }) => open(server.url, { cookie, 'x-account-id': account })),
        )),
      );
    }
    say(`${requests.length} streams opened in ${((performance.now() - began) / 1000).toFixed(1)} s`);
    await new Promise((done) => setTimeout(done, 5000));
    const [cpu, at] = [cpuMicros(server.pid), performance.now()];
    await new Promise((done) => setTimeout(done, seconds * 1000));
    const cores = (cpuMicros(server.pid) - cpu) / 1000 / (performance.now() - at);
    say(`CPU at rest over ${seconds} s: ${cores.toFixed(3)} cores (aim 0.1)`);
    say(
      `memory: ${before.toFixed(0)} MB before, ${(((memoryMb(server.pid) - before) * 1024) / streams).toFixed(1)} kB a stream`,
    );
    const reader = JSON.parse(readFileSync(join(server.folder, 'first.json'), 'utf8')).api_key as string;
    say(`p99 of somebody else's reads, ten a second for 30 s: ${await readsP99(server.url, reader)}`);
    let changes = 0;
    const someone = sessions[0] as (typeof sessions)[number];
    const changing = setInterval(() => {
      void fetch(`${server.url}/api/raffia/v1/account`, {
        method: 'PATCH',
        headers: {
          cookie: someone.cookie,
          'x-account-id': someone.account,
          origin: server.url,
          'content-type': 'application/json',
        },
        body: JSON.stringify({ name: `changed ${changes++}` }),
      }).then((answer) => answer.arrayBuffer());
    }, 200);
    const [busyCpu, busyAt, toldBefore] = [cpuMicros(server.pid), performance.now(), told];
    const busy = await readsP99(server.url, reader);
    clearInterval(changing);
    const busyCores = (cpuMicros(server.pid) - busyCpu) / 1000 / (performance.now() - busyAt);
    say(
      `while an account with ${perAccount} of them changes five times a second: ${busyCores.toFixed(2)} cores, p99 ${busy}, ${told - toldBefore} parts told`,
    );
    say(`${told} parts were told, ${closed} streams ended by themselves`);
  } finally {
    clearTimeout(late);
    for (const request of requests) request.destroy();
    await end();
  }
}

await main();
