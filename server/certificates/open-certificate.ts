import { join } from 'node:path';
import type { Logger } from 'pino';
import type { Clock } from '../foundation/clock.ts';
import type { AcmeSettings } from './acme-settings.ts';
import { type CertificateFiles, TlsCertificate } from './tls-certificate.ts';

interface Settings {
  readonly tls: CertificateFiles | undefined;
  readonly acme: AcmeSettings | undefined;
}

/** Where what an authority gave is kept, the key and the chain in one file: they change together. */
export const acmeFile = ({ folder }: AcmeSettings) => join(folder, 'certificate.pem');

/**
 * The certificate of the settings, where TLS ends in the server.
 *
 * @throws Error with a sentence about files that no server can use
 */
export function openCertificate({ tls, acme }: Settings, log: Logger, clock: Clock): TlsCertificate | undefined {
  if (tls !== undefined) return new TlsCertificate(tls, log, clock);
  if (acme === undefined) return undefined;
  const file = acmeFile(acme);
  return new TlsCertificate({ certificateFile: file, keyFile: file }, log, clock, { isAwaited: true });
}
