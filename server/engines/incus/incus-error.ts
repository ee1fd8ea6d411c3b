import { EngineError, PassingFault } from '../engine.ts';

/** What the engine's refusals mean to us, whatever words and codes they come in. */
export type Refusal =
  | 'unreachable'
  | 'untrusted'
  | 'not-found'
  | 'exists'
  | 'is-running'
  | 'is-stopped'
  | 'no-agent'
  | 'busy'
  | 'in-use'
  | 'conflict'
  | 'no-space'
  | 'disk-full'
  | 'shrink'
  | 'member-lost'
  | 'too-long'
  | 'leftover'
  | 'torn-restore'
  | 'left-mounted'
  | 'no-bridge'
  | 'not-started'
  | 'no-memory'
  | 'host-limit'
  | 'address-taken'
  | 'restarted'
  | 'no-ids'
  | 'no-police'
  | 'other';

/** A refusal of the engine, or of the way to it. The message is the engine's own: for logs, never for users. */
export class IncusError extends Error {
  readonly refusal: Refusal;
  readonly status: number | undefined;

  constructor(message: string, options: { refusal?: Refusal; status?: number; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'IncusError';
    this.status = options.status;
    this.refusal = options.refusal ?? refusalOf(message, options.status);
  }
}

/**
 * Most conflicts come as a failed operation with code 400, and most mistakes as HTTP 500: only the text tells them apart. Measured on
 * LXD 5.0.2 and Incus 6.0.4.
 */
const texts: readonly (readonly [RegExp, Refusal])[] = [
  // An engine that is killed while it puts a disk back leaves the one before beside it, and does not get over that.
  [/\.(?:incus|lxd)tmp\b.*file exists/i, 'torn-restore'],
  // One that is killed while it makes an image of a snapshot leaves that mounted.
  [/subvolume flags: Read-only file system/i, 'left-mounted'],
  [/failed to create (?:ingress|root) tc /i, 'no-police'],
  [/parent device .* doesn't exist/i, 'no-bridge'],
  [/RTNETLINK answers: File exists|failed to create the veth/i, 'leftover'],
  [/not enough uid\/gid|no isolated|uid\/gid range/i, 'no-ids'],
  [/already defined on another NIC/i, 'address-taken'],
  [/too many open files|inotify|resource temporarily unavailable/i, 'host-limit'],
  [/cannot allocate memory/i, 'no-memory'],
  [/already running/i, 'is-running'],
  [/already stopped|is not running/i, 'is-stopped'],
  [/instance is running/i, 'is-running'],
  // LXD opens the way to a guest's files anew for two that ask at once, and one of them comes too early.
  [/forkfile\.sock/i, 'busy'],
  [/is busy running|non-reusable operation|currently (?:being|in progress)/i, 'busy'],
  [/currently in use|still in use|used by running instances/i, 'in-use'],
  [/no space left|not enough space|pool is full|ENOSPC/i, 'no-space'],
  [/unable to limit requested quota|shrink|smaller than/i, 'shrink'],
  [/quota exceeded/i, 'disk-full'],
  [/forkstart|failed to run.*start|start failed/i, 'not-started'],
  [
    /peer node .* is down|missing event connection|no available (?:dqlite|cowsql) leader|unable to connect to|failed to begin transaction|database is locked|no such member|is offline|member .* (?:down|unreachable)|driver: bad connection|checkpoint in progress|context deadline exceeded|connection (?:refused|reset)|no route to host|network is unreachable|handshake timeout|i\/o timeout/i,
    'member-lost',
  ],
  [/daemon is shutting down|operation not found|daemon (?:is )?starting|EOF$/i, 'restarted'],
  // Incus says of a snapshot's name that is taken what its database says.
  [
    /already exists|already defined|already in use|same fingerprint|UNIQUE constraint failed: \w*snapshots\./i,
    'exists',
  ],
  [/etag doesn't match/i, 'conflict'],
  [/not found|no such object|image not provided/i, 'not-found'],
  [/\bagent\b/i, 'no-agent'],
  [/not authorized|certificate is restricted|forbidden/i, 'untrusted'],
];

function refusalOf(message: string, status: number | undefined): Refusal {
  const known = texts.find(([text]) => text.test(message));
  if (known !== undefined) return known[1];
  const byStatus: Record<number, Refusal> = { 403: 'untrusted', 404: 'not-found', 409: 'exists', 412: 'conflict' };
  return byStatus[status ?? 0] ?? (status === 503 ? 'restarted' : 'other');
}

/** What users read, where the reason is not theirs to mend. The engine's own words stay in the log. */
const passing: Partial<Record<Refusal, string>> = {
  unreachable: 'The host of the machines does not answer',
  untrusted: 'The host of the machines does not accept this server; the operator of this cloud has to mend that',
  busy: 'The host is still busy with this VM',
  conflict: 'The host is still busy with this VM',
  'member-lost': 'A host of this cloud does not answer; what needs it waits until it does',
  leftover: 'Something that an earlier start of this VM left behind is in its way; ask the operator of this cloud',
  'no-bridge': 'The network of this VM is gone from its host, and is being made anew',
  'host-limit':
    'The host has reached a limit of its kernel, such as fs.inotify.max_user_instances; ask the operator of this cloud',
  'no-memory': 'The host has too little memory free for this VM; ask the operator of this cloud',
  restarted: 'The host of the machines is being restarted',
  'no-police': 'The host cannot limit the network of this VM; ask the operator of this cloud',
};

const permanent: Partial<Record<Refusal, string>> = {
  'no-space': 'The host has no storage left for this VM; ask the operator of this cloud',
  'disk-full': 'The disk of this VM is full; make it larger with disk/resize, then try again',
  'not-started':
    'The guest did not start: its first program could not be run, so its disk or image is damaged or not made for this host; reinstall the VM',
  'torn-restore':
    'What is left on the host of a restore that broke off is in the way; ask the operator of this cloud, then restore again',
  'address-taken': 'Another VM of this host has the address of this one; ask the operator of this cloud',
  'too-long': 'The host said more than can be read; ask the operator of this cloud',
  'no-ids':
    'The host has no range of users left for this VM (/etc/subuid, /etc/subgid); ask the operator of this cloud',
  shrink: 'The host cannot make this disk that small',
};

/** Attempts after which an unknown refusal is believed. */
const unknownAttempts = 5;

/** A refusal as the failure of an operation: a sentence for users, and whether asking again may help. */
export function asFault(error: unknown): unknown {
  if (!(error instanceof IncusError)) return error;
  const sentence = permanent[error.refusal];
  if (sentence !== undefined) return new EngineError(sentence, { cause: error });
  const waiting = passing[error.refusal];
  if (waiting !== undefined) return new PassingFault(waiting, { cause: error });
  return new PassingFault('The host could not do this; ask the operator of this cloud, whose log has the reason', {
    cause: error,
    attempts: unknownAttempts,
  });
}

/** Whether an error is one of these refusals: what was wanted is so already, or is gone already. */
export function isRefusal(error: unknown, ...refusals: Refusal[]): boolean {
  return error instanceof IncusError && refusals.includes(error.refusal);
}
