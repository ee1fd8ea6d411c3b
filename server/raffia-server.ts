import { hash } from 'node:crypto';
import { hostname } from 'node:os';
import { createVMConsole } from '@raffia/contract/vm-console.ts';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { AddressLimiter } from './access/address-limiter.ts';
import { GuessLimiter } from './access/guess-limiter.ts';
import { OwnLimits } from './access/own-limits.ts';
import { People } from './access/people.ts';
import type { Principal } from './access/principal.ts';
import { Principals } from './access/principals.ts';
import { ProjectAccounts } from './access/projects.ts';
import { Secrets } from './access/secrets.ts';
import { SignInLimiter } from './access/sign-in-limiter.ts';
import { Standings } from './access/standings.ts';
import { openBackupStore } from './backups/open-backup-store.ts';
import { loadCatalogue } from './catalogue/catalogue.ts';
import { catalogueFile } from './catalogue/catalogue-file.ts';
import { openCertificate } from './certificates/open-certificate.ts';
import { Changes } from './changes/changes.ts';
import { EventStreams } from './changes/event-streams.ts';
import { Events } from './changes/events.ts';
import { OwnStreamPlaces } from './changes/own-stream-places.ts';
import type { Cluster } from './cluster/cluster.ts';
import type { Configuration } from './configuration/configuration.ts';
import type { Asked } from './database/asked.ts';
import { type Database, openDatabase } from './database/database.ts';
import type { EmbeddedPostgres } from './database/embedded-postgres.ts';
import { migrate } from './database/migrate.ts';
import { SoleOwner } from './database/sole-owner.ts';
import { transact } from './database/transaction.ts';
import { Capacity } from './engines/capacity.ts';
import { Offer } from './engines/offer.ts';
import { openEngine } from './engines/open-engine.ts';
import { type Clock, systemClock } from './foundation/clock.ts';
import { ExactCache } from './foundation/exact-cache.ts';
import { inTime } from './foundation/in-time.ts';
import { installation } from './foundation/installation.ts';
import { Storage } from './foundation/storage.ts';
import { verifyCounters } from './housekeeping.ts';
import { serveConsoles } from './http/console-sockets.ts';
import { decide } from './http/decide.ts';
import { registerDocuments } from './http/documents.ts';
import { drainOf } from './http/drain.ts';
import { httpServer } from './http/http-server.ts';
import { Leading, lookAtHostsInTurn } from './leading.ts';
import { logger } from './logger.ts';
import { Outbox } from './mail/outbox.ts';
import type { Meters } from './metrics/meters.ts';
import type { PrometheusMeters } from './metrics/prometheus-meters.ts';
import { StoredState } from './metrics/stored-state.ts';
import { OperationQueue } from './operations/operation-queue.ts';
import { OperationRunner } from './operations/operation-runner.ts';
import { WorkListener } from './operations/work-listener.ts';
import { Worker } from './operations/worker.ts';
import { startAdminSocket } from './operator/admin-socket.ts';
import type { OperatorContext } from './operator/operator-command.ts';
import { syncQuotaDefaults } from './quotas/usage.ts';
import { bootstrapAccount, type NewAccount } from './resources/account/bootstrap-account.ts';
import { KeyUse } from './resources/api-keys/key-use.ts';
import { Readiness } from './resources/health/readiness.ts';
import { syncAddressPools } from './resources/ips/address-pools.ts';
import { AddressStock } from './resources/ips/address-stock.ts';
import { routes } from './resources/routes.ts';
import { Consoles } from './resources/vms/consoles.ts';
import { machinesOnRecord } from './resources/vms/machine-spec.ts';
import { serverSecret } from './server-secret.ts';
import type { Services } from './services.ts';
import type { OtlpTracer } from './tracing/otlp-tracer.ts';
import type { Tracer } from './tracing/tracer.ts';
import type { TracingSettings } from './tracing/tracing-settings.ts';
import { workflows } from './workflows.ts';

