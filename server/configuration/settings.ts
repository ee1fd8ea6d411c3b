import { isIP } from 'node:net';
import { parsePrice } from '@raffia/contract/money.ts';
import { parseBlock, parseEitherBlock } from '../foundation/cidr.ts';
import { quotas } from '../quotas/quotas.ts';

/** One setting: where it is read from, what it may be, and what it is for. */
export interface Setting {
  /** The path in the file, with dots. */
  readonly path: string;
  readonly env: string;
  /** What is in force where nothing is said, as one would write it down; null where there is none. */
  readonly fallback: unknown;
  /** Turns a value of the file, or text of the environment, into what is used; throws a sentence about what is allowed. */
  readonly read: (value: unknown) => unknown;
  readonly about: string;
  readonly isSecret?: boolean;
}

const text = (value: unknown): string => {
  if (typeof value !== 'string' || value === '') throw 'must be text that is not empty';
  return value;
};

const integer =
  (min: number, max: number) =>
  (value: unknown): number => {
    const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
    if (!Number.isInteger(number) || (number as number) < min || (number as number) > max) {
      throw `must be a whole number from ${min} to ${max}`;
    }
    return number as number;
  };

const number = (value: unknown): number => {
  const parsed = typeof value === 'string' ? Number(value) : value;
  if (typeof parsed !== 'number' || !Number.isFinite(parsed) || parsed < 0) throw 'must be a number, 0 or more';
  return parsed;
};

const ratio = (value: unknown): number => {
  const parsed = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof parsed !== 'number' || !(parsed >= 0 && parsed <= 1)) throw 'must be a number from 0 to 1';
  return parsed;
};

const size = (value: unknown): { cpu: number; ram: number; disk: number } => {
  const [, cpu, ram, disk] = /^(\d{1,7})\/(\d{1,7})\/(\d{1,9})$/.exec(text(value)) ?? [];
  if (disk === undefined) throw 'must be vCPU/GB of RAM/GB of disk, such as 16/64/1000';
  return { cpu: Number(cpu), ram: Number(ram), disk: Number(disk) };
};

const throughput = (value: unknown): string => {
  const given = text(value);
  if (!/^[1-9]\d{0,6}(MB|iops)$/.test(given))
    throw 'must be megabytes or operations in a second, such as 200MB or 5000iops';
  return given;
};

const quota = (value: unknown): number | null => (value === 'none' ? null : integer(0, 1_000_000_000)(value));

const oneOf =
  (...allowed: string[]) =>
  (value: unknown): string => {
    if (!allowed.includes(value as string)) throw `must be one of: ${allowed.join(', ')}`;
    return value as string;
  };

const list = (item: (value: unknown) => string) => (value: unknown) => {
  const parts = typeof value === 'string' ? value.split(',').map((part) => part.trim()) : value;
  if (!Array.isArray(parts)) throw 'must be a list';
  return parts.filter((part) => part !== '').map(item);
};

const yesNo = (value: unknown): boolean => {
  if (value === true || value === 'true') return true;
  if (value === false || value === 'false') return false;
  throw 'must be true or false';
};

const name = (value: unknown): string => {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(text(value))) throw 'must be a name of letters, digits, dots and hyphens';
  return value as string;
};

const incusUrl = (value: unknown): string => {
  if (/^unix:\/\/\/./.test(text(value))) return value as string;
  if (URL.canParse(value as string) && new URL(value as string).protocol === 'https:') return value as string;
  throw 'must be unix:///path/to/unix.socket or https://host:8443';
};

const commands = (value: unknown): string[] => {
  const parts = typeof value === 'string' ? value.split(';') : value;
  if (!Array.isArray(parts)) throw 'must be a list of commands';
  return parts.map((part) => String(part).trim()).filter((part) => part !== '');
};

const anyBlock = (value: unknown): string => {
  if (parseBlock(text(value)) === null && parseEitherBlock(text(value)) === null)
    throw 'must be IPv4 or IPv6 blocks, such as 10.0.0.0/8 or fc00::/7';
  return value as string;
};

