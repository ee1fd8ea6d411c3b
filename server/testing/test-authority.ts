import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';

/** Why no certificates can be made here; undefined where they can. */
export function whyNoCertificates(): string | undefined {
  return spawnSync('openssl', ['version']).status === 0 ? undefined : 'needs openssl';
}

const dayMs = 86_400_000;

/** An authority for tests, in a folder of its own: its certificates are for localhost, its addresses, and what ends in .raffia.test. */
export class TestAuthority {
  /** The root's certificate, in PEM. */
  readonly root: string;
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true });
    writeFileSync(this.#at('index'), '');
    writeFileSync(
      this.#at('authority.cnf'),
      `[ca]
default_ca = ours
[ours]
database = ${this.#at('index')}
new_certs_dir = ${folder}
certificate = ${this.#at('root.crt')}
private_key = ${this.#at('root.key')}
rand_serial = yes
default_md = sha256
unique_subject = no
policy = any
x509_extensions = of_server
[any]
commonName = supplied
[of_server]
subjectAltName = DNS:localhost, DNS:*.raffia.test, IP:127.0.0.1, IP:::1
`,
    );
    this.#openssl('req', '-x509', ...newKey, '-keyout', 'root.key', '-out', 'root.crt', '-subj', '/CN=authority');
    this.root = readFileSync(this.#at('root.crt'), 'utf8');
  }

  /** From now on this process trusts it, beside all others. */
  trust(): void {
    setDefaultCACertificates([...getCACertificates(), this.root]);
  }

  /** Writes a certificate and its key, in PEM; `from` and `to` are days from now. The answer is its serial number. */
  issue(
    { certificateFile, keyFile }: { certificateFile: string; keyFile: string },
    { from = -1, to = 90 } = {},
  ): string {
    this.#openssl('req', '-new', ...newKey, '-keyout', keyFile, '-out', 'request', '-subj', '/CN=localhost');
    const when = (days: number) =>
      `${new Date(Date.now() + days * dayMs).toISOString().replaceAll(/[-:T]|\.\d+/g, '')}`;
    const times = ['-startdate', when(from), '-enddate', when(to)];
    this.#openssl(
      'ca',
      '-batch',
      '-notext',
      '-config',
      'authority.cnf',
      ...times,
      '-in',
      'request',
      '-out',
      certificateFile,
    );
    const [, serial = ''] =
      /serial=([0-9A-F]+)/.exec(this.#openssl('x509', '-noout', '-serial', '-in', certificateFile)) ?? [];
    return serial;
  }

  #at(name: string): string {
    return join(this.#folder, name);
  }

  #openssl(...args: string[]): string {
    return execFileSync('openssl', args, { cwd: this.#folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  }
}

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
