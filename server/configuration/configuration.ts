import { existsSync, readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { resolve } from 'node:path';
import type { BillingMode } from '@raffia/contract/enums.ts';
import { type QuotaName, quotaNames } from '@raffia/contract/quotas.ts';
import type { BackupSettings } from '../backups/backup-settings.ts';
import type { AcmeSettings } from '../certificates/acme-settings.ts';
import type { CertificateFiles } from '../certificates/tls-certificate.ts';
import type { TimeLimits } from '../database/database.ts';
import type { Size } from '../engines/engine.ts';
import { type IncusSettings, usualSockets } from '../engines/incus/incus-settings.ts';
import { type SimulatedVerb, simulatedVerbs } from '../engines/simulated/simulated-verbs.ts';
import { readYaml } from '../foundation/read-yaml.ts';
import type { MetricsSettings } from '../metrics/metrics-settings.ts';
import { quotas } from '../quotas/quotas.ts';
import type { TracingSettings } from '../tracing/tracing-settings.ts';
import { type Setting, settings } from './settings.ts';

export interface Configuration {
  readonly listen: { readonly host: string; readonly port: number };
  readonly publicUrl: string | null;
  /** Undefined: nothing is counted. */
  readonly metrics: MetricsSettings | undefined;
  /** Undefined: nothing is traced. */
  readonly tracing: TracingSettings | undefined;
  readonly tls: CertificateFiles | undefined;
  /** Undefined: no authority is asked for a certificate. */
  readonly acme: AcmeSettings | undefined;
  readonly trustedProxies: readonly string[];
  readonly dataDirectory: string;
  readonly databaseUrl: string | null;
  /** What nodes share; null: this process serves the database alone. */
  readonly redisUrl: string | null;
  readonly node: string | null;
  readonly roles: readonly string[];
  readonly databasePool: number;
  readonly pageCacheBytes: number;
  readonly diskReserveBytes: number;
  readonly databaseLimits: TimeLimits;
  /** 64 hex digits; null: the one in the data directory. */
  readonly secret: string | null;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  readonly catalogueFile: string | null;
  readonly bootstrap: { readonly file: string | null; readonly account: string; readonly email: string };
  readonly engine: 'simulated' | 'incus';
  readonly simulatedDelays: Readonly<Record<SimulatedVerb, number>>;
  /** Undefined: as much as anybody wants. */
  readonly simulatedCapacity: Size | undefined;
  readonly incus: IncusSettings;
  readonly addressPools: readonly { readonly region: string; readonly cidrs: readonly string[] }[];
  readonly autoVpcRange: string;
  /** What an account may have that has no quota of its own; null: as much as it wants. */
  readonly quota: Readonly<Record<QuotaName, number | null>>;
  /** The balance in micro-dollars. */
  readonly billing: { readonly mode: BillingMode; readonly balance: number };
  readonly operations: {
    readonly deadlineMs: number;
    readonly stopGraceMs: number;
    readonly atOnce: number;
    readonly reconcileMs: number;
  };
  /** Days for which rows are kept; 0: for ever. */
  readonly retention: { readonly operationDays: number; readonly auditDays: number; readonly balanceDays: number };
  readonly signUp: 'open' | 'invitation' | 'closed';
  readonly mail: {
    readonly url: string | null;
    readonly from: string;
    readonly invitationsPerHour: number;
    readonly invitationsPerRecipient: number;
  };
  readonly backups: BackupSettings;
  readonly oidc: {
    readonly issuer: string | null;
    readonly clientId: string | null;
    readonly clientSecret: string | null;
    readonly name: string;
  };
}

/** A setting in force, and where it came from. */
export interface SettingInForce {
  readonly setting: Setting;
  /** As it was written down. */
  readonly written: unknown;
  /** As it is used: amounts of money in micro-dollars, for one. */
  readonly value: unknown;
  readonly source: 'default' | 'environment' | 'file';
}

/** All mistakes of a configuration at once, a sentence each. */
export class ConfigurationError extends Error {
  readonly mistakes: readonly string[];

  constructor(mistakes: readonly string[]) {
    super(mistakes.join('\n'));
    this.name = 'ConfigurationError';
    this.mistakes = mistakes;
  }
}

/** How long the simulated verbs take at delay 1, in milliseconds. */
const delays: Record<SimulatedVerb, number> = {
  create: 1500,
  start: 700,
  stop: 700,
  resize: 300,
  interfaces: 100,
  attach: 100,
  volume: 300,
  filters: 50,
  network: 100,
  password: 100,
  console: 100,
  image: 1500,
  snapshot: 300,
  backup: 1000,
  restore: 500,
  delete: 300,
};

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the configuration: environment before file before default.
 *
 * @throws ConfigurationError with every mistake found
 */
export function loadConfiguration(env: Environment): Configuration {
  return configurationOf(settingsInForce(env));
}

/** Every setting with its value and source. */
export function settingsInForce(env: Environment): SettingInForce[] {
  const mistakes: string[] = [];
  const file = readFile(env, mistakes);
  checkNames(env, file, mistakes);
  const inForce = settings.map((setting): SettingInForce => {
    const fromEnv = env[setting.env];
    const fromFile = valueAt(file, setting.path);
    if (fromEnv === undefined && fromFile === undefined) return byDefault(setting);
    const source = fromEnv === undefined ? 'file' : 'environment';
    const written = fromEnv ?? fromFile;
    try {
      return { setting, written, value: setting.read(written), source };
    } catch (problem) {
      if (typeof problem !== 'string') throw problem;
      const shown = setting.isSecret ? '' : ` (it is ${JSON.stringify(written)})`;
      mistakes.push(`${source === 'file' ? setting.path : setting.env} ${problem}${shown}.`);
      return byDefault(setting);
    }
  });
  checkTls(inForce, mistakes);
  checkOidc(inForce, mistakes);
  checkMail(inForce, mistakes);
  checkMetrics(inForce, mistakes);
  checkNodes(inForce, mistakes);
  checkAcme(inForce, mistakes);
  checkBackups(inForce, mistakes);
  if (mistakes.length > 0) throw new ConfigurationError(mistakes);
  return inForce;
}

function isGiven(inForce: SettingInForce[], path: string): boolean {
  return inForce.find((entry) => entry.setting.path === path)?.value !== null;
}

/** Links in mail lead to the address that the operator names: the one in a request is whatever its sender says. */
function checkMail(inForce: SettingInForce[], mistakes: string[]): void {
  if (!isGiven(inForce, 'mail.url') || isGiven(inForce, 'publicUrl')) return;
  mistakes.push('mail.url is set, so publicUrl must be set too: links in mail lead there.');
}

/** Nodes share a database and a secret; what only nodes have is of no use without others. */
function checkNodes(inForce: SettingInForce[], mistakes: string[]): void {
  const others = ['node', 'roles'].filter(
    (path) => inForce.find(({ setting }) => setting.path === path)?.source !== 'default',
  );
  if (!isGiven(inForce, 'redisUrl')) {
    for (const path of others)
      mistakes.push(`${path} is set, so redisUrl must be set too: without it this process serves alone.`);
    return;
  }
  if (!isGiven(inForce, 'databaseUrl'))
    mistakes.push('redisUrl is set, so databaseUrl must be set too: nodes share a database.');
  if (!isGiven(inForce, 'secret')) {
    mistakes.push('redisUrl is set, so secret must be set too, the same on all nodes: openssl rand -hex 32 makes one.');
  }
}

/** Metrics are never told where everybody can ask. */
function checkMetrics(inForce: SettingInForce[], mistakes: string[]): void {
  const valueIn = (path: string) => inForce.find((entry) => entry.setting.path === path)?.value;
  const port = (valueIn('metrics.address') as { port: number } | null)?.port;
  if (port === undefined && isGiven(inForce, 'metrics.token')) {
    mistakes.push('metrics.token is set, so metrics.address must be set too: nothing is told without.');
  }
  if (port !== undefined && port !== 0 && port === valueIn('listen.port')) {
    mistakes.push('metrics.address must name another port than listen.port.');
  }
}

/** An authority gives a certificate for one public name, to who agrees to its terms. */
function checkAcme(inForce: SettingInForce[], mistakes: string[]): void {
  if (!isGiven(inForce, 'tls.acme.directory')) return;
  const valueIn = (path: string) => inForce.find((entry) => entry.setting.path === path)?.value;
  if (isGiven(inForce, 'tls.certificateFile')) {
    mistakes.push('tls.acme.directory and tls.certificateFile are both set: a certificate comes from one of them.');
  }
  if (isGiven(inForce, 'redisUrl')) {
    mistakes.push(
      'tls.acme.directory and redisUrl are both set, but the authority asks whichever node it comes to: end TLS at the proxy before the nodes, or give each tls.certificateFile and tls.keyFile.',
    );
  }
  if (valueIn('tls.acme.agreed') !== true) {
    mistakes.push(
      "tls.acme.directory is set, so tls.acme.agreed must be true: the authority's terms are to be agreed to.",
    );
  }
  const { protocol, hostname } = new URL((valueIn('publicUrl') as string | null) ?? 'none:');
  if (protocol !== 'https:' || isIP(hostname.replaceAll(/[[\]]/g, '')) !== 0 || !hostname.includes('.')) {
    mistakes.push('tls.acme.directory is set, so publicUrl must be an https address with a public name.');
  }
  if ((valueIn('tls.acme.listen') as { port: number }).port === valueIn('listen.port')) {
    mistakes.push('tls.acme.listen must name another port than listen.port.');
  }
}

/** A provider is of no use without the rest. */
function checkOidc(inForce: SettingInForce[], mistakes: string[]): void {
  if (!isGiven(inForce, 'oidc.issuer')) return;
  for (const path of ['oidc.clientId', 'oidc.clientSecret', 'publicUrl']) {
    if (!isGiven(inForce, path)) mistakes.push(`oidc.issuer is set, so ${path} must be set too.`);
  }
}

/** Only restic keeps anything in a bucket, and only whoever has a key of it. */
function checkBackups(inForce: SettingInForce[], mistakes: string[]): void {
  if (!isGiven(inForce, 'backups.s3.endpoint')) return;
  for (const path of ['backups.s3.bucket', 'backups.s3.keyId', 'backups.s3.secretKey']) {
    if (!isGiven(inForce, path)) mistakes.push(`backups.s3.endpoint is set, so ${path} must be set too.`);
  }
  const valueIn = (path: string) => inForce.find((entry) => entry.setting.path === path)?.value;
  const store = valueIn('backups.store') ?? (valueIn('engine') === 'simulated' ? 'files' : 'restic');
  if (store === 'files') mistakes.push('backups.s3.endpoint is set, so backups.store must be restic.');
}

function byDefault(setting: Setting): SettingInForce {
  const written = setting.fallback;
  return { setting, written, value: written === null ? null : setting.read(written), source: 'default' };
}

function configurationOf(inForce: SettingInForce[]): Configuration {
  const value = <T>(path: string) => inForce.find((entry) => entry.setting.path === path)?.value as T;
  const factor = value<number>('simulated.delay');
  const certificateFile = value<string | null>('tls.certificateFile');
  const endpoint = value<string | null>('tracing.endpoint');
  const metrics = value<Pick<MetricsSettings, 'host' | 'port'> | null>('metrics.address');
  return {
    listen: { host: value('listen.host'), port: value('listen.port') },
    publicUrl: value<string | null>('publicUrl')?.replace(/\/+$/, '') ?? null,
    metrics: metrics === null ? undefined : { ...metrics, token: value('metrics.token') },
    tracing:
      endpoint === null
        ? undefined
        : { endpoint, ratio: value('tracing.ratio'), serviceName: value('tracing.serviceName') },
    tls: certificateFile === null ? undefined : { certificateFile, keyFile: value('tls.keyFile') },
    acme: acmeOf(value),
    trustedProxies: value('trustedProxies'),
    dataDirectory: resolve(value<string>('dataDirectory')),
    databaseUrl: value('databaseUrl'),
    redisUrl: value('redisUrl'),
    node: value('node'),
    roles: value('roles'),
    databasePool: value('databasePool'),
    pageCacheBytes: value<number>('pageCacheMegabytes') * 1_000_000,
    diskReserveBytes: value<number>('diskReserveMegabytes') * 1_000_000,
    databaseLimits: {
      statementMs: value<number>('databaseLimits.statementSeconds') * 1000,
      lockMs: value<number>('databaseLimits.lockSeconds') * 1000,
      transactionMs: value<number>('databaseLimits.transactionSeconds') * 1000,
    },
    secret: value('secret'),
    logLevel: value('logLevel'),
    catalogueFile: value('catalogueFile'),
    bootstrap: { file: value('bootstrap.file'), account: value('bootstrap.account'), email: value('bootstrap.email') },
    engine: value('engine'),
    simulatedDelays: Object.fromEntries(
      simulatedVerbs.map((verb) => [verb, Math.round(delays[verb] * factor)]),
    ) as Record<SimulatedVerb, number>,
    simulatedCapacity: value<Size | null>('simulated.capacity') ?? undefined,
    incus: {
      url: value<string | null>('incus.url') ?? usualSocket(),
      certificateFile: value('incus.certificateFile'),
      keyFile: value('incus.keyFile'),
      serverCertificateFile: value('incus.serverCertificateFile'),
      project: value('incus.project'),
      pool: value('incus.pool'),
      atOnce: value('incus.atOnce'),
      overcommit: {
        cpu: value('incus.overcommit.cpu'),
        ram: value('incus.overcommit.ram'),
        disk: value('incus.overcommit.disk'),
      },
      reservedRam: value('incus.reservedRam'),
      networkLimit: { receive: value('incus.networkLimit.receive'), send: value('incus.networkLimit.send') },
      diskLimit: { read: value('incus.diskLimit.read'), write: value('incus.diskLimit.write') },
      instanceType: value('incus.type'),
      acceptUnenforcedDisks: value('incus.acceptUnenforcedDisks'),
      ovnUplink: value('incus.ovnUplink'),
      tunnelInterface: value('incus.tunnelInterface'),
      firewallCommands: value('incus.firewall'),
      guardMs: value<number>('incus.guardSeconds') * 1000,
      raiseSysctls: value('incus.raiseSysctls'),
      gatewayCommand: value('incus.gateway'),
      blockedRanges: value('incus.blockedRanges'),
      dns: value('incus.dns'),
      imageCompression: value('incus.imageCompression'),
    },
    addressPools: value('addressPools'),
    autoVpcRange: value('autoVpcRange'),
    quota: Object.fromEntries(quotaNames.map((name) => [name, value(quotas[name].setting)])) as Configuration['quota'],
    billing: { mode: value('billing.mode'), balance: value('billing.balance') },
    operations: {
      deadlineMs: value<number>('operations.deadlineSeconds') * 1000,
      stopGraceMs: value<number>('operations.stopGraceSeconds') * 1000,
      atOnce: value('operations.atOnce'),
      reconcileMs: value<number>('operations.reconcileSeconds') * 1000,
    },
    retention: {
      operationDays: value('retention.operationDays'),
      auditDays: value('retention.auditDays'),
      balanceDays: value('retention.balanceDays'),
    },
    signUp: value('signUp'),
    mail: {
      url: value('mail.url'),
      from: value('mail.from'),
      invitationsPerHour: value('mail.invitationsPerHour'),
      invitationsPerRecipient: value('mail.invitationsPerRecipient'),
    },
    backups: {
      store:
        value<'files' | 'restic' | null>('backups.store') ?? (value('engine') === 'simulated' ? 'files' : 'restic'),
      directory: resolve(value<string | null>('backups.directory') ?? `${value<string>('dataDirectory')}/backups`),
      cacheDirectory: resolve(`${value<string>('dataDirectory')}/restic-cache`),
      bucket: bucketOf(value),
    },
    oidc: {
      issuer: value('oidc.issuer'),
      clientId: value('oidc.clientId'),
      clientSecret: value('oidc.clientSecret'),
      name: value('oidc.name'),
    },
  };
}

/** The authority that gives the certificate, where one is named. */
function acmeOf(value: <T>(path: string) => T): AcmeSettings | undefined {
  const directory = value<string | null>('tls.acme.directory');
  if (directory === null) return undefined;
  const publicUrl = value<string>('publicUrl').replace(/\/+$/, '');
  return {
    directory,
    rootFile: value('tls.acme.rootFile'),
    email: value('tls.acme.email'),
    name: new URL(publicUrl).hostname,
    listen: value('tls.acme.listen'),
    publicUrl,
    folder: resolve(value<string>('dataDirectory'), 'acme', new URL(directory).host.replace(':', '-')),
  };
}

/** The bucket of backups, where one is named. */
function bucketOf(value: <T>(path: string) => T): BackupSettings['bucket'] {
  const endpoint = value<string | null>('backups.s3.endpoint');
  if (endpoint === null) return undefined;
  return {
    endpoint: endpoint.replace(/\/+$/, ''),
    bucket: value('backups.s3.bucket'),
    region: value('backups.s3.region'),
    keyId: value('backups.s3.keyId'),
    secretKey: value('backups.s3.secretKey'),
  };
}

/** Where the engine listens, if nobody says so. */
function usualSocket(): string {
  return `unix://${usualSockets.find((path) => existsSync(path)) ?? usualSockets[0]}`;
}

function readFile(env: Environment, mistakes: string[]): unknown {
  const path = env.RAFFIA_CONFIG ?? (existsSync('raffia.yaml') ? 'raffia.yaml' : undefined);
  if (path === undefined) return {};
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    mistakes.push(`RAFFIA_CONFIG names ${path}, which cannot be read.`);
    return {};
  }
  try {
    const file: unknown = readYaml(text) ?? {};
    if (typeof file === 'object' && !Array.isArray(file)) return file;
    mistakes.push(`${path} must be settings by name, such as listen: { port: 8080 }.`);
    return {};
  } catch (error) {
    mistakes.push(`${path} is not YAML: ${(error as Error).message.split('\n')[0]}.`);
    return {};
  }
}