const host = (value: unknown): string => {
  const name = text(value);
  if (isIP(name) === 0 && name !== 'localhost') throw 'must be an IP address, such as 127.0.0.1 or 0.0.0.0';
  return name;
};

const proxy = (value: unknown): string => {
  const name = text(value);
  if (isIP(name) === 0 && parseBlock(name) === null && !/^[0-9a-f:]+\/\d+$/i.test(name)) {
    throw 'must be IP addresses or CIDR blocks, such as 10.0.0.0/8';
  }
  return name;
};

const url =
  (...protocols: string[]) =>
  (value: unknown): string => {
    const parsed = URL.canParse(text(value)) ? new URL(value as string) : null;
    if (parsed === null || !protocols.includes(parsed.protocol)) {
      throw `must be a URL that begins with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`;
    }
    return value as string;
  };

/** `9464` and `127.0.0.1:9464` are the same; `[::1]:9464` has IPv6. */
const hostAndPort = (value: unknown): { host: string; port: number } => {
  const [, bracketed, plain, digits] = /^(?:(?:\[([^\]]*)\]|([^:[\]]+)):)?(\d{1,5})$/.exec(String(value)) ?? [];
  const host = bracketed ?? plain ?? '127.0.0.1';
  const isAddress = bracketed === undefined ? isIP(host) === 4 || host === 'localhost' : isIP(host) === 6;
  if (digits === undefined || Number(digits) > 65_535 || !isAddress) {
    throw 'must be an IP address and a port, such as 127.0.0.1:9464 or [::1]:9464, or a port of 127.0.0.1';
  }
  return { host, port: Number(digits) };
};

const token = (value: unknown): string => {
  if (!/^[\x21-\x7e]{16,256}$/.test(text(value))) {
    throw 'must be 16 to 256 letters, digits and signs without a space; openssl rand -hex 32 makes one';
  }
  return value as string;
};

const secret = (value: unknown): string => {
  if (!/^[0-9a-f]{64}$/i.test(text(value))) throw 'must be 64 hex digits; openssl rand -hex 32 makes one';
  return value as string;
};

const block = (value: unknown): string => {
  const parsed = parseBlock(text(value));
  if (parsed === null || parsed.prefix < 8 || parsed.prefix > 30) {
    throw 'must be IPv4 blocks from /8 to /30, such as 198.51.100.0/24';
  }
  return value as string;
};

const publicBlock = (value: unknown): string => {
  const parsed = parseEitherBlock(text(value));
  const [shortest, longest] = parsed?.family === 6 ? [32, 124] : [8, 30];
  if (parsed === null || parsed.prefix < shortest || parsed.prefix > longest) {
    throw 'must be IPv4 blocks from /8 to /30 or IPv6 blocks from /32 to /124, such as 198.51.100.0/24 or 2001:db8:1::/64';
  }
  return value as string;
};

/** `us-east=198.18.0.0/15 203.0.113.0/24` in the environment, a map of lists in the file. */
const pools = (value: unknown): { region: string; cidrs: string[] }[] => {
  const entries =
    typeof value === 'string'
      ? value.split(',').map((part) => {
          const [region = '', cidrs = ''] = part.split('=');
          return [region.trim(), cidrs.trim().split(/\s+/)] as const;
        })
      : Object.entries((value ?? {}) as Record<string, unknown>);
  const read = entries.map(([region, cidrs]) => ({ region, cidrs: list(publicBlock)(cidrs) }));
  const all = read
    .flatMap((pool) => pool.cidrs)
    .map((cidr) => ({ cidr, ...(parseEitherBlock(cidr) as NonNullable<ReturnType<typeof parseEitherBlock>>) }));
  for (const [i, one] of all.entries()) {
    const clash = all
      .slice(i + 1)
      .find((other) => one.family === other.family && one.first <= other.last && other.first <= one.last);
    if (clash !== undefined) throw `must not overlap: ${one.cidr} and ${clash.cidr} do`;
  }
  if (read.length === 0 || read.some((pool) => pool.region === '' || pool.cidrs.length === 0)) {
    throw 'must name at least one block for each region, such as us-east=198.18.0.0/15';
  }
  return read;
};

