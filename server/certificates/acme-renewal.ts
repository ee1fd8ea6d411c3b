import { createPrivateKey, generateKeyPairSync, type X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { Clock } from '../foundation/clock.ts';
import type { AcmeSettings } from './acme-settings.ts';
import { ChallengeServer } from './challenge-server.ts';
import { issueCertificate, NotIssued } from './issue-certificate.ts';
import { acmeFile } from './open-certificate.ts';
import { closeToOthers, privateFolder, replacePrivately } from './private-files.ts';
import type { TlsCertificate } from './tls-certificate.ts';

const hourMs = 3_600_000;
/** The first and the longest wait after a failure, in milliseconds: twice as long after each. */
const pauses = { cheap: [5000, hourMs / 2], dear: [300_000, 6 * hourMs] } as const;
/** Longer than this no authority is taken at its word, in milliseconds. */
const longestMs = 24 * hourMs;

/** Gets the first certificate, and another at two thirds of each one's life. */
export class AcmeRenewal {
  readonly #settings: AcmeSettings;
  readonly #certificate: TlsCertificate;
  readonly #challenges: ChallengeServer;
  readonly #log: Logger;
  readonly #clock: Clock;
  readonly #ended = new AbortController();
  /** Servers that were set up together do not come together. */
  readonly #jitter = Math.random();
  #running: Promise<void> = Promise.resolve();

  private constructor(
    settings: AcmeSettings,
    certificate: TlsCertificate,
    challenges: ChallengeServer,
    log: Logger,
    clock: Clock,
  ) {
    this.#settings = settings;
    this.#certificate = certificate;
    this.#challenges = challenges;
    this.#log = log;
    this.#clock = clock;
  }

  /**
   * Done once the authority could ask; nobody waits for a certificate.
   *
   * @throws Error of the system where it cannot listen
   */
  static async start(
    settings: AcmeSettings,
    certificate: TlsCertificate,
    log: Logger,
    clock: Clock,
  ): Promise<AcmeRenewal> {
    privateFolder(settings.folder);
    for (const file of [acmeFile(settings), accountFile(settings)]) {
      if (closeToOthers(file))
        log.warn({ file }, 'a private key could be read by others: delete it where one may have');
    }
    const renewal = new AcmeRenewal(settings, certificate, await ChallengeServer.start(settings), log, clock);
    if (certificate.leaf === undefined) {
      const { name, directory } = settings;
      log.warn({ name, directory }, 'there is no certificate yet: no connection comes about before the first is given');
    }
    renewal.#running = renewal.#run();
    return renewal;
  }

  async stop(): Promise<void> {
    this.#ended.abort(new Error('the server stops'));
    await this.#running;
    await this.#challenges.stop();
  }

  async #run(): Promise<void> {
    let failures = 0;
    while (!this.#ended.signal.aborted) {
      // The clock may be set meanwhile.
      const left = this.#dueAt(this.#certificate.leaf) - this.#clock.now();
      if (left > 0) {
        await this.#pause(Math.min(left, hourMs));
        continue;
      }
      try {
        await this.#renew();
        failures = 0;
      } catch (error) {
        if (this.#ended.signal.aborted) return;
        this.#certificate.failed();
        const pause = pauseAfter(error as Error, failures++);
        const { message: reason } = error as Error;
        const nextAt = new Date(this.#clock.now() + pause).toISOString();
        this.#log.error({ reason, name: this.#settings.name, nextAt }, 'no certificate was got');
        await this.#pause(pause);
      }
    }
  }

  /** In milliseconds since 1970. */
  #dueAt(leaf: X509Certificate | undefined): number {
    if (leaf?.checkHost(this.#settings.name) === undefined) return 0;
    const begins = Date.parse(leaf.validFrom);
    const life = Date.parse(leaf.validTo) - begins;
    return begins + life * (2 / 3 + this.#jitter / 30);
  }

  /** Once this is done, the one that is in use is not due. */
  async #renew(): Promise<void> {
    const { directory, rootFile, email, name } = this.#settings;
    const now = this.#clock.now();
    const asked = { directory, rootFile, email, name, accountKey: this.#accountKey(), now };
    const given = await issueCertificate(asked, this.#challenges, this.#ended.signal);
    replacePrivately(acmeFile(this.#settings), given, (written) => {
      const leaf = this.#certificate.usableIn({ certificateFile: written, keyFile: written });
      if (this.#dueAt(leaf) <= this.#clock.now()) {
        throw new Error(`The authority gave a certificate that is not for ${name}, or due for another already`);
      }
    });
    if (!this.#certificate.reload()) throw new Error('What the authority gave is not in use; the log says why');
  }

  /** In PEM. One that is lost is no loss: an account has nothing but its key. */
  #accountKey(): string {
    const file = accountFile(this.#settings);
    try {
      const kept = readFileSync(file, 'utf8');
      createPrivateKey(kept);
      return kept;
    } catch (error) {
      const { code, message: reason } = error as NodeJS.ErrnoException;
      if (code !== 'ENOENT') this.#log.warn({ file, reason }, 'the key of the account is damaged: another is made');
    }
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const made = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
    replacePrivately(file, made);
    return made;
  }

  #pause(ms: number): Promise<void> {
    const { signal } = this.#ended;
    return new Promise((done) => {
      const over = () => {
        cancel();
        signal.removeEventListener('abort', over);
        done();
      };
      const cancel = this.#clock.after(ms, over);
      signal.addEventListener('abort', over);
    });
  }
}

const accountFile = ({ folder }: AcmeSettings) => join(folder, 'account.key');

/** In milliseconds, after so many failures before this one. */
function pauseAfter(error: Error, failures: number): number {
  const { isCheap, afterMs } = error instanceof NotIssued ? error : { isCheap: false, afterMs: 0 };
  const [first, longest] = pauses[isCheap ? 'cheap' : 'dear'];
  const pause = Math.min(first * 2 ** failures, longest) * (0.8 + 0.4 * Math.random());
  return Math.max(pause, Math.min(afterMs, longestMs));
}
