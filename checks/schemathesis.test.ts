// timeout: 12m
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { operations } from '@raffia/contract/contract.ts';
import { quotaNames } from '@raffia/contract/quotas.ts';
import { seededRandom } from '@raffia/server/testing/random.ts';
import { TestMailServer } from '@raffia/server/testing/test-mail-server.ts';
import { TestPerson } from '@raffia/server/testing/test-person.ts';
import { TestProvider } from '@raffia/server/testing/test-provider.ts';
import { TestServer } from '@raffia/server/testing/test-server.ts';

/**
 * Schemathesis asks the server whatever /openapi.json allows and much that it forbids, and holds every answer against it: no fault, no
 * status, header or shape that is not documented, nothing accepted that is forbidden, nothing refused that is allowed.
 */
const folder = join(import.meta.dirname, 'schemathesis');
/** A short run where somebody is waiting, five minutes in CI, and as long as one wants. */
const seconds = Number(process.env.RAFFIA_TEST_FUZZ_SECONDS ?? (process.env.CI === 'true' ? 180 : 60));
/** What a run needs for its own start, on a busy machine, and for some requests. */
const least = 20;
const program = [join(folder, '.venv', 'bin', 'schemathesis'), 'schemathesis'].find(
  (command) => spawnSync(command, ['--version'], { stdio: 'ignore' }).status === 0,
);
const skip = program === undefined && 'needs Schemathesis; checks/schemathesis/install.sh installs it';
const seed = Math.floor(seededRandom()() * 2 ** 31);

/** Succeeds where mail is configured alone, and there no password is kept to be looked at: so there are two servers. */
const needsMail = 'POST /api/raffia/v1/links';

let server: TestServer;
let provider: TestProvider;
let owner: TestPerson;
let mail: TestMailServer;
let mailing: TestServer;
/** How often each operation, `METHOD path`, succeeded. */
const reached = new Map<string, number>();
/** What each operation said last, by status. */
const words = new Map<string, Record<string, string>>();

before(async () => {
  if (skip !== false) return;
  provider = await TestProvider.start();
  server = await TestServer.start({
    RAFFIA_SIMULATED_DELAY: '0.02',
    RAFFIA_SIGN_UP: 'open',
    ...provider.settings,
    // One where passkeys work.
    RAFFIA_PUBLIC_URL: 'http://cloud.localhost',
  });
  owner = await TestPerson.owner(server);
  mail = await TestMailServer.start();
  mailing = await TestServer.start({
    RAFFIA_SIGN_UP: 'open',
    RAFFIA_MAIL_URL: mail.url,
    RAFFIA_PUBLIC_URL: 'http://cloud.example',
  });
  for (const one of [server, mailing]) await withoutBounds(one);
});
after(async () => {
  await server?.stop();
  await mailing?.stop();
  await mail?.stop();
  provider?.stop();
});