export interface RaffiaServer {
  /** The base URL at which it answers. */
  readonly url: string;
  /** Where its metrics are; undefined where they are off. */
  readonly metricsUrl: string | undefined;
  readonly services: Services;
  /** What the operator's commands work with. */
  readonly operator: OperatorContext;
  /** The first account, if this start made it. */
  readonly firstAccount: NewAccount | undefined;
  /** With which the first account's owner signs in for the first time: once, within a day. */
  readonly ownerLink: string | undefined;
  readonly app: FastifyInstance;
  /** Finishes what it holds, then lets go of everything; where it `warns`, it takes requests for a second more. */
  stop(options?: { readonly warns?: boolean }): Promise<void>;
}

/** One process owns a database, so its worker always has the same name, and takes up at once what it had in hand before. */
const workerName = 'sole owner';

/** A host that does not answer holds no start up for longer. */
const firstLookMs = 5000;

interface Options {
  readonly clock?: Clock;
  readonly log?: Logger;
  /** The embedded database; needed where the configuration names no other. */
  readonly postgres?: Promise<EmbeddedPostgres>;
  /** Breaks a start off between two parts. */
  readonly signal?: AbortSignal;
  /** Whether it takes up operations and compares the engine with the database; a test that does the work itself says no. */
  readonly works?: boolean;
  /** Called when the server cannot go on, with a sentence. */
  readonly fatal?: (reason: string) => void;
}

type Stop = (warns: boolean) => Promise<unknown>;

/**
 * Connections that may wait to be accepted: where there are more, the system lets clients try again only after seconds, so that one
 * moment of much to do would cost others far more than that moment.
 */
const backlog = 4096;

/** The longest that one part has for its end: the others, and the database last, must come to theirs. */
const stopMs = 15_000;

/** Starts everything: database, migrations, worker, HTTP; answers when `/ready` would. What was started is stopped if a part fails. */
export async function startServer(configuration: Configuration, options: Options = {}): Promise<RaffiaServer> {
  const log = options.log ?? logger(configuration);
  const started: Stop[] = [];
  const stopAll = async ({ warns = false } = {}) => {
    for (const stop of started.splice(0).reverse()) {
      const late = () => {
        throw new Error(`not within ${stopMs} ms`);
      };
      await inTime(stop(warns), stopMs, late).catch((error) =>
        log.error({ err: error }, 'a part did not stop cleanly'),
      );
    }
  };
  try {
    return await startParts(configuration, options, log, started, stopAll);
  } catch (error) {
    await stopAll();
    throw error;
  }
}

