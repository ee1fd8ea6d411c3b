import { createServer } from 'node:net';
import { join } from 'node:path';
import { isatty } from 'node:tty';
import type { Logger } from 'pino';
import type { Configuration } from './configuration/configuration.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from './database/embedded-postgres.ts';
import { installation } from './foundation/installation.ts';
import { keepWatchdogQuiet, tellServiceManager } from './foundation/service-manager.ts';
import { logger } from './logger.ts';
import type { RaffiaServer } from './raffia-server.ts';
import { generatePassword } from './resources/vms/generated-password.ts';
import type { Services } from './services.ts';

const shutdownGraceMs = 30_000;

/** Runs the server until it is told to stop, and tells people what they need to know. */
export async function start(given: Configuration): Promise<void> {
  const configuration = withBootstrapFile(given);
  const log = logger(configuration);
  const ended = new AbortController();
  let started: Promise<RaffiaServer> | undefined;
  let postgres: ReturnType<typeof launchPostgres> | undefined;
  const stop = async (code: number) => {
    // A terminal and npm both pass the same signal on: it is one.
    if (ended.signal.aborted) return;
    ended.abort(new Error('The server was told to stop while it started'));
    void tellServiceManager('STOPPING=1');
    const timer = setTimeout(() => void giveUp(postgres), shutdownGraceMs);
    // A start under way breaks off at its next part, and lets go of what it has.
    await started?.then((server) => server.stop({ warns: code === 0 })).catch(() => undefined);
    if (started === undefined) await letGo(postgres);
    clearTimeout(timer);
    // Of a log that cannot be written any more, to a terminal that is gone, nobody tells that it was.
    setTimeout(() => process.exit(code), 2000);
    log.flush(() => process.exit(code));
  };
  process.on('SIGTERM', () => void stop(0));
  process.on('SIGINT', () => void stop(0));
  const hasTerminal = process.stdout.isTTY;
  process.on('SIGHUP', () => {
    // A terminal that closes sends it as well, and is none any more then.
    if (hasTerminal && !isatty(1)) void stop(0);
    else void readCertificateAnew(started, log);
  });
  process.on('unhandledRejection', (error) => log.error({ err: error }, 'a failure that nobody handled'));
  await checkPort(configuration.listen, 'RAFFIA_PORT and RAFFIA_HOST name another place');
  if (configuration.metrics !== undefined) {
    await checkPort(configuration.metrics, 'RAFFIA_METRICS_ADDRESS names another place for the metrics');
  }
  if (configuration.acme !== undefined) {
    await checkPort(configuration.acme.listen, 'RAFFIA_ACME_LISTEN names another place for the authority');
  }
  postgres = configuration.databaseUrl === null ? launchPostgres(configuration, log) : undefined;
  await postgres?.launched;
  const { startServer } = await import('./raffia-server.ts');
  if (ended.signal.aborted) return;
  started = startServer(configuration, {
    log,
    ...postgres,
    signal: ended.signal,
    fatal: (reason) => {
      log.fatal({ reason }, 'stopping');
      void stop(1);
    },
  });
  const server = await started.catch((error) => {
    // Whoever told it to stop ends the process.
    if (ended.signal.aborted) return undefined;
    throw error;
  });
  if (server === undefined || ended.signal.aborted) return;
  process.stdout.write(await greeting(server));
  void tellServiceManager('READY=1').then(() => keepWatchdogQuiet());
  // Not before: it would take a core from the start of the API.
  await (await import('./http/dashboard-files.ts')).buildDashboard(log);
}

/** What starts meanwhile reads it by itself, or has read it: then it does so again. */
async function readCertificateAnew(started: Promise<RaffiaServer> | undefined, log: Logger): Promise<void> {
  const server = await started?.catch(() => undefined);
  if (server === undefined) return log.info('SIGHUP: the certificate is read at the start, which is not over');
  const { certificate } = server.services;
  if (certificate === undefined) log.info('SIGHUP: there is no certificate to be read anew: TLS does not end here');
  else certificate.reload();
}

/** A service's log keeps what it prints, for whoever reads logs: where no terminal shows the first key, a private file has it. */
function withBootstrapFile(configuration: Configuration): Configuration {
  const { bootstrap, dataDirectory } = configuration;
  if (process.stdout.isTTY || bootstrap.file !== null) return configuration;
  return { ...configuration, bootstrap: { ...bootstrap, file: join(dataDirectory, 'bootstrap.json') } };
}