/** What an account may have is the subject of other tests. */
async function withoutBounds(one: TestServer): Promise<void> {
  const flags = quotaNames.map((name) => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`);
  await one.operator('quota', one.first.account_id, ...flags.flatMap((flag) => [flag, 'none']));
  await one.operator('balance', one.first.account_id, '--set', '100000000');
}

interface Run {
  readonly seconds: number;
  /** A key, or nothing. */
  readonly key: string;
  readonly session?: string;
  readonly links?: readonly string[];
  /** The only operations to try, `METHOD path` each, and only with requests that ought to be good. */
  readonly only?: readonly string[];
}

interface Counted {
  readonly operations: number;
  readonly cases: number;
  readonly answers: number;
  readonly good: number;
}

/** Runs Schemathesis against a server, and fails with its words if it found anything. */
async function attack(
  target: TestServer,
  { seconds, key, session = '', links = [], only = [] }: Run,
): Promise<Counted> {
  const helper = /raff_\w+/.exec(await target.operator('key', 'create', target.first.account_id))?.[0] ?? '';
  const list = async (path: string) => {
    const { status, body } = await target.call({ key: helper }, 'GET', path);
    assert.equal(status, 200, `${path}: ${JSON.stringify(body)}`);
    return body.data as { id: string }[];
  };
  const own = [...(await list('/api/v1/api-keys')), ...(await list('/api/v1/members'))].map(({ id }) => id);
  const keys = await list('/api/v1/api-keys');
  for (const { id } of keys) await target.operator('tier', 'set', id, 'high');
  const reports = mkdtempSync(join(tmpdir(), 'raffia-schemathesis-'));
  const counts = join(reports, 'counts.json');
  // Who guesses wrongly is soon refused whatever he asks: that is the subject of other tests.
  const patience = setInterval(() => {
    target.time.offset += 601_000;
  }, 3000);
  try {
    const output = await run(
      [
        ...['--config-file', 'schemathesis.toml', 'run', `${target.address}/openapi.json`, '--url', target.address],
        ...['--max-time', String(Math.ceil(seconds)), '--seed', String(seed), '--no-color'],
        ...only.flatMap((label) => ['--include-name', label]),
        ...(only.length > 0 ? ['--phases', 'fuzzing', '--mode', 'positive'] : []),
        ...['--report', 'json', '--report-json-path', join(reports, 'report.json')],
      ],
      {
        RAFFIA_API_URL: target.address,
        RAFFIA_ORIGIN: target.server.url,
        RAFFIA_API_KEY: key,
        RAFFIA_SESSION: session,
        RAFFIA_HELPER_KEY: helper,
        RAFFIA_PROJECT_ID: target.first.project_id,
        RAFFIA_OWN_IDS: [...own, await ownerId(target)].join(' '),
        RAFFIA_LINKS: links.join(' '),
        RAFFIA_COUNTS: counts,
        HYPOTHESIS_STORAGE_DIRECTORY: join(reports, 'hypothesis'),
        RAFFIA_SEED: String(seed),
      },
    );
    return count(output, join(reports, 'report.json'), counts);
  } finally {
    clearInterval(patience);
    rmSync(reports, { recursive: true, force: true });
  }
}

async function ownerId(target: TestServer): Promise<string> {
  return (await target.call(target.owner, 'GET', '/api/raffia/v1/account')).body.data.owner_id;
}

function run(args: string[], env: NodeJS.ProcessEnv): Promise<string> {
  const child = spawn(program as string, args, {
    cwd: folder,
    env: { ...process.env, NODE_TEST_CONTEXT: undefined, PYTHONDONTWRITEBYTECODE: '1', ...env },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output += chunk;
    });
  }
  return new Promise((done, reject) => {
    child.on('error', reject);
    child.on('close', () => done(output));
  });
}

interface Report {
  readonly exit_code: number;
  readonly operations: { readonly tested: number; readonly errored: number };
  readonly test_cases: { readonly generated: number };
  readonly failures: readonly unknown[];
  readonly errors: readonly unknown[];
}

function count(output: string, reportFile: string, countsFile: string): Counted {
  const report = JSON.parse(readFileSync(reportFile, 'utf8')) as Report;
  const {
    answers,
    trouble,
    words: said,
  } = JSON.parse(readFileSync(countsFile, 'utf8')) as {
    answers: Record<string, Record<string, number>>;
    trouble: Record<string, number>;
    words: Record<string, Record<string, string>>;
  };
  for (const [operation, last] of Object.entries(said)) words.set(operation, { ...last, ...words.get(operation) });
  const statuses = new Map<string, number>();
  for (const [operation, found] of Object.entries(answers)) {
    for (const [status, times] of Object.entries(found)) {
      statuses.set(status, (statuses.get(status) ?? 0) + times);
      if (/^[23]/.test(status)) reached.set(operation, (reached.get(operation) ?? 0) + times);
    }
  }
  const sum = (of: (status: string) => boolean) =>
    [...statuses].reduce((total, [status, times]) => total + (of(status) ? times : 0), 0);
  const counted = {
    operations: report.operations.tested,
    cases: report.test_cases.generated,
    answers: sum(() => true),
    good: sum((status) => status.startsWith('2')),
  };
  console.log(JSON.stringify(counted), JSON.stringify(Object.fromEntries([...statuses].sort())));
  if (Object.keys(trouble).length > 0) console.log('what could not be made for it:', JSON.stringify(trouble, null, 1));
  assert.deepEqual([report.failures, report.errors], [[], []], output);
  assert.equal(report.exit_code, 0, output);
  assert.equal(report.operations.errored, 0, output);
  assert.equal(
    sum((status) => status.startsWith('5')),
    0,
  );
  return counted;
}

let linked = 0;
/** Secrets of links that choose a new password, each for somebody new. */
const links = async (number: number) => {
  const tokens: string[] = [];
  for (let made = 0; made < number; made++) {
    const { owner_email } = await accountOf(`Linked ${linked++}`);
    const line = await server.operator('sign-in-link', owner_email);
    tokens.push(/#(\S+)/.exec(line)?.[1] ?? '');
  }
  return tokens;
};

async function accountOf(name: string): Promise<{ owner_email: string }> {
  const { api_key } = await server.account(name);
  return (await server.call({ key: api_key }, 'GET', '/api/raffia/v1/account')).body.data;
}

/** Takes a passkey, which a device makes: server/resources/people/passkeys.test.ts has their successes. */
const needsPasskey = ['addPasskey', 'renamePasskey', 'removePasskey', 'signInWithPasskey'];

/** Those of operators are refused here, to keys and to an Owner who is none: server/resources/operator/operator.test.ts has their successes. */
const neverReached = () =>
  operations
    .filter(({ id, access }) => access.who !== 'operator' && !needsPasskey.includes(id))
    .map(({ method, path }) => `${method} ${path}`)
    .filter((label) => !reached.has(label));

test('an Owner’s key and session are answered as documented, whatever they ask', { skip }, async () => {
  const session = owner.cookies.get('raffia.session_token') ?? '';
  const key = server.owner.key as string;
  const found = await attack(server, { seconds: seconds * 0.8, key, session, links: await links(20) });
  assert.ok(found.cases > seconds * 2, `only ${found.cases} cases`);
  assert.ok(found.good > found.answers / 20, `only ${found.good} of ${found.answers} were accepted`);
  // Where the time was too short to come to all: what is left is tried again, for three minutes at most.
  const left = () => neverReached().filter((label) => label !== needsMail);
  for (let only = left(), tries = 0; only.length > 0 && tries < 10; only = left(), tries++) {
    await attack(server, { seconds: Math.min(20, 6 + only.length), key, session, links: await links(2), only });
  }
});

/** On a busy machine as often as it takes, five times at most. */
async function fiftyCases(attackOnce: () => Promise<{ cases: number }>): Promise<void> {
  let cases = 0;
  for (let tries = 0; cases <= 50 && tries < 5; tries++) cases += (await attackOnce()).cases;
  assert.ok(cases > 50, `only ${cases} cases`);
}

test('a Viewer’s key is answered as documented, whatever it asks', { skip }, async () => {
  const { key } = await server.key({ project: 'viewer' });
  await fiftyCases(() => attack(server, { seconds: Math.max(least, seconds * 0.15), key }));
});

test('who has no key is answered as documented, whatever he asks', { skip }, async () => {
  await fiftyCases(() => attack(mailing, { seconds: Math.max(least, seconds * 0.1), key: '' }));
  for (let tries = 0; !reached.has(needsMail) && tries < 5; tries++) {
    await attack(mailing, { seconds: least, key: '', only: [needsMail] });
  }
});

test('every operation was tried to its end: it succeeded at least once', { skip }, () => {
  console.log(`succeeded: ${JSON.stringify(Object.fromEntries([...reached].sort()))}`);
  assert.deepEqual(
    neverReached().map((label) => [label, words.get(label)]),
    [],
  );
});
