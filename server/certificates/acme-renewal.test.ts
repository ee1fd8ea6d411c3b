// timeout: 15m
import assert from 'node:assert/strict';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer, get } from 'node:http';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { pino } from 'pino';
import type { Clock } from '../foundation/clock.ts';
import { freePort } from '../foundation/free-port.ts';
import { AcmeAuthority, type AuthorityAnswer, whyNoAuthority } from '../testing/acme-authority.ts';
import { ServerProcess } from '../testing/server-process.ts';
import { TestAuthority, whyNoCertificates } from '../testing/test-authority.ts';
import { until } from '../testing/until.ts';
import { AcmeRenewal } from './acme-renewal.ts';
import type { AcmeSettings } from './acme-settings.ts';
import { acmeFile } from './open-certificate.ts';
import { TlsCertificate } from './tls-certificate.ts';

const skip = whyNoAuthority() ?? whyNoCertificates() ?? false;
const name = 'cloud.raffia.test';

/** A server that gets its certificate from an authority. */
describe('by ACME', { skip }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'raffia-acme-'));
  let authority: AcmeAuthority;
  let server: ServerProcess;

  before(async () => {
    authority = await AcmeAuthority.prepare(join(folder, 'authority'));
  });
  afterEach(async () => {
    await server.end('SIGTERM');
    server.remove();
    await authority.stop();
    authority.configure({ lifeSeconds: 7_776_000 });
  });
  after(async () => {
    await authority?.end();
    rmSync(folder, { recursive: true, force: true });
  });

  async function launch(port = authority.httpPort): Promise<void> {
    server = await ServerProcess.create({
      RAFFIA_ACME_DIRECTORY: authority.directory,
      RAFFIA_ACME_AGREED: 'true',
      RAFFIA_ACME_EMAIL: 'operator@raffia.test',
      RAFFIA_ACME_LISTEN: `127.0.0.1:${port}`,
      RAFFIA_PUBLIC_URL: `https://${name}/`,
      RAFFIA_LOG_LEVEL: 'info',
      RAFFIA_ACME_ROOT: authority.rootFile,
    });
    server.launch();
  }

  const lines = (msg: string) =>
    server.log
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as { msg: string; reason?: string; nextAt?: string; serial?: string })
      .filter((line) => line.msg.startsWith(msg));
  const failures = () => lines('no certificate was got');

  /** Asks as who trusts the authority and nobody else; the answer is the number of the certificate. */
  async function ask(root: string): Promise<string> {
    const { port } = new URL(server.url);
    return new Promise((done, reject) => {
      const asked = request(
        { host: '127.0.0.1', port, servername: name, path: '/health', ca: root, agent: false },
        (response) => {
          const { serialNumber } = (response.socket as TLSSocket).getPeerCertificate();
          response
            .resume()
            .once('end', () => (response.statusCode === 200 ? done(serialNumber) : reject(response.statusCode)));
        },
      );
      asked.once('error', reject);
      asked.end();
    });
  }

  const plain = (path: string): Promise<[number | undefined, string | undefined]> =>
    new Promise((done, reject) => {
      get(`http://127.0.0.1:${authority.httpPort}${path}`, (response) => {
        response.resume();
        done([response.statusCode, response.headers.location]);
      }).once('error', reject);
    });

  test('a first start gets a certificate, which clients who trust the authority take, and the next start has it', async () => {
    await authority.start();
    await launch();
    const root = await authority.root();
    const serial = await until('it is in use', () => ask(root).catch(() => undefined));
    const kept = join(server.folder, 'data/acme');
    const [place = ''] = readdirSync(kept);
    const modes = ['', 'account.key', 'certificate.pem'].map((file) => statSync(join(kept, place, file)).mode & 0o777);
    assert.deepEqual(modes, [0o700, 0o600, 0o600]);
    assert.deepEqual(readdirSync(join(kept, place)), ['account.key', 'certificate.pem']);
    assert.deepEqual(await plain('/vms?page=2'), [308, `https://${name}/vms?page=2`]);
    assert.deepEqual(await plain('/.well-known/acme-challenge/nobody'), [404, undefined]);
    await server.end('SIGTERM');
    await authority.stop();
    server.launch();
    await until('it is in use again', () => ask(root).catch(() => undefined));
    assert.equal(await ask(root), serial);
    assert.deepEqual([lines('the certificate was read anew').length, failures()], [1, []]);
  });

  test('another comes before the end of a short life, with no pause in which none could be used', async () => {
    authority.configure({ lifeSeconds: 60 });
    await authority.start();
    await launch();
    const root = await authority.root();
    const seen = new Set([await until('the first is in use', () => ask(root).catch(() => undefined))]);
    await until('another came', async () => seen.add(await ask(root)).size >= 2);
    assert.deepEqual(failures(), []);
  });

  test('a start does not wait for an authority that is away, says so, and has its certificate once it is back', async () => {
    await launch();
    await until('it listens', () => server.printed.includes('Raffia is running at'));
    assert.equal(lines('there is no certificate yet').length, 1);
    const [failure] = await until('the log says why', () => failures().length > 0 && failures());
    assert.match(failure?.reason ?? '', /^The authority does not answer \(.*ECONNREFUSED/);
    await assert.rejects(ask(''), { code: /^EPROTO$|^ERR_SSL/ });
    await authority.start();
    const root = await authority.root();
    await until('it is in use', () => ask(root).catch(() => undefined));
  });

  test('a name that the authority refuses is told with its sentence, and it is not asked again at once', async () => {
    authority.configure({ lifeSeconds: 7_776_000, refused: [name] });
    await authority.start();
    await launch();
    const [failure] = await until('the log says why', () => failures().length > 0 && failures());
    assert.match(failure?.reason ?? '', /^The authority refuses: .*cloud\.raffia\.test/);
    assert.ok(Date.parse(failure?.nextAt ?? '') - Date.now() > 200_000, String(failure?.nextAt));
  });

  test('a name that does not lead here is told as what the authority found', async () => {
    await authority.start();
    await launch(await freePort());
    const [failure] = await until('the log says why', () => failures().length > 0 && failures());
    assert.match(failure?.reason ?? '', /^The authority refuses: .*(connect|refused)/i);
  });

  test('a server that is killed while the authority works on its order has nothing that is half done, and gets one at its next start', async () => {
    await authority.start();
    const held = Promise.withResolvers<void>();
    const reached = Promise.withResolvers<void>();
    authority.meddle = async (part, answer) => {
      const given = await answer();
      if (part !== 'certZ') return given;
      reached.resolve();
      await held.promise;
      return given;
    };
    await launch();
    const root = await authority.root();
    await reached.promise;
    await server.end('SIGKILL');
    held.resolve();
    const [place = ''] = readdirSync(join(server.folder, 'data/acme'));
    const kept = join(server.folder, 'data/acme', place);
    assert.deepEqual(readdirSync(kept), ['account.key']);
    const account = readFileSync(join(kept, 'account.key'), 'utf8');
    authority.meddle = (_, answer) => answer();
    server.launch();
    await until('it is in use', () => ask(root).catch(() => undefined));
    assert.equal(readFileSync(join(kept, 'account.key'), 'utf8'), account);
    assert.deepEqual(readdirSync(kept), ['account.key', 'certificate.pem']);
  });
});