/** Variables that are not settings of the server. */
const otherVariables = new Set(['RAFFIA_CONFIG', 'RAFFIA_SEED', 'RAFFIA_POSTGRES_USER', 'RAFFIA_CONTRACT']);

/** A misspelt name would otherwise be a default in silence. */
function checkNames(env: Environment, file: unknown, mistakes: string[]): void {
  const variables = settings.map((setting) => setting.env);
  for (const name of Object.keys(env)) {
    if (!name.startsWith('RAFFIA_') || name.startsWith('RAFFIA_TEST_') || otherVariables.has(name)) continue;
    if (!variables.includes(name)) mistakes.push(`${name} is no setting${suggestion(name, variables)}.`);
  }
  const paths = settings.map((setting) => setting.path);
  for (const path of pathsOf(file, paths)) {
    if (!paths.includes(path))
      mistakes.push(`${path} in the configuration file is no setting${suggestion(path, paths)}.`);
  }
}

function pathsOf(value: unknown, known: readonly string[], prefix = ''): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || known.includes(prefix.slice(0, -1))) {
    return prefix === '' ? [] : [prefix.slice(0, -1)];
  }
  return Object.entries(value).flatMap(([key, inner]) => pathsOf(inner, known, `${prefix}${key}.`));
}

function valueAt(file: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], file);
}