/** Ends a database that no server had got yet. One that runs for another server is left to it. */
async function letGo(launching: { postgres: Promise<EmbeddedPostgres> } | undefined): Promise<void> {
  const postgres = await launching?.postgres.catch(() => undefined);
  if (postgres?.adopted === false) await postgres.stop().catch(() => undefined);
}

/** Something hangs: the database at least ends as it should. */
async function giveUp(launching: { postgres: Promise<EmbeddedPostgres> } | undefined): Promise<void> {
  setTimeout(() => process.exit(1), 15_000);
  await letGo(launching);
  process.exit(1);
}

/**
 * Before anything is made: the first start makes a key that is shown once, and must not find out afterwards that it cannot listen.
 *
 * @throws Error whose message says what to do
 */
async function checkPort(
  { host, port }: { readonly host: string; readonly port: number },
  advice: string,
): Promise<void> {
  const probe = createServer();
  await new Promise<void>((done, reject) => {
    probe.once('error', (error: NodeJS.ErrnoException) => {
      const reason = error.code === 'EADDRINUSE' ? 'something else listens there' : error.message;
      reject(new Error(`Cannot listen on port ${port} of ${host}: ${reason}. ${advice}.`));
    });
    probe.listen({ host, port }, done);
  });
  await new Promise((closed) => probe.close(closed));
}

/** Begins the start of the embedded database: it comes up while the rest of the program is read from the disk. */
function launchPostgres(
  { dataDirectory }: Configuration,
  log: Logger,
): { postgres: Promise<EmbeddedPostgres>; launched: Promise<void> } {
  const launched = Promise.withResolvers<void>();
  const postgres = startEmbeddedPostgres({
    dataDirectory,
    log: (sentence) => log.info(sentence),
    onLaunch: launched.resolve,
  });
  postgres.catch(launched.reject);
  return { postgres, launched: launched.promise };
}

/** A template that a machine can be made of now. */
async function usableTemplate({ configuration, catalogue }: Services): Promise<string | undefined> {
  const first = catalogue.templates[0]?.id;
  if (configuration.engine !== 'incus') return first;
  const { firstWithImage } = await import('./operator/image-command.ts');
  return firstWithImage(configuration, catalogue).catch(() => first);
}

async function greeting({ url, firstAccount, ownerLink, services }: RaffiaServer): Promise<string> {
  const reference = `\nRaffia is running at ${url}   (reference: ${url}/docs)\n`;
  if (firstAccount === undefined) {
    return `${reference}Need another key? ${installation.command} operator key create ACCOUNT\n\n`;
  }
  const { project_id } = firstAccount;
  const { file } = services.configuration.bootstrap;
  if (file !== null) {
    const { writePrivateFile } = await import('./resources/account/bootstrap-account.ts');
    writePrivateFile(file, `${JSON.stringify({ ...firstAccount, sign_in_link: ownerLink })}\n`);
  }
  const isShown = process.stdout.isTTY;
  const api_key = isShown ? firstAccount.api_key : '$RAFF_API_KEY';
  const template = (await usableTemplate(services)) ?? 'TEMPLATE-ID';
  const plan = services.catalogue.plans[0]?.id;
  const region = services.catalogue.defaultRegion;
  const body = { name: 'my-vm', template_id: template, pricing_id: plan, region, password: generatePassword() };
  const first = isShown
    ? `  Sign in      ${ownerLink}
               (works once, within a day; another: ${installation.command} operator sign-in-link EMAIL)

  API key      ${api_key}   (shown once: keep it)
  Project ID   ${project_id}`
    : `  The API key and a link to sign in (works once, within a day) are in ${file},
  which only its owner can read: keep them elsewhere, and delete it.

  Project ID   ${project_id}`;
  return `${reference}
${first}

Create a VM:

  curl -X POST ${url}/api/v1/vms \\
    -H "X-API-Key: ${api_key}" \\
    -H "X-Project-ID: ${project_id}" \\
    -H "Content-Type: application/json" \\
    -d '${JSON.stringify(body)}'

and watch it become active:

  curl -H "X-API-Key: ${api_key}" ${url}/api/v1/vms

`;
}