/** Timers wait until they are told; its time is the host's, but for how far it was set. */
class SetClock implements Clock {
  offsetMs = 0;
  /** Those that wait, the oldest first. */
  waiting: { ms: number; call: () => void }[] = [];

  now(): number {
    return Date.now() + this.offsetMs;
  }

  monotonic(): number {
    return performance.now();
  }

  after(ms: number, call: () => void): () => void {
    const timer = { ms, call };
    this.waiting.push(timer);
    return () => {
      this.waiting = this.waiting.filter((one) => one !== timer);
    };
  }

  /** How long it waits now, in milliseconds, once it does. */
  async pause(): Promise<number> {
    return (await until('it waits', () => this.waiting[0])).ms;
  }

  /** The wait is over. */
  async pass(): Promise<void> {
    await this.pause();
    this.waiting[0]?.call();
  }
}

/** What asks the authority, with a clock that can be set. */
describe('another certificate', { skip }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'raffia-renewal-'));
  const [hour, day] = [3_600_000, 86_400_000];
  const log = pino({ base: null }, { write: (line: string) => lines.push(JSON.parse(line)) });
  let lines: { level: number; msg: string; reason?: string; file?: string; nextAt?: string }[] = [];
  let authority: AcmeAuthority;
  let old: TestAuthority;
  let settings: AcmeSettings;
  let clock: SetClock;
  let certificate: TlsCertificate;
  let renewal: AcmeRenewal | undefined;
  let turn = 0;

  before(async () => {
    authority = await AcmeAuthority.prepare(join(folder, 'authority'));
    old = new TestAuthority(join(folder, 'old'));
    await authority.start();
  });
  afterEach(async () => {
    await end();
    authority.meddle = (_, answer) => answer();
    lines = [];
  });
  after(async () => {
    await authority?.end();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Has one that began and ends so many days from now; without, none. */
  function prepare(span?: { from: number; to: number }): string | undefined {
    const own = join(folder, `${++turn}`);
    settings = {
      directory: authority.directory,
      rootFile: authority.rootFile,
      email: null,
      name,
      listen: { host: '127.0.0.1', port: authority.httpPort },
      publicUrl: `https://${name}`,
      folder: own,
    };
    clock = new SetClock();
    authority.asked = [];
    mkdirSync(own);
    if (span === undefined) return undefined;
    const files = { certificateFile: join(folder, 'old.crt'), keyFile: join(folder, 'old.key') };
    const serial = old.issue(files, span);
    writeFileSync(acmeFile(settings), `${readFileSync(files.keyFile)}${readFileSync(files.certificateFile)}`);
    return serial;
  }

  async function begin(): Promise<void> {
    const file = acmeFile(settings);
    certificate = new TlsCertificate({ certificateFile: file, keyFile: file }, log, clock, { isAwaited: true });
    renewal = await AcmeRenewal.start(settings, certificate, log, clock);
  }

  async function end(): Promise<void> {
    await renewal?.stop();
    certificate?.stop();
    renewal = undefined;
  }

  const failures = () => lines.filter(({ msg }) => msg === 'no certificate was got').map(({ reason }) => reason ?? '');
  const inUse = () => certificate.leaf?.serialNumber;
  const orders = () => authority.asked.filter((part) => part === 'order-plz').length;
  const problem = (status: number, detail: string, headers = {}): AuthorityAnswer => ({
    status,
    headers: { 'content-type': 'application/problem+json', ...headers },
    body: JSON.stringify({ type: 'urn:ietf:params:acme:error:rateLimited', detail }),
  });
  /** So many waits, all but the last of which are over. The answer is how long each is, in seconds. */
  async function waits(times: number): Promise<number[]> {
    const found: number[] = [];
    for (let i = 0; i < times; i++) {
      if (i > 0) await clock.pass();
      found.push((await clock.pause()) / 1000);
    }
    return found;
  }

  /** That each is a wait of its list, give or take a fifth. */
  function assertWaits(found: number[], expected: number[]): void {
    assert.equal(found.length, expected.length);
    for (const [i, wait] of found.entries()) {
      const share = wait / (expected[i] as number);
      assert.ok(share >= 0.8 && share <= 1.2, `${i}: ${wait} s in place of ${expected[i]} s`);
    }
  }

  test('is asked for from two thirds of a life on, and not before; the clock is looked at each hour', async () => {
    const young = prepare({ from: -58, to: 32 });
    await begin();
    assert.deepEqual(await waits(3), [3600, 3600, 3600]);
    assert.deepEqual([inUse(), authority.asked], [young, []]);
    await end();
    const due = prepare({ from: -64, to: 26 });
    await begin();
    assert.equal(inUse(), due);
    await until('another is in use', () => inUse() !== due);
    assert.deepEqual(await waits(1), [3600]);
    assert.deepEqual([orders(), failures(), certificate.failures], [1, [], 0]);
    assert.ok((certificate.endsAt ?? 0) > Date.now() + 80 * day);
    assert.equal(statSync(acmeFile(settings)).mode & 0o777, 0o600);
  });

  test('that is not whole, or another’s, is refused, and the one before stays in use and on disk', async () => {
    const stranger = { certificateFile: join(folder, 'stranger.crt'), keyFile: join(folder, 'stranger.key') };
    old.issue(stranger);
    const cases: [(body: string) => string, RegExp][] = [
      [(body) => body.slice(0, 300), /has no certificate in PEM/],
      [() => readFileSync(stranger.certificateFile, 'utf8'), /is not the one of the certificate/],
      [() => '', /has no certificate in PEM/],
    ];
    for (const [change, reason] of cases) {
      const due = prepare({ from: -64, to: 26 });
      const kept = readFileSync(acmeFile(settings), 'utf8');
      authority.meddle = async (part, answer) => {
        const given = await answer();
        return part === 'certZ'
          ? {
              status: 200,
              headers: { 'replay-nonce': given.headers['replay-nonce'] },
              body: change(String(given.body)),
            }
          : given;
      };
      await begin();
      assertWaits(await waits(1), [300]);
      assert.match(failures()[0] ?? '', reason);
      assert.deepEqual([inUse(), readFileSync(acmeFile(settings), 'utf8')], [due, kept]);
      assert.equal(certificate.failures, 1);
      authority.meddle = (_, answer) => answer();
      await clock.pass();
      await until('another is in use', () => inUse() !== due);
      assert.deepEqual(readdirSync(settings.folder), ['account.key', 'certificate.pem']);
      assert.equal(certificate.failures, 0);
      await end();
      lines = [];
    }
  });

  test('that a limit refuses is asked for when the authority says, or else ever more seldom, down to every six hours', async () => {
    const due = prepare({ from: -64, to: 26 });
    let after: Record<string, string> = { 'retry-after': '7200' };
    authority.meddle = async (part, answer) =>
      part === 'order-plz' ? problem(429, 'too many certificates already issued', after) : answer();
    await begin();
    const [first = 0] = await waits(1);
    assert.ok(first >= 7200 && first < 7300, `${first} s`);
    assert.match(failures()[0] ?? '', /^The authority refuses: too many certificates already issued/);
    after = { 'retry-after': new Date(Date.now() + 2 * hour).toUTCString() };
    await clock.pass();
    const [second = 0] = await waits(1);
    assert.ok(second > 7100 && second < 7300, `${second} s`);
    after = {};
    await clock.pass();
    assertWaits(await waits(6), [1200, 2400, 4800, 9600, 19_200, 21_600]);
    after = { 'retry-after': '99999999' };
    await clock.pass();
    assert.deepEqual(await waits(1), [86_400]);
    assert.deepEqual([inUse(), orders(), failures().length], [due, 9, 9]);
    authority.meddle = (_, answer) => answer();
    await clock.pass();
    await until('another is in use', () => inUse() !== due);
    assert.equal(certificate.failures, 0);
  });

  test('is asked for soon where the authority is ill, and seldom where it breaks off after the order', async () => {
    const due = prepare({ from: -64, to: 26 });
    authority.meddle = async () => problem(503, 'maintenance');
    await begin();
    assertWaits(await waits(11), [5, 10, 20, 40, 80, 160, 320, 640, 1280, 1800, 1800]);
    assert.match(failures()[0] ?? '', /^The authority does not answer \(HTTP 503/);
    assert.equal(orders(), 0);
    await end();
    for (const [part, wait] of [
      ['nonce-plz', 5],
      ['order-plz', 5],
      ['finalize-order', 300],
      ['certZ', 300],
    ] as const) {
      prepare({ from: -64, to: 26 });
      lines = [];
      authority.meddle = async (asked, answer) => {
        if (asked === part) throw new Error('broken off');
        return answer();
      };
      await begin();
      assertWaits(await waits(1), [wait]);
      assert.match(failures()[0] ?? '', /^The authority does not answer \(the connection broke/, part);
      await end();
    }
    assert.notEqual(due, undefined);
  });

  test('is not asked for with a clock that is wrong, and is once it was set', async () => {
    for (const offsetMs of [70 * day, -70 * day, 2 * hour]) {
      const due = prepare(offsetMs > 0 ? { from: -64, to: 26 } : undefined);
      clock.offsetMs = offsetMs;
      await begin();
      assertWaits(await waits(3), [5, 10, 20]);
      assert.match(failures()[2] ?? '', /^The clock of this host says \d{4}-.*, the authority's \d{4}-/);
      assert.deepEqual([inUse(), new Set(authority.asked)], [due, new Set(['dir'])]);
      clock.offsetMs = 0;
      await clock.pass();
      await until('another is in use', () => inUse() !== due);
      await end();
      lines = [];
    }
  });

  test('comes where the key of the account is lost or damaged, under another; else the account stays', async () => {
    const due = prepare({ from: -64, to: 26 });
    const aged = readFileSync(acmeFile(settings));
    const account = join(settings.folder, 'account.key');
    const keys: string[] = [];
    for (const spoil of [() => {}, () => {}, () => rmSync(account), () => writeFileSync(account, '-----BEGIN')]) {
      writeFileSync(acmeFile(settings), aged);
      spoil();
      await begin();
      await until('another is in use', () => inUse() !== due);
      await end();
      keys.push(readFileSync(account, 'utf8'));
      assert.equal(statSync(account).mode & 0o777, 0o600);
    }
    assert.deepEqual(
      keys.map((key) => keys.indexOf(key)),
      [0, 0, 2, 3],
    );
    assert.deepEqual(failures(), []);
    assert.equal(lines.filter(({ msg }) => msg.startsWith('the key of the account is damaged')).length, 1);
  });

  test('is not given where a stranger answers for the name, nor where nobody does', async () => {
    prepare();
    const stranger = createServer((_, response) => response.end('what.ever'));
    await new Promise<void>((listening) => stranger.listen(authority.httpPort, '127.0.0.1', listening));
    settings = { ...settings, listen: { host: '127.0.0.1', port: await freePort() } };
    await begin();
    assertWaits(await waits(1), [300]);
    stranger.close();
    stranger.closeAllConnections();
    assert.match(failures()[0] ?? '', /^The authority refuses: .*key authorization/i);
    await clock.pass();
    assertWaits(await waits(1), [600]);
    assert.match(failures()[1] ?? '', /^The authority refuses: .*(connect|refused)/i);
    assert.equal(inUse(), undefined);
  });

  test('keys that others could read are closed, and the log says so; what a kill left is not used', async () => {
    const due = prepare({ from: -10, to: 80 });
    const account = join(settings.folder, 'account.key');
    writeFileSync(account, 'x');
    copyFileSync(acmeFile(settings), `${acmeFile(settings)}.new`);
    for (const file of [account, acmeFile(settings), `${acmeFile(settings)}.new`]) chmodSync(file, 0o644);
    chmodSync(settings.folder, 0o755);
    await begin();
    const modes = [settings.folder, account, acmeFile(settings)].map((file) => statSync(file).mode & 0o777);
    assert.deepEqual(modes, [0o700, 0o600, 0o600]);
    const told = lines.filter(({ msg }) => msg.startsWith('a private key could be read by others'));
    assert.deepEqual(told.map(({ file }) => file).sort(), [account, acmeFile(settings)]);
    assert.equal(inUse(), due);
    await end();
    const old = readFileSync(acmeFile(settings));
    prepare({ from: -64, to: 26 });
    writeFileSync(`${acmeFile(settings)}.new`, old, { mode: 0o644 });
    await begin();
    await until(
      'another is in use',
      () => orders() === 1 && certificate.endsAt !== undefined && certificate.endsAt > Date.now() + 85 * day,
    );
    assert.deepEqual(readdirSync(settings.folder), ['account.key', 'certificate.pem']);
    assert.equal(statSync(acmeFile(settings)).mode & 0o777, 0o600);
  });
});
