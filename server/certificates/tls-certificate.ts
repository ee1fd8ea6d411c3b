import { createPrivateKey, X509Certificate } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import type { Logger } from 'pino';
import type { Clock } from '../foundation/clock.ts';

/** Where the chain and its key are, in PEM. */
export interface CertificateFiles {
  readonly certificateFile: string;
  readonly keyFile: string;
}

/** What a TLS server is given, in PEM. */
export interface ServedCertificate {
  readonly cert: Buffer;
  readonly key: Buffer;
}

interface Read {
  readonly served: ServedCertificate;
  /** The server's own. Of those above it clients know better: some roots are served long after their end. */
  readonly leaf: X509Certificate;
}

const dayMs = 86_400_000;
const warnsMs = 14 * dayMs;
/** Of a life that is short it is a part: others come late in it. */
const warnsOfLife = 1 / 6;

/** The certificate that the server shows: read at the start, and anew whenever somebody says so. */
export class TlsCertificate {
  readonly #files: CertificateFiles;
  readonly #log: Logger;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #timer: NodeJS.Timeout;
  #current: Read | undefined;
  #failures = 0;
  #take: (served: ServedCertificate) => void = () => {};

  /**
   * @param isAwaited whether another is to come where there is none that can be used
   * @throws Error with a sentence about files that no server can use; one that has run out is used, and logged
   */
  constructor(files: CertificateFiles, log: Logger, clock: Pick<Clock, 'now'>, { isAwaited = false } = {}) {
    this.#files = files;
    this.#log = log;
    this.#clock = clock;
    if (isAwaited) this.#readIfThere();
    else this.#current = read(files);
    this.warn();
    this.#timer = setInterval(() => this.warn(), dayMs).unref();
  }

  /** Nothing where there is none yet: then no connection comes about. */
  get served(): Partial<ServedCertificate> {
    return this.#current?.served ?? {};
  }

  /** The server's own, which is in use. */
  get leaf(): X509Certificate | undefined {
    return this.#current?.leaf;
  }

  /** When it ends, in milliseconds since 1970. */
  get endsAt(): number | undefined {
    return this.#current && endOf(this.#current);
  }

  /** When it begins, in milliseconds since 1970. */
  get beginsAt(): number | undefined {
    return this.#current && beginOf(this.#current);
  }

  /** How often in a row another could not be got, or not be used. */
  get failures(): number {
    return this.#failures;
  }

  /** Who gets another says that it failed. */
  failed(): void {
    this.#failures++;
  }

  /** Who is given each certificate that comes after the one that is there. */
  onChange(take: (served: ServedCertificate) => void): void {
    this.#take = take;
  }

  /**
   * What a reload would take from there.
   *
   * @throws Error with the sentence with which it would be refused
   */
  usableIn(files: CertificateFiles): X509Certificate {
    return this.#usable(files).leaf;
  }

  /**
   * Reads the files; what nobody could use is refused, and the one that was read before stays. The log says which.
   *
   * @returns whether what is there is in use
   */
  reload(): boolean {
    let isUsed = false;
    try {
      const found = this.#usable(this.#files);
      this.#take(found.served);
      this.#current = found;
      this.#failures = 0;
      isUsed = true;
      this.#log.info(this.#about(), 'the certificate was read anew: new connections get it');
    } catch (error) {
      this.failed();
      const { message: reason } = error as Error;
      this.#log.error({ reason, ...this.#about() }, 'the certificate is not changed: the one before stays in use');
    }
    this.warn();
    return isUsed;
  }

  /** Tells the log when there is little time left. */
  warn(): void {
    if (this.endsAt === undefined || this.beginsAt === undefined) return;
    const left = this.endsAt - this.#clock.now();
    if (left <= 0) this.#log.error(this.#about(), 'the certificate has run out: clients refuse this server');
    else if (left < Math.min(warnsMs, (this.endsAt - this.beginsAt) * warnsOfLife)) {
      this.#log.warn(this.#about(), 'the certificate runs out soon');
    }
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #about(): object {
    if (this.#current === undefined) return {};
    return { serial: this.#current.leaf.serialNumber, endsAt: day(endOf(this.#current)) };
  }

  #readIfThere(): void {
    if (!existsSync(this.#files.certificateFile)) return;
    try {
      this.#current = read(this.#files);
    } catch (error) {
      this.#log.error({ reason: (error as Error).message }, 'the certificate that is kept cannot be used');
    }
  }

  #usable(files: CertificateFiles): Read {
    const { certificateFile } = files;
    const found = read(files);
    const now = this.#clock.now();
    const begins = beginOf(found);
    if (endOf(found) <= now) throw new Error(`The certificate in ${certificateFile} ran out on ${day(endOf(found))}`);
    if (begins > now) throw new Error(`The certificate in ${certificateFile} is not valid before ${day(begins)}`);
    return found;
  }
}

const beginOf = ({ leaf }: Read) => Date.parse(leaf.validFrom);
const endOf = ({ leaf }: Read) => Date.parse(leaf.validTo);
const day = (ms: number) => new Date(ms).toISOString();

function read({ certificateFile, keyFile }: CertificateFiles): Read {
  const cert = contents(certificateFile);
  const key = contents(keyFile);
  const leaf = attempt(`${certificateFile} has no certificate in PEM`, () => new X509Certificate(cert));
  const own = attempt(`${keyFile} has no private key in PEM that needs no password`, () => createPrivateKey(key));
  if (!leaf.checkPrivateKey(own)) {
    throw new Error(`The key in ${keyFile} is not the one of the certificate in ${certificateFile}`);
  }
  attempt(`${certificateFile} and ${keyFile} cannot be used`, () => createSecureContext({ cert, key }));
  return { served: { cert, key }, leaf };
}

function contents(file: string): Buffer {
  return attempt(`${file} cannot be read`, () => readFileSync(file));
}

function attempt<T>(sentence: string, act: () => T): T {
  try {
    return act();
  } catch (cause) {
    throw new Error(`${sentence} (${(cause as Error).message})`, { cause });
  }
}