async function startParts(
  configuration: Configuration,
  options: Options,
  log: Logger,
  started: Stop[],
  stopAll: RaffiaServer['stop'],
): Promise<RaffiaServer> {
  const ownClock = options.clock ?? systemClock;
  const postgres = await options.postgres;
  // A database that another server uses is left to it.
  let isOurs = postgres?.adopted === false;
  if (postgres !== undefined) started.push(async () => (isOurs ? postgres.stop() : postgres.leave()));
  options.signal?.throwIfAborted();
  const certificate = openCertificate(configuration, log, ownClock);
  started.push(async () => certificate?.stop());
  const catalogue = loadCatalogue(configuration.catalogueFile ?? catalogueFile);
  const secrets = new Secrets(serverSecret(configuration));
  const url = configuration.databaseUrl ?? postgres?.url;
  if (url === undefined) throw new Error('There is no database to use');

  const cluster = configuration.redisUrl === null ? undefined : await openCluster(url, configuration, ownClock, log);
  const clock = cluster?.clock ?? ownClock;
  const caches: { setSole(isSole: boolean): void }[] = [];
  const owner =
    cluster === undefined
      ? new SoleOwner(
          url,
          (reason) => options.fatal?.(reason),
          (isSole) => {
            log.warn({ isSole }, 'whether this server alone uses the database has changed');
            for (const cache of caches) cache.setSole(isSole);
          },
        )
      : undefined;
  isOurs = false;
  await owner?.acquire();
  await cluster?.nodes.join();
  isOurs = true;
  started.push(async () => {
    await owner?.release();
    await cluster?.leave();
  });
  options.signal?.throwIfAborted();
  await prepareDatabase(url, configuration, log);
  await cluster?.checkSecret(secretDigest(configuration));
  const database = openDatabase(
    url,
    configuration.databasePool,
    (error) => log.warn({ reason: error.message }, 'a database connection broke'),
    configuration.databaseLimits,
  );
  started.push(() => database.close());

  const storage = new Storage(postgres?.directory, configuration.diskReserveBytes, log);
  started.push(async () => storage.stop());
  await storage.look();
  const meters = configuration.metrics === undefined ? undefined : await openMeters(clock);
  started.push(async () => meters?.close());
  const tracer = configuration.tracing === undefined ? undefined : await openTracer(configuration.tracing, log, meters);
  started.push(async () => tracer?.close());
  const services: Services = {
    ...servicesOf(configuration, log, clock, database, catalogue, secrets, meters, tracer, cluster),
    storage,
    certificate,
  };
  caches.push(services.principals, services.projectAccounts, services.vmPages);
  await cluster?.start();
  started.push(() => services.addressStock.stop());
  await services.addressStock.fill();
  started.push(() => services.keyUse.stop());
  options.signal?.throwIfAborted();
  const engine = await openEngine(services, (ids) => machinesOnRecord(database.db, ids));
  started.push(() => engine.close());
  await engine.prepare();
  options.signal?.throwIfAborted();
  const works = options.works ?? true;
  const hasRole = (role: string) => works && configuration.roles.includes(role);
  const queue = new OperationQueue(database.db, cluster?.name ?? workerName);
  const runner = new OperationRunner(services, engine, workflows, queue);
  const worker = new Worker(services, queue, runner, new WorkListener(url, clock, log));
  if (hasRole('worker')) worker.start();
  started.push(() => worker.stop());
  const leading = new Leading(services, engine, worker);
  started.push(() => (cluster === undefined ? leading.stop() : cluster.stopLeading()));
  await inTime(leading.firstLook(), firstLookMs, () => {}, clock);
  const firstAccount = await bootstrapAccount(database.db, configuration, catalogue);
  const linkToken = firstAccount === undefined ? undefined : await firstLink(services, firstAccount.account_id);
  if (cluster === undefined) {
    if (works) leading.start();
  } else {
    if (hasRole('leader')) cluster.leadInTurn(() => leading.begin());
    started.push(lookAtHostsInTurn(services, engine));
  }

  const readiness = new Readiness(
    services,
    (owner ?? cluster?.nodes) as Asked,
    configuration.roles.includes('worker') ? worker : undefined,
    engine,
    cluster,
  );
  const stored = new StoredState(url);
  started.push(() => stored.close());
  let metricsUrl: string | undefined;
  if (configuration.metrics !== undefined && meters !== undefined) {
    const { MetricsServer } = await import('./metrics/metrics-server.ts');
    const metrics = await MetricsServer.start(configuration.metrics, { services, meters, readiness, stored, cluster });
    started.push(() => metrics.stop());
    metricsUrl = metrics.url;
    log.info({ address: metricsUrl }, 'metrics are told');
  }
  if (configuration.acme !== undefined && certificate !== undefined) {
    const { AcmeRenewal } = await import('./certificates/acme-renewal.ts');
    const renewal = await AcmeRenewal.start(configuration.acme, certificate, log, ownClock);
    started.push(() => renewal.stop());
  }
  const app = httpServer(
    services,
    routes({ services, engine, readiness, stored }, configuration.roles.includes('api')),
  );
  let address = '';
  registerDocuments(app, () => address);
  const mayHaveConsole = (now: Principal, projectId: string) => decide(createVMConsole, now, projectId, clock.now());
  if (configuration.roles.includes('api')) serveConsoles(app, services, new Consoles(services, engine, mayHaveConsole));
  const operator = { services, engine, readiness, stored, databaseUrl: url, clusterDirectory: postgres?.directory };
  started.push(await startAdminSocket(operator));
  const drain = drainOf(app, services);
  const listening = await app.listen({ ...configuration.listen, backlog });
  started.push(drain);
  address = configuration.publicUrl ?? listening;
  const ownerLink = linkToken === undefined ? undefined : `${address}/link#${linkToken}`;
  log.info({ address }, 'listening');
  return { url: address, metricsUrl, services, operator, firstAccount, ownerLink, app, stop: stopAll };
}

/** The library of the format is loaded by those who count. */
async function openMeters(clock: Clock): Promise<PrometheusMeters> {
  const { PrometheusMeters } = await import('./metrics/prometheus-meters.ts');
  return new PrometheusMeters(clock.now, workflows);
}