function suggestion(name: string, known: readonly string[]): string {
  const best = known.map((other) => ({ other, far: distance(name, other) })).sort((a, b) => a.far - b.far)[0];
  return best !== undefined && best.far <= 4 ? `; did you mean ${best.other}?` : '';
}

/** Levenshtein's distance. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min((row[j] as number) + 1, (next[j - 1] as number) + 1, change));
    }
    row = next;
  }
  return row[b.length] as number;
}

function checkTls(inForce: SettingInForce[], mistakes: string[]): void {
  for (const prefix of ['tls', 'incus']) checkKeyPair(inForce, prefix, mistakes);
  for (const path of ['incus.serverCertificateFile', 'tls.acme.rootFile']) {
    const pinned = inForce.find((entry) => entry.setting.path === path)?.value;
    if (typeof pinned === 'string' && !existsSync(pinned)) {
      mistakes.push(`${path} names ${pinned}, which does not exist.`);
    }
  }
}

function checkKeyPair(inForce: SettingInForce[], prefix: string, mistakes: string[]): void {
  const files = [`${prefix}.certificateFile`, `${prefix}.keyFile`].map((path) =>
    inForce.find((entry) => entry.setting.path === path),
  );
  const given = files.filter((entry) => entry?.value !== null);
  if (given.length === 1) mistakes.push(`${prefix}.certificateFile and ${prefix}.keyFile must be given together.`);
  for (const entry of given) {
    const path = String(entry?.value);
    if (!existsSync(path)) mistakes.push(`${entry?.setting.path} names ${path}, which does not exist.`);
  }
}

/** The settings in force as text, one a line, secrets masked. */
export function printSettings(inForce: readonly SettingInForce[]): string {
  return inForce
    .map(({ setting, written, source }) => {
      const shown = written === null ? '(not set)' : setting.isSecret ? '********' : JSON.stringify(written);
      return `${setting.path} = ${shown}   [${source}; ${setting.env}]`;
    })
    .join('\n');
}
