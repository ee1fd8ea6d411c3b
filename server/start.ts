import { createServer } from 'node:net';
import type { Logger } from 'pino';
import type { Configuration } from './configuration/configuration.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from './database/embedded-postgres.ts';
import { logger } from './log.ts';
import type { RaffiaServer } from './raffia-server.ts';
import { generatePassword } from './resources/vms/generated-password.ts';
import type { Services } from './services.ts';

/** Runs the server until it is told to stop, and tells people what they need to know. */
export async function start(configuration: Configuration): Promise<void> {
  const log = logger(configuration);
  let server: RaffiaServer | undefined;
  let stopping = false;
  const stop = (code: number) => {
    if (stopping) process.exit(1);
    stopping = true;
    const timer = setTimeout(() => process.exit(1), configuration.shutdownGraceMs);
    Promise.resolve(server?.stop()).finally(() => {
      clearTimeout(timer);
      log.flush(() => process.exit(code));
    });
  };
  process.on('SIGTERM', () => stop(0));
  process.on('SIGINT', () => stop(0));
  process.on('unhandledRejection', (error) => log.error({ err: error }, 'a failure that nobody handled'));
  await checkPort(configuration);
  const dashboard = import('./http/dashboard-files.ts').then(({ buildDashboard }) => buildDashboard(log));
  const postgres = configuration.databaseUrl === null ? await launchPostgres(configuration, log) : undefined;
  const { startServer } = await import('./raffia-server.ts');
  server = await startServer(configuration, {
    log,
    ...postgres,
    fatal: (reason) => {
      log.fatal({ reason }, 'stopping');
      stop(1);
    },
  });
  if (stopping) return;
  process.stdout.write(await greeting(server));
  await dashboard;
}

/**
 * Before anything is made: the first start makes a key that is shown once, and must not find out afterwards that it cannot listen.
 *
 * @throws Error whose message says what to do
 */
async function checkPort({ listen: { host, port } }: Configuration): Promise<void> {
  const probe = createServer();
  await new Promise<void>((done, reject) => {
    probe.once('error', (error: NodeJS.ErrnoException) => {
      const reason = error.code === 'EADDRINUSE' ? 'something else listens there' : error.message;
      reject(
        new Error(
          `Cannot listen on port ${port} of ${host}: ${reason}. RAFFIA_PORT and RAFFIA_HOST name another place.`,
        ),
      );
    });
    probe.listen({ host, port }, done);
  });
  await new Promise((closed) => probe.close(closed));
}

/** Begins the start of the embedded database: it comes up while the rest of the program is read from the disk. */
async function launchPostgres(
  { dataDirectory }: Configuration,
  log: Logger,
): Promise<{ postgres: Promise<EmbeddedPostgres> }> {
  const launched = Promise.withResolvers<void>();
  const postgres = startEmbeddedPostgres({
    dataDirectory,
    log: (sentence) => log.info(sentence),
    onLaunch: launched.resolve,
  });
  postgres.catch(launched.reject);
  await launched.promise;
  return { postgres };
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
    return `${reference}Need another key? ./raffia.mjs operator key create ACCOUNT\n\n`;
  }
  const { api_key, project_id } = firstAccount;
  const template = (await usableTemplate(services)) ?? 'TEMPLATE-ID';
  const plan = services.catalogue.plans[0]?.id;
  const region = services.catalogue.defaultRegion;
  const body = { name: 'my-vm', template_id: template, pricing_id: plan, region, password: generatePassword() };
  return `${reference}
  Sign in      ${ownerLink}
               (works once, within a day; another: ./raffia.mjs operator sign-in-link EMAIL)

  API key      ${api_key}   (shown once: keep it)
  Project ID   ${project_id}

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