const dollars = (value: unknown): number => {
  const micros = parsePrice(String(value));
  if (micros === null) throw 'must be an amount of dollars, such as 100 or 99.50';
  return micros;
};

const email = (value: unknown): string => {
  if (!/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(text(value))) throw 'must be an e-mail address';
  return value as string;
};

/** All settings. Parsing, `raffia config` and docs/configuration.md are made from this list. */
export const settings: readonly Setting[] = [
  { path: 'listen.host', env: 'RAFFIA_HOST', fallback: '127.0.0.1', read: host, about: 'The address to listen on' },
  {
    path: 'listen.port',
    env: 'RAFFIA_PORT',
    fallback: 8080,
    read: integer(0, 65_535),
    about: 'The port; 0 takes a free one',
  },
  {
    path: 'publicUrl',
    env: 'RAFFIA_PUBLIC_URL',
    fallback: null,
    read: url('http:', 'https:'),
    about: 'The base URL that clients use, where it is not the listening address',
  },
  {
    path: 'tls.certificateFile',
    env: 'RAFFIA_TLS_CERTIFICATE',
    fallback: null,
    read: text,
    about: 'A PEM file with the certificate chain; turns on TLS',
  },
  {
    path: 'tls.keyFile',
    env: 'RAFFIA_TLS_KEY',
    fallback: null,
    read: text,
    about: 'A PEM file with the private key of the certificate',
  },
  {
    path: 'tls.acme.directory',
    env: 'RAFFIA_ACME_DIRECTORY',
    fallback: null,
    read: url('https:'),
    about: 'The ACME directory of an authority that gives the certificate for the name in publicUrl; turns on TLS',
  },
  {
    path: 'tls.acme.agreed',
    env: 'RAFFIA_ACME_AGREED',
    fallback: false,
    read: yesNo,
    about: "Whether you agree to that authority's terms of service; it gives nothing to who does not",
  },
  {
    path: 'tls.acme.email',
    env: 'RAFFIA_ACME_EMAIL',
    fallback: null,
    read: email,
    about: 'Where that authority may write to',
  },
  {
    path: 'tls.acme.rootFile',
    env: 'RAFFIA_ACME_ROOT',
    fallback: null,
    read: text,
    about: "A PEM file with the root of that authority's own address, where it is one that the server does not know",
  },
  {
    path: 'tls.acme.listen',
    env: 'RAFFIA_ACME_LISTEN',
    fallback: '0.0.0.0:80',
    read: hostAndPort,
    about:
      'Where that authority, which comes to port 80 of the name, finds this server without TLS; all others are sent to publicUrl',
  },
  {
    path: 'metrics.address',
    env: 'RAFFIA_METRICS_ADDRESS',
    fallback: null,
    read: hostAndPort,
    about:
      'Where Prometheus finds /metrics: an IP address and a port, such as 127.0.0.1:9464, or a port of 127.0.0.1; nothing is counted or told where it is not set',
  },
  {
    path: 'metrics.token',
    env: 'RAFFIA_METRICS_TOKEN',
    fallback: null,
    read: token,
    about: 'What a scrape has to name as its bearer token; nothing where it is not set',
    isSecret: true,
  },
  {
    path: 'tracing.endpoint',
    env: 'OTEL_EXPORTER_OTLP_ENDPOINT',
    fallback: null,
    read: url('http:', 'https:'),
    about:
      'Where a collector takes traces, by OTLP over HTTP: the URL before /v1/traces, such as http://127.0.0.1:4318; nothing is traced where it is not set',
  },
  {
    path: 'tracing.ratio',
    env: 'OTEL_TRACES_SAMPLER_ARG',
    fallback: 1,
    read: ratio,
    about:
      'Which share of the traces that begin here is sent, from 0 to 1; who sends a traceparent has decided of its own',
  },
  {
    path: 'tracing.serviceName',
    env: 'OTEL_SERVICE_NAME',
    fallback: 'raffia',
    read: text,
    about: 'What the server is called in traces',
  },
  {
    path: 'trustedProxies',
    env: 'RAFFIA_TRUSTED_PROXIES',
    fallback: [],
    read: list(proxy),
    about: 'Proxies whose X-Forwarded-For is believed',
  },
  {
    path: 'dataDirectory',
    env: 'RAFFIA_DATA',
    fallback: './data',
    read: text,
    about: 'Where the embedded database, the secret and the admin socket live',
  },
  {
    path: 'databaseUrl',
    env: 'DATABASE_URL',
    fallback: null,
    read: url('postgres:', 'postgresql:'),
    about: 'A PostgreSQL server to use in place of the embedded one',
    isSecret: true,
  },
  {
    path: 'redisUrl',
    env: 'REDIS_URL',
    fallback: null,
    read: url('redis:', 'rediss:'),
    about:
      'A Redis or Valkey server that all nodes on this database share; without it, one process serves the database alone',
    isSecret: true,
  },
  {
    path: 'node',
    env: 'RAFFIA_NODE',
    fallback: null,
    read: name,
    about: "This node's name among those on the database; by default the host's name and the port",
  },
  {
    path: 'roles',
    env: 'RAFFIA_ROLES',
    fallback: ['api', 'worker', 'leader'],
    read: list(oneOf('api', 'worker', 'leader')),
    about:
      'What this node does: answer requests, work on operations, or be the one that compares hosts, keeps schedules and sends mail',
  },
  {
    path: 'databasePool',
    env: 'RAFFIA_DATABASE_POOL',
    fallback: 24,
    read: integer(6, 200),
    about: 'Database connections at most: a third each for reads, for writes and for work in the background',
  },
  {
    path: 'databaseLimits.statementSeconds',
    env: 'RAFFIA_STATEMENT_SECONDS',
    fallback: 15,
    read: integer(1, 3600),
    about: 'Seconds after which the database gives up one statement; migrations and backups take the time they need',
  },
  {
    path: 'databaseLimits.lockSeconds',
    env: 'RAFFIA_LOCK_SECONDS',
    fallback: 4,
    read: integer(1, 3600),
    about: 'Seconds that a statement waits for a lock',
  },
  {
    path: 'databaseLimits.transactionSeconds',
    env: 'RAFFIA_TRANSACTION_SECONDS',
    fallback: 30,
    read: integer(1, 3600),
    about: 'Seconds that a transaction may take as a whole, or may idle',
  },
  {
    path: 'diskReserveMegabytes',
    env: 'RAFFIA_DISK_RESERVE_MEGABYTES',
    fallback: 128,
    read: integer(0, 1_000_000),
    about:
      'Megabytes on the disk of the embedded database below which nothing is changed; /ready warns at four times as many; 0 does not look',
  },
  {
    path: 'pageCacheMegabytes',
    env: 'RAFFIA_PAGE_CACHE_MEGABYTES',
    fallback: 32,
    read: integer(1, 100_000),
    about: 'Megabytes of finished pages of VMs that are kept in memory, of all accounts together',
  },
  {
    path: 'secret',
    env: 'RAFFIA_SECRET',
    fallback: null,
    read: secret,
    about: '64 hex digits that encrypt machine passwords; made in the data directory where it is not set',
    isSecret: true,
  },
  {
    path: 'logLevel',
    env: 'RAFFIA_LOG_LEVEL',
    fallback: 'info',
    read: oneOf('debug', 'info', 'warn', 'error', 'silent'),
    about: 'The least level that is logged; requests that only read are logged at debug',
  },
  {
    path: 'catalogueFile',
    env: 'RAFFIA_CATALOGUE',
    fallback: null,
    read: text,
    about: 'A catalogue of regions, templates, plans and prices in place of catalogue.yaml',
  },
  {
    path: 'bootstrap.file',
    env: 'RAFFIA_BOOTSTRAP_FILE',
    fallback: null,
    read: text,
    about:
      'Where the first start writes account, project, key and a sign-in link as JSON, mode 0600; where no terminal shows them, bootstrap.json in the data directory unless set',
  },
  {
    path: 'bootstrap.account',
    env: 'RAFFIA_BOOTSTRAP_ACCOUNT',
    fallback: 'My cloud',
    read: text,
    about: 'The name of the first account',
  },
  {
    path: 'bootstrap.email',
    env: 'RAFFIA_BOOTSTRAP_EMAIL',
    // Never anybody's: whoever had the address could ask for a link to it.
    fallback: 'owner@raffia.invalid',
    read: email,
    about: "The e-mail address of the first account's owner; without one, a name that no mail reaches",
  },
  {
    path: 'engine',
    env: 'RAFFIA_ENGINE',
    fallback: 'simulated',
    read: oneOf('simulated', 'incus'),
    about: 'What runs the machines: simulated ones, or an Incus or LXD host or cluster',
  },
  {
    path: 'simulated.delay',
    env: 'RAFFIA_SIMULATED_DELAY',
    fallback: 1,
    read: number,
    about: 'How long simulated machines take: 0.5 halves every delay, 0 takes all delays away',
  },
  {
    path: 'simulated.capacity',
    env: 'RAFFIA_SIMULATED_CAPACITY',
    fallback: null,
    read: size,
    about:
      'What simulated machines have altogether, as vCPU/GB of RAM/GB of disk; as much as they want where it is not set',
  },
  {
    path: 'incus.url',
    env: 'RAFFIA_INCUS_URL',
    fallback: null,
    read: incusUrl,
    about:
      "The engine's API: unix:///path/to/unix.socket or https://host:8443; the usual sockets are tried where it is not set",
  },
  {
    path: 'incus.certificateFile',
    env: 'RAFFIA_INCUS_CERTIFICATE',
    fallback: null,
    read: text,
    about: 'A PEM file with the client certificate that the engine trusts, for https',
  },
  {
    path: 'incus.keyFile',
    env: 'RAFFIA_INCUS_KEY',
    fallback: null,
    read: text,
    about: 'A PEM file with the private key of the client certificate',
  },
  {
    path: 'incus.serverCertificateFile',
    env: 'RAFFIA_INCUS_SERVER_CERTIFICATE',
    fallback: null,
    read: text,
    about: "A PEM file with the engine's own certificate, the only one that is then trusted, whatever its name",
  },
  {
    path: 'incus.project',
    env: 'RAFFIA_INCUS_PROJECT',
    fallback: 'raffia',
    read: name,
    about: "The engine's project that holds the machines; made where it is missing",
  },
  {
    path: 'incus.pool',
    env: 'RAFFIA_INCUS_POOL',
    fallback: 'default',
    read: name,
    about: 'The storage pool of the machines',
  },
  {
    path: 'incus.atOnce',
    env: 'RAFFIA_INCUS_AT_ONCE',
    fallback: 4,
    read: integer(1, 200),
    about:
      'Machines that are built, started or deleted at the same time; more than the hosts can carry makes all of them slower',
  },
  {
    path: 'incus.overcommit.cpu',
    env: 'RAFFIA_INCUS_OVERCOMMIT_CPU',
    fallback: 8,
    read: number,
    about:
      'How many vCPUs machines may have for each processor of the hosts; more are refused before anything is built',
  },
  {
    path: 'incus.overcommit.ram',
    env: 'RAFFIA_INCUS_OVERCOMMIT_RAM',
    fallback: 1,
    read: number,
    about: 'How many GB of RAM machines may have for each GB of the hosts that is not reserved',
  },
  {
    path: 'incus.overcommit.disk',
    env: 'RAFFIA_INCUS_OVERCOMMIT_DISK',
    fallback: 1,
    read: number,
    about: 'How many GB of disk machines may have for each GB of the storage pool; disks take only what is written',
  },
  {
    path: 'incus.reservedRam',
    env: 'RAFFIA_INCUS_RESERVED_RAM',
    fallback: 1,
    read: number,
    about: 'GB of RAM of each host that machines do not get: for the system, the engine and this server',
  },
  {
    path: 'incus.networkLimit.receive',
    env: 'RAFFIA_INCUS_NETWORK_LIMIT_RECEIVE',
    fallback: null,
    read: integer(1, 1_000_000),
    about: 'Mbit/s that each interface of a machine receives at most; as much as there is where it is not set',
  },
  {
    path: 'incus.networkLimit.send',
    env: 'RAFFIA_INCUS_NETWORK_LIMIT_SEND',
    fallback: null,
    read: integer(1, 1_000_000),
    about:
      "Mbit/s that each interface of a machine sends at most; as much as there is where it is not set. The host's kernel needs act_police for it",
  },
  {
    path: 'incus.diskLimit.read',
    env: 'RAFFIA_INCUS_DISK_LIMIT_READ',
    fallback: null,
    read: throughput,
    about:
      'What the disk of a machine reads at most in a second, such as 200MB or 5000iops; as much as there is where it is not set',
  },
  {
    path: 'incus.diskLimit.write',
    env: 'RAFFIA_INCUS_DISK_LIMIT_WRITE',
    fallback: null,
    read: throughput,
    about: 'What it writes at most in a second, in the same words',
  },
  {
    path: 'incus.type',
    env: 'RAFFIA_INCUS_TYPE',
    fallback: 'auto',
    read: oneOf('auto', 'virtual-machine', 'container'),
    about: 'What machines are: auto takes virtual machines where the host can run them, else system containers',
  },
  {
    path: 'incus.acceptUnenforcedDisks',
    env: 'RAFFIA_INCUS_ACCEPT_UNENFORCED_DISKS',
    fallback: false,
    read: yesNo,
    about: 'Use a storage pool that cannot enforce disk sizes',
  },
  {
    path: 'incus.ovnUplink',
    env: 'RAFFIA_INCUS_OVN_UPLINK',
    fallback: null,
    read: name,
    about: "The uplink network of the engine's OVN: makes VPCs OVN networks in place of bridges",
  },
  {
    path: 'incus.tunnelInterface',
    env: 'RAFFIA_INCUS_TUNNEL_INTERFACE',
    fallback: null,
    read: name,
    about:
      "In a cluster without OVN: the members' interface that carries the VPCs between them; that of the default route where it is not set",
  },
  {
    path: 'incus.firewall',
    env: 'RAFFIA_INCUS_FIREWALL',
    fallback: ['nft -f -'],
    read: commands,
    about:
      'Commands that are nft reading from standard input, one for each host, with ; between, which load the firewall rules and list them again; empty: the operator loads what raffia engine firewall prints',
  },
  {
    path: 'incus.guardSeconds',
    env: 'RAFFIA_INCUS_GUARD_SECONDS',
    fallback: 10,
    read: integer(1, 3600),
    about: 'How often the firewall rules are compared with what every host really has; what differs is loaded again',
  },
  {
    path: 'incus.raiseSysctls',
    env: 'RAFFIA_INCUS_RAISE_SYSCTLS',
    fallback: true,
    read: yesNo,
    about:
      'Raise the settings of the kernel that containers share (docs/operating.md) where they are too low, on the host that the server runs on',
  },
  {
    path: 'incus.gateway',
    env: 'RAFFIA_INCUS_GATEWAY',
    fallback: 'sh -s',
    read: text,
    about:
      'A command that runs a shell script from standard input on the host; in a cluster without OVN on the member that is the gateway of public networks and has the gateways of VPCs, such as ssh root@host sh -s',
  },
  {
    path: 'incus.blockedRanges',
    env: 'RAFFIA_INCUS_BLOCKED_RANGES',
    fallback: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', '169.254.0.0/16', 'fc00::/7'],
    read: list(anyBlock),
    about: "Blocks outside their VPC that machines must not reach, such as the operator's own networks",
  },
  {
    path: 'incus.dns',
    env: 'RAFFIA_INCUS_DNS',
    fallback: ['8.8.8.8', '8.8.4.4'],
    read: list(host),
    about: 'The name servers of machines',
  },
  {
    path: 'incus.imageCompression',
    env: 'RAFFIA_INCUS_IMAGE_COMPRESSION',
    fallback: 'zstd',
    read: oneOf('zstd', 'gzip', 'none'),
    about: 'How saved images are compressed; the program has to be on the host',
  },
  {
    path: 'addressPools',
    env: 'RAFFIA_ADDRESS_POOLS',
    fallback: 'us-east=198.18.0.0/15',
    read: pools,
    about: 'Blocks of public addresses by region, IPv4 and IPv6',
  },
  {
    path: 'autoVpcRange',
    env: 'RAFFIA_AUTO_VPC_RANGE',
    fallback: '10.0.0.0/8',
    read: block,
    about: 'Where the /24 blocks of VPCs come from that VMs get by themselves',
  },
  ...Object.values(quotas).map(({ setting, env, fallback, things }) => ({
    path: setting,
    env,
    fallback,
    read: quota,
    about: `How many ${things} an account may have to which the operator gave no quota of its own, or none for no limit`,
  })),
  {
    path: 'billing.mode',
    env: 'RAFFIA_BILLING_MODE',
    fallback: 'payg',
    read: oneOf('payg', 'subscription'),
    about: 'How new accounts pay: payg by the hour, subscription a month ahead from the balance',
  },
  {
    path: 'billing.balance',
    env: 'RAFFIA_BILLING_BALANCE',
    fallback: '1000000',
    read: dollars,
    about: 'Dollars that a new account starts with',
  },
  {
    path: 'operations.deadlineSeconds',
    env: 'RAFFIA_OPERATION_DEADLINE_SECONDS',
    fallback: 900,
    read: integer(1, 86_400),
    about: 'Seconds of work, waits for the host included, after which an operation that has not ended has failed',
  },
  {
    path: 'operations.stopGraceSeconds',
    env: 'RAFFIA_STOP_GRACE_SECONDS',
    fallback: 60,
    read: integer(1, 3600),
    about: 'Seconds that a guest has to shut down before its power is cut',
  },
  {
    path: 'operations.atOnce',
    env: 'RAFFIA_OPERATIONS_AT_ONCE',
    fallback: 16,
    read: integer(1, 200),
    about: 'Operations that are worked on at once, those included that wait while their host works',
  },
  {
    path: 'operations.reconcileSeconds',
    env: 'RAFFIA_RECONCILE_SECONDS',
    fallback: 15,
    read: integer(1, 3600),
    about: 'Seconds between two comparisons of the engine with the database',
  },
  {
    path: 'retention.operationDays',
    env: 'RAFFIA_RETENTION_OPERATION_DAYS',
    fallback: 90,
    read: integer(0, 36_500),
    about: 'Days for which operations that have ended are kept; 0 keeps them for ever',
  },
  {
    path: 'retention.auditDays',
    env: 'RAFFIA_RETENTION_AUDIT_DAYS',
    fallback: 400,
    read: integer(0, 36_500),
    about: 'Days for which the audit log, and requests that the operator has answered, are kept; 0 keeps them for ever',
  },
  {
    path: 'retention.balanceDays',
    env: 'RAFFIA_RETENTION_BALANCE_DAYS',
    fallback: 0,
    read: integer(0, 36_500),
    about: 'Days for which the changes of balances, and terms that have ended, are kept; 0 keeps them for ever',
  },
  {
    path: 'signUp',
    env: 'RAFFIA_SIGN_UP',
    fallback: 'invitation',
    read: oneOf('open', 'invitation', 'closed'),
    about:
      'Who may become a user: open, anybody, with an account of their own; invitation, who was invited; closed, nobody new',
  },
  {
    path: 'mail.url',
    env: 'RAFFIA_MAIL_URL',
    fallback: null,
    read: url('smtp:', 'smtps:'),
    about:
      'The SMTP server, such as smtp://user:password@mail.example.com:587; without one, links are shown to who asks for them',
    isSecret: true,
  },
  {
    path: 'mail.from',
    env: 'RAFFIA_MAIL_FROM',
    fallback: 'Raffia <no-reply@localhost>',
    read: text,
    about: 'The sender of mail',
  },
  {
    path: 'mail.invitationsPerHour',
    env: 'RAFFIA_MAIL_INVITATIONS_PER_HOUR',
    fallback: 20,
    read: integer(1, 100_000),
    about: 'Invitations that go out by mail for one account in an hour',
  },
  {
    path: 'mail.invitationsPerRecipient',
    env: 'RAFFIA_MAIL_INVITATIONS_PER_RECIPIENT',
    fallback: 3,
    read: integer(1, 100_000),
    about: 'Invitations that go out by mail to one address in a day, whichever accounts send them',
  },
  {
    path: 'backups.store',
    env: 'RAFFIA_BACKUPS_STORE',
    fallback: null,
    read: oneOf('files', 'restic'),
    about:
      'How the backups of machines are kept: restic, deduplicated, by the program of that name; files, each whole, for which nothing is needed. Where it is not set, files of simulated machines and restic of others',
  },
  {
    path: 'backups.s3.endpoint',
    env: 'RAFFIA_BACKUPS_S3_ENDPOINT',
    fallback: null,
    read: url('https:', 'http:'),
    about: 'The address of an S3-compatible store that has the backups in place of the directory',
  },
  {
    path: 'backups.s3.bucket',
    env: 'RAFFIA_BACKUPS_S3_BUCKET',
    fallback: null,
    read: name,
    about: 'The bucket of backups; it has to be there, for them alone',
  },
  {
    path: 'backups.s3.region',
    env: 'RAFFIA_BACKUPS_S3_REGION',
    fallback: 'us-east-1',
    read: name,
    about: 'The region of the bucket, as the store calls it',
  },
  {
    path: 'backups.s3.keyId',
    env: 'RAFFIA_BACKUPS_S3_KEY_ID',
    fallback: null,
    read: text,
    about: 'The id of the key with which the bucket is read and written',
  },
  {
    path: 'backups.s3.secretKey',
    env: 'RAFFIA_BACKUPS_S3_SECRET_KEY',
    fallback: null,
    read: text,
    about: 'The secret of that key',
    isSecret: true,
  },
  {
    path: 'backups.directory',
    env: 'RAFFIA_BACKUPS_DIRECTORY',
    fallback: null,
    read: text,
    about:
      'Where the backups of machines are kept, on another disk than the machines; backups in the data directory where it is not set',
  },
  {
    path: 'oidc.issuer',
    env: 'RAFFIA_OIDC_ISSUER',
    fallback: null,
    read: url('https:', 'http:'),
    about: 'An OpenID Connect provider with which people sign in; its address is the issuer',
  },
  {
    path: 'oidc.clientId',
    env: 'RAFFIA_OIDC_CLIENT_ID',
    fallback: null,
    read: text,
    about: 'The client ID at the provider; its redirect address is /api/raffia/v1/auth/callback/oidc',
  },
  {
    path: 'oidc.clientSecret',
    env: 'RAFFIA_OIDC_CLIENT_SECRET',
    fallback: null,
    read: text,
    about: 'The client secret at the provider',
    isSecret: true,
  },
  {
    path: 'oidc.name',
    env: 'RAFFIA_OIDC_NAME',
    fallback: 'single sign-on',
    read: text,
    about: 'What the provider is called on the sign-in page',
  },
];