/** The library of the protocol is loaded by those who trace. */
async function openTracer(settings: TracingSettings, log: Logger, meters: Meters | undefined): Promise<OtlpTracer> {
  const { OtlpTracer } = await import('./tracing/otlp-tracer.ts');
  return new OtlpTracer(settings, log, meters);
}

/** Takes the time that it needs. */
async function prepareDatabase(url: string, configuration: Configuration, log: Logger): Promise<void> {
  const database = openDatabase(url, 4, () => {});
  try {
    if (await migrate(database.db))
      log.warn('the next version has brought the database up to date; this one serves on it');
    await syncAddressPools(database.db, configuration.addressPools);
    await syncQuotaDefaults(database.db, configuration.quota);
    await verifyCounters({ db: database.db, log });
  } finally {
    await database.close();
  }
}

async function firstLink(services: Services, accountId: string): Promise<string> {
  const { owner_id } = await services.db
    .selectFrom('accounts')
    .select('owner_id')
    .where('id', '=', accountId)
    .executeTakeFirstOrThrow();
  return transact(services.db, (tx) => services.people.makeLink(tx, owner_id, services.clock.now(), 'operator'));
}

/** What one process that serves alone decides by itself. */
function ownLimits(clock: Clock, principals: Principals) {
  return {
    limits: new OwnLimits(clock, principals),
    guessLimiter: new GuessLimiter(clock.monotonic),
    // Many people may sit behind one address.
    visitLimiter: new AddressLimiter(clock.monotonic, 'high'),
    signInLimiter: new SignInLimiter(clock.monotonic),
    streamPlaces: new OwnStreamPlaces(),
    consolePlaces: new OwnStreamPlaces(),
    relay: undefined,
  };
}

/** What nodes need is loaded where there are any. */
async function openCluster(
  database: string,
  configuration: Configuration,
  clock: Clock,
  log: Logger,
): Promise<Cluster> {
  const { Cluster } = await import('./cluster/cluster.ts');
  const { host, port } = configuration.listen;
  const node = {
    name: configuration.node ?? `${hostname()}:${port}`,
    version: installation.version,
    roles: configuration.roles,
    address: configuration.publicUrl ?? `${host}:${port}`,
  };
  return new Cluster({ database, redis: configuration.redisUrl as string }, node, clock, log);
}

/** What of the secret may stand in the database. */
function secretDigest(configuration: Configuration): string {
  return hash('sha256', Buffer.concat([Buffer.from('node secret '), serverSecret(configuration)]));
}

/** Its bytes, its name, and what its places in the maps take. */
const weightOfPage = (name: string, page: Buffer) => page.byteLength + 2 * name.length + 512;

function servicesOf(
  configuration: Configuration,
  log: Logger,
  clock: Clock,
  { pool, db }: Database,
  catalogue: Services['catalogue'],
  secrets: Secrets,
  meters: Meters | undefined,
  tracer: Tracer | undefined,
  cluster: Cluster | undefined,
): Omit<Services, 'storage' | 'certificate'> {
  const kept = {
    principals: new Principals(pool),
    projectAccounts: new ProjectAccounts(pool),
    vmPages: new ExactCache<Buffer>(configuration.pageCacheBytes, weightOfPage),
  };
  const events = new Events();
  const { relay, ...limits } = cluster?.share(kept, events, clock, meters) ?? ownLimits(clock, kept.principals);
  const people = new People(configuration, db, pool, secrets, limits.signInLimiter);
  cluster?.followSessions(people);
  return {
    configuration,
    log,
    meters,
    tracer,
    clock,
    pool,
    db,
    catalogue,
    secrets,
    ...kept,
    ...limits,
    changes: new Changes(kept, events, relay),
    addressStock: new AddressStock(db, configuration.addressPools, log),
    keyUse: new KeyUse(pool, clock, log, limits.limits),
    people,
    capacity: new Capacity(),
    offer: new Offer(),
    events,
    outbox: new Outbox(configuration, secrets),
    backupStore: openBackupStore(
      configuration.backups,
      (purpose) => secrets.key(purpose),
      { meters, tracer },
      cluster?.locksAcross,
    ),
    draining: { isOn: false },
    streams: new EventStreams(new Standings(kept.principals, people, clock), events),
  };
}
