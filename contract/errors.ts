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
  unknownMethod: {
    status: 400,
    error: 'Bad Request',
    message: 'The request names a method that HTTP does not have',
  },
  requestTimeout: {
    status: 408,
    error: 'Request Timeout',
    message: 'The request did not arrive in time; send it again',
  },
  headersTooLarge: {
    status: 431,
    error: 'Request Header Fields Too Large',
    message: 'The address and the headers together are larger than 16 kB; send fewer or shorter ones',
  },
  malformedHttp: {
    status: 400,
    error: 'Bad Request',
    message: 'The request is not valid HTTP; check its first line and headers',
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
  hasPublicIp: { status: 400, error: 'Bad Request', message: 'VM already has an {type}' },
  lastInterface: { status: 400, error: 'Bad Request', message: 'VM has no other interfaces' },
  bodyTooLarge: {
    status: 413,
    error: 'Payload Too Large',
    message: 'The body is larger than the {limit} bytes that this operation takes; send less at once',
  },
  unsupportedMediaType: {
    status: 415,
    error: 'Unsupported Media Type',
    message: 'The body must be JSON, sent with Content-Type: application/json',
  },
  malformedBody: { status: 400, error: 'Bad Request', message: 'The body is not acceptable: {detail}' },
  malformedQuery: {
    status: 400,
    error: 'Bad Request',
    message: 'The query of the address is not UTF-8 in percent-encoding; write a percent sign itself as %25',
  },
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
  userExists: {
    status: 400,
    error: 'Bad Request',
    message: 'There is a user with this e-mail address already; sign in instead',
  },
  alreadyMember: {
    status: 400,
    error: 'Bad Request',
    message: 'This person is a member already; change the role with PATCH',
  },
  alreadyInvited: {
    status: 400,
    error: 'Bad Request',
    message: 'This address is invited already; change the role with PATCH, or cancel that invitation to send a new one',
  },
  invitationExpired: {
    status: 400,
    error: 'Invitation expired',
    message: 'This invitation has expired, was used or was cancelled; ask for a new one',
  },
  linkExpired: {
    status: 400,
    error: 'Link expired',
    message:
      'This link has expired or was used; ask the operator of this cloud for a new one (raffia operator sign-in-link EMAIL)',
  },
  sessionEnded: { status: 401, error: 'Unauthorized', message: 'Your session has ended; sign in again' },
  missingAccount: {
    status: 400,
    error: 'Bad Request',
    message: 'X-Account-ID required: a session may have several accounts',
  },
  accountForbidden: {
    status: 403,
    error: 'Forbidden',
    message: 'You have no access to this account, or it was taken away; ask its owner',
  },
  memberSuspended: {
    status: 403,
    error: 'Forbidden',
    message: 'Your access to this account is suspended; ask its owner',
  },
  notOperator: {
    status: 403,
    error: 'Forbidden',
    message:
      'Only operators of this cloud may do this, and you are none, or it was taken away; whoever has its host can make you one: raffia operator people add EMAIL',
  },
  crossSite: {
    status: 403,
    error: 'Forbidden',
    message: 'A session can only be used from the pages of this cloud itself',
  },
  unprovenAddress: {
    status: 403,
    error: 'Forbidden',
    message:
      'Invitations go out by mail in the name of an address that was proven, and yours, or for an API key that of the Owner, was not: ask for a new password on the sign-in page and follow the link in the mail',
  },
  wrongPassword: {
    status: 401,
    error: 'Unauthorized',
    message: 'The e-mail address or the password is not right; try again, or ask for a new password',
  },
  notYourPassword: { status: 400, error: 'Bad Request', message: 'The password is not right' },
  wrongCode: {
    status: 401,
    error: 'Unauthorized',
    message: 'The code is not right or has run out; take the one that your app shows now',
  },
  wrongBackupCode: {
    status: 401,
    error: 'Unauthorized',
    message: 'The backup code is not right, or was used; take another one',
  },
  signInTooSlow: {
    status: 401,
    error: 'Unauthorized',
    message: 'Signing in took too long; begin again with your password',
  },
  tooManyCodes: {
    status: 400,
    error: 'Bad Request',
    message: 'Too many wrong codes; begin again with your password',
  },
  codesLocked: {
    status: 429,
    error: 'Too many attempts',
    message: 'Too many wrong codes; wait a quarter of an hour and try again',
  },
  noSecondFactor: { status: 400, error: 'Bad Request', message: 'There is no second factor; set one up first' },
  secondFactorIsOn: {
    status: 400,
    error: 'Bad Request',
    message: 'There is a second factor already; turn it off first',
  },
  noPassword: {
    status: 400,
    error: 'Bad Request',
    message: 'There is no password; sign in with single sign-on, or ask for a link that sets one',
  },
  noPasskeysHere: {
    status: 400,
    error: 'Bad Request',
    message:
      'Passkeys need an https address with a name, not a number, or localhost; ask the operator of this cloud to set publicUrl to one, and come by it',
  },
  passkeyTooSlow: {
    status: 400,
    error: 'Bad Request',
    message: 'This took longer than five minutes, or was used before; begin again',
  },
  passkeyNotProven: {
    status: 400,
    error: 'Bad Request',
    message: 'The passkey was not made for this cloud and this request, or is here already; begin again',
  },
  passkeyUnverified: {
    status: 400,
    error: 'Bad Request',
    message: 'Your device did not check that it is you; set up its PIN, fingerprint or face, and try again',
  },
  tooManyPasskeys: {
    status: 400,
    error: 'Bad Request',
    message: 'A person may have {limit} passkeys; remove one that you no longer use first',
  },
  lastWayIn: {
    status: 409,
    error: 'Conflict',
    message:
      'This passkey is your only way to sign in; ask for a new password on the sign-in page, or add another passkey first',
  },
  wrongPasskey: {
    status: 401,
    error: 'Unauthorized',
    message: 'This passkey does not sign in here: it was removed, or is for another cloud; sign in with your password',
  },
  noProvider: {
    status: 404,
    error: 'Not Found',
    message: 'This cloud has no single sign-on; sign in with your password',
  },
  weakPassword: { status: 400, error: 'Bad Request', message: 'The password must have at least {length} characters' },
  signUpClosed: {
    status: 403,
    error: 'Forbidden',
    message: 'Signing up is not open here; ask the operator of this cloud, or somebody who can invite you',
  },
  tooManyAttempts: {
    status: 429,
    error: 'Too many attempts',
    message: 'Too many attempts to sign in; wait {seconds} seconds and try again',
  },
  tooManyInvitations: {
    status: 429,
    error: 'Too many invitations',
    message: 'Too many invitations by mail: {rule}; wait {wait} and invite again',
  },
  quotaExceeded: {
    status: 400,
    error: 'Bad Request',
    message:
      '{exceeded}: the account may have {limit} {things}; delete what is not needed, or ask the operator of this cloud for more',
  },
  tooManyConsoles: {
    status: 429,
    error: 'Too many consoles',
    message: 'One {whose} may have {limit} consoles open at once; close one first',
  },
  notAWebSocket: {
    status: 400,
    error: 'Bad Request',
    message:
      'A console is a websocket, and this request came without the header Upgrade: websocket; if a proxy stands before this server, let it pass that on',
  },
  tooManyStreams: {
    status: 429,
    error: 'Too many streams',
    message: 'One {whose} may have {limit} streams of changes open at once; close one first',
  },
  noRoom: {
    status: 409,
    error: 'Conflict',
    message:
      'The hosts of this cloud have no room left for {things}; choose a smaller plan, or ask the operator of this cloud',
  },
  vmMustBeStopped: { status: 400, error: 'Bad Request', message: 'VM must be stopped' },
  snapshotActive: {
    status: 409,
    error: 'Conflict',
    message:
      'This snapshot is in use: what it was taken of runs on it; restore another snapshot first, or take a new one',
  },
  backupInSeries: {
    status: 409,
    error: 'Conflict',
    message:
      'This backup is one of a series and cannot be deleted alone; DELETE /api/v1/backups/{id}/chain deletes the series',
  },
  diskTooSmall: {
    status: 400,
    error: 'Bad Request',
    message: 'New size must be larger than current size ({size} GB).',
  },
  volumeElsewhere: { status: 400, error: 'Bad Request', message: 'volume in different region' },
  vmNotReadyToAttach: { status: 400, error: 'Bad Request', message: 'VM not in active or passive state' },
  vmNotReadyToDetach: {
    status: 400,
    error: 'Bad Request',
    message:
      'Please wait! VM is not ready to detach volume. VM should be in an active or passive state to detach volumes.',
  },
  vpcOverlaps: {
    status: 400,
    error: 'Bad Request',
    message: '{cidr} overlaps another VPC of this account, which has {other}; choose another block',
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
  busy: {
    status: 503,
    error: 'Service Unavailable',
    message: 'This cloud has more to do than it can right now; try again in a moment',
  },
  storageFull: {
    status: 503,
    error: 'Service Unavailable',
    message: "The disk of this cloud's database is full, so nothing can be changed; tell its operator",
  },
  internal: {
    status: 500,
    error: 'Internal Server Error',
    message:
      'Something went wrong on our side; try again, and if it stays, tell the operator of this cloud the request {request}',
  },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof errors;
