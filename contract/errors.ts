interface ErrorEntry {
  readonly status: number;
  /** The short label of the body's `error`. */
  readonly error: string;
  /** The sentence of the body's `message`; `{names}` are filled in. */
  readonly message: string;
}

/**
 * Every error that the API gives, once. Strings that the published documentation fixes are exactly as it has them
 * (behaviour/api-conventions.md §8); the others tell what to do next.
 */
export const errors = {
  missingKey: { status: 401, error: 'Unauthorized', message: 'Authentication required' },
  invalidKey: { status: 401, error: 'Unauthorized', message: 'Invalid API key' },
  rateLimited: {
    status: 429,
    error: 'Rate limit exceeded',
    message: 'Maximum {limit} requests per second allowed for your tier',
  },
  missingProject: { status: 400, error: 'Bad Request', message: 'X-Project-ID required' },
  malformedProject: { status: 400, error: 'Bad Request', message: 'The project ID must be a UUID' },
  projectForbidden: {
    status: 403,
    error: 'Forbidden',
    message: 'This key has no role on the project, or there is no such project in its account',
  },
  permissionDenied: { status: 403, error: 'Forbidden', message: 'permission denied: {permission}' },
  forbidden: { status: 403, error: 'Forbidden', message: '{detail}' },
  billing: { status: 403, error: 'Billing validation failed', message: '{message}' },
  insufficientBalance: {
    status: 402,
    error: 'Payment Required',
    message: 'Insufficient balance for subscription',
  },
  notFound: { status: 404, error: 'Not Found', message: '{resource} not found' },
  unknownPath: {
    status: 404,
    error: 'Not Found',
    message: 'There is no {path}; /docs lists all paths',
  },
  methodNotAllowed: {
    status: 405,
    error: 'Method Not Allowed',
    message: '{method} is not defined for this path; it takes {allowed}',
  },
  conflict: { status: 409, error: 'Conflict', message: '{detail}' },
  idempotencyInProgress: {
    status: 409,
    error: 'Conflict',
    message: 'A request with this Idempotency-Key is still running; send it again in a moment',
  },
  idempotencyMismatch: {
    status: 422,
    error: 'Unprocessable Entity',
    message: 'This Idempotency-Key was used for another request; use a new one for each request',
  },
  bodyTooLarge: {
    status: 413,
    error: 'Payload Too Large',
    message: 'The body is larger than 1 MiB; send less at once',
  },
  unsupportedMediaType: {
    status: 415,
    error: 'Unsupported Media Type',
    message: 'The body must be JSON, sent with Content-Type: application/json',
  },
  malformedBody: { status: 400, error: 'Bad Request', message: 'The body is not acceptable: {detail}' },
  validation: { status: 400, error: 'Bad Request', message: '{detail}' },
  nameExists: { status: 400, error: 'Bad Request', message: 'name already exists' },
  slugExists: { status: 400, error: 'Bad Request', message: 'slug already exists' },
  vpcNameExists: { status: 400, error: 'Bad Request', message: 'VPC name already exists' },
  tagExists: { status: 400, error: 'Bad Request', message: 'The VM already has a tag with this name' },
  sshKeyExists: { status: 400, error: 'Bad Request', message: 'This SSH public key is stored already' },
  alreadyProjectMember: {
    status: 400,
    error: 'Bad Request',
    message: 'This user or API key has a role on the project already; change it with PATCH',
  },
  tooManyVms: {
    status: 400,
    error: 'Bad Request',
    message: 'too many VMs: the account may have {limit}; delete one, or ask the operator of this cloud for more',
  },
  vcpuQuota: {
    status: 400,
    error: 'Bad Request',
    message:
      'vCPU quota exceeded: the account may use {limit}; delete or shrink a VM, or ask the operator of this cloud',
  },
  ramQuota: {
    status: 400,
    error: 'Bad Request',
    message:
      'RAM quota exceeded: the account may use {limit} GB; delete or shrink a VM, or ask the operator of this cloud',
  },
  vmMustBeStopped: { status: 400, error: 'Bad Request', message: 'VM must be stopped' },
  diskTooSmall: {
    status: 400,
    error: 'Bad Request',
    message: 'New size must be larger than current size ({size} GB).',
  },
  cidrPrefix: { status: 400, error: 'Bad Request', message: 'CIDR prefix must be between /16 and /28' },
  cidrRange: {
    status: 400,
    error: 'Bad Request',
    message: 'CIDR must be in private range (10.x.x.x, 172.16-31.x.x, 192.168.x.x, or 100.64-127.x.x)',
  },
  publicPoolEmpty: {
    status: 400,
    error: 'Bad Request',
    message: 'No public IPs available in `{region}`. Please try again later or contact support.',
  },
  notReady: {
    status: 503,
    error: 'Service Unavailable',
    message: 'The database does not answer; try again in a moment',
  },
  internal: {
    status: 500,
    error: 'Internal Server Error',
    message: 'Something went wrong on our side; try again, and tell the operator the X-Request-ID if it stays',
  },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof errors;
