import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import type { Logger } from 'pino';
import type { Clock } from './clock.ts';

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

/** The certificate that the server shows: read at the start, and anew whenever somebody says so. */
export class TlsCertificate {
  readonly #files: CertificateFiles;
  readonly #log: Logger;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #timer: NodeJS.Timeout;
  #current: Read;
  #take: (served: ServedCertificate) => void = () => {};

  /** @throws Error with a sentence about files that no server can use; one that has run out is used, and logged */
  constructor(files: CertificateFiles, log: Logger, clock: Pick<Clock, 'now'>) {
    this.#files = files;
    this.#log = log;
    this.#clock = clock;
    this.#current = read(files);
    this.warn();
    this.#timer = setInterval(() => this.warn(), dayMs).unref();
  }

  get served(): ServedCertificate {
    return this.#current.served;
  }

  /** When it ends, in milliseconds since 1970. */
  get endsAt(): number {
    return endOf(this.#current);
  }

  /** Who is given each certificate that comes after the one that is there. */
  onChange(take: (served: ServedCertificate) => void): void {
    this.#take = take;
  }

  /** Reads the files; what nobody could use is refused, and the one that was read before stays. The log says which. */
  reload(): void {
    try {
      const found = read(this.#files);
      this.#refuseByDate(found);
      this.#take(found.served);
      this.#current = found;
      this.#log.info(this.#about(), 'the certificate was read anew: new connections get it');
    } catch (error) {
      const { message: reason } = error as Error;
      this.#log.error({ reason, ...this.#about() }, 'the certificate is not changed: the one before stays in use');
    }
    this.warn();
  }

  /** Tells the log when there is little time left. */
  warn(): void {
    const left = this.endsAt - this.#clock.now();
    if (left <= 0) this.#log.error(this.#about(), 'the certificate has run out: clients refuse this server');
    else if (left < warnsMs) this.#log.warn(this.#about(), 'the certificate runs out within 14 days');
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #about(): object {
    return { serial: this.#current.leaf.serialNumber, endsAt: new Date(this.endsAt).toISOString() };
  }

  #refuseByDate(found: Read): void {
    const { certificateFile } = this.#files;
    const now = this.#clock.now();
    const begins = Date.parse(found.leaf.validFrom);
    if (endOf(found) <= now) throw new Error(`The certificate in ${certificateFile} ran out on ${day(endOf(found))}`);
    if (begins > now) throw new Error(`The certificate in ${certificateFile} is not valid before ${day(begins)}`);
  }
}

const endOf = ({ leaf }: Read) => Date.parse(leaf.validTo);
const day = (ms: number) => new Date(ms).toISOString();

function read({ certificateFile, keyFile }: CertificateFiles): Read {
  const cert = contents('tls.certificateFile', certificateFile);
  const key = contents('tls.keyFile', keyFile);
  const leaf = attempt(`${certificateFile} has no certificate in PEM`, () => new X509Certificate(cert));
  const own = attempt(`${keyFile} has no private key in PEM that needs no password`, () => createPrivateKey(key));
  if (!leaf.checkPrivateKey(own)) {
    throw new Error(`The key in ${keyFile} is not the one of the certificate in ${certificateFile}`);
  }
  attempt(`${certificateFile} and ${keyFile} cannot be used`, () => createSecureContext({ cert, key }));
  return { served: { cert, key }, leaf };
}

function contents(setting: string, file: string): Buffer {
  return attempt(`${setting} names ${file}, which cannot be read`, () => readFileSync(file));
}

function attempt<T>(sentence: string, act: () => T): T {
  try {
    return act();
  } catch (cause) {
    throw new Error(`${sentence} (${(cause as Error).message})`, { cause });
  }
}
