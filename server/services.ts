import type { Kysely } from 'kysely';
import type { Logger } from 'pino';
import type { AddressLimiter } from './access/address-limiter.ts';
import type { GuessLimiter } from './access/guess-limiter.ts';
import type { Limits } from './access/limits.ts';
import type { People } from './access/people.ts';
import type { Principals } from './access/principals.ts';
import type { ProjectAccounts } from './access/projects.ts';
import type { Secrets } from './access/secrets.ts';
import type { Attempts } from './access/sign-in-limiter.ts';
import type { BackupStore } from './backups/backup-store.ts';
import type { Catalogue } from './catalogue/catalogue.ts';
import type { TlsCertificate } from './certificates/tls-certificate.ts';
import type { Changes } from './changes/changes.ts';
import type { EventStreams } from './changes/event-streams.ts';
import type { Events } from './changes/events.ts';
import type { StreamPlaces } from './changes/stream-places.ts';
import type { Configuration } from './configuration/configuration.ts';
import type { FairPool } from './database/fair-pool.ts';
import type { Tables } from './database/tables.ts';
import type { Capacity } from './engines/capacity.ts';
import type { Offer } from './engines/offer.ts';
import type { Guarded } from './engines/outside-transactions.ts';
import type { Clock } from './foundation/clock.ts';
import type { ExactCache } from './foundation/exact-cache.ts';
import type { Storage } from './foundation/storage.ts';
import type { Outbox } from './mail/outbox.ts';
import type { Meters } from './metrics/meters.ts';
import type { KeyUse } from './resources/api-keys/key-use.ts';
import type { AddressStock } from './resources/ips/address-stock.ts';
import type { Tracer } from './tracing/tracer.ts';

/** What requests and operations share: made once in `main.ts`, passed to whoever needs it. */
export interface Services {
  readonly configuration: Configuration;
  readonly log: Logger;
  /** Undefined where metrics are off. */
  readonly meters: Meters | undefined;
  /** Undefined where tracing is off. */
  readonly tracer: Tracer | undefined;
  readonly clock: Clock;
  readonly pool: FairPool;
  readonly db: Kysely<Tables>;
  readonly catalogue: Catalogue;
  readonly secrets: Secrets;
  readonly principals: Principals;
  readonly projectAccounts: ProjectAccounts;
  readonly limits: Limits;
  readonly guessLimiter: GuessLimiter;
  readonly visitLimiter: AddressLimiter;
  /** Finished pages of `GET /vms`, by account; all share one bound in bytes. */
  readonly vmPages: ExactCache<Buffer>;
  readonly changes: Changes;
  readonly addressStock: AddressStock;
  readonly keyUse: KeyUse;
  readonly people: People;
  readonly signInLimiter: Attempts;
  readonly capacity: Capacity;
  readonly offer: Offer;
  readonly events: Events;
  readonly outbox: Outbox;
  /** On from the moment that the server was told to stop. */
  readonly draining: { isOn: boolean };
  /** What goes on until it is ended: answers, and consoles. */
  readonly streams: EventStreams;
  readonly streamPlaces: StreamPlaces;
  readonly consolePlaces: StreamPlaces;
  readonly storage: Storage;
  /** Undefined where TLS does not end here. */
  readonly certificate: TlsCertificate | undefined;
  readonly backupStore: Guarded<BackupStore>;
}
