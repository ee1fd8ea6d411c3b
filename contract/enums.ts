/** The words that things are described with, each list once: schemas, the server's rows and the pages have them from here. */
export const scopes = ['account', 'project'] as const;
export type Scope = (typeof scopes)[number];

/** What a membership can be set to; until its invitation is accepted it waits. */
export const accessStatuses = ['active', 'suspended'] as const;
export type AccessStatus = (typeof accessStatuses)[number];
export const memberStatuses = ['pending', ...accessStatuses] as const;
export type MemberStatus = (typeof memberStatuses)[number];

export const rateLimitTiers = ['standard', 'high'] as const;
export type RateLimitTier = (typeof rateLimitTiers)[number];
export const tierRequestStatuses = ['pending', 'approved', 'declined'] as const;
export type TierRequestStatus = (typeof tierRequestStatuses)[number];

export const billingModes = ['payg', 'subscription'] as const;
export type BillingMode = (typeof billingModes)[number];

/** For how long is paid ahead. */
export const billingPeriods = ['monthly', 'yearly', 'twenty_four_month'] as const;
export type BillingPeriod = (typeof billingPeriods)[number];

/** What costs something. */
export const billedKinds = ['vm', 'volume', 'address', 'snapshot', 'image', 'backup'] as const;
export type BilledKind = (typeof billedKinds)[number];

export const operationStatuses = ['pending', 'running', 'succeeded', 'failed'] as const;
export type OperationStatus = (typeof operationStatuses)[number];

/** Of a step of an operation: `skipped` where it is not done any more, `undone` where what it did was taken back. */
export const stepStatuses = ['waiting', 'running', 'done', 'failed', 'skipped', 'undone'] as const;

export const imageStatuses = ['saving', 'ready', 'failed'] as const;
export type ImageStatus = (typeof imageStatuses)[number];

/** Who did something; `anonymous` has not shown to be anybody, and has the name of whom he claims to be. */
export const actorKinds = ['key', 'user', 'operator', 'system', 'anonymous'] as const;
export type ActorKind = (typeof actorKinds)[number];

/** What happens to somebody's own way in, as the audit log says it. */
export const personVerbs = [
  'person.sign-in',
  'person.sign-out',
  'person.session-end',
  'person.sign-in-failed',
  'person.check-failed',
  'person.rename',
  'person.password',
  'person.second-factor-on',
  'person.second-factor-off',
  'person.backup-codes',
  'person.single-sign-on',
  'person.passkey-add',
  'person.passkey-rename',
  'person.passkey-remove',
  'person.sign-in-link',
  'person.link-request',
  'person.operator-on',
  'person.operator-off',
  'person.machine-delete',
] as const;
export type PersonVerb = (typeof personVerbs)[number];

export const planTypes = ['standard', 'premium'] as const;
export type PlanType = (typeof planTypes)[number];
export const templateCategories = ['os', 'marketplace'] as const;

export const filesystems = ['ext4', 'xfs', 'btrfs'] as const;
export type Filesystem = (typeof filesystems)[number];

export const nicTypes = ['public', 'vpc', 'ipv6'] as const;
export type NicType = (typeof nicTypes)[number];
/** How machines of a VPC that have no public address reach the outside: not at all, or by the VPC's gateway, under its address. */
export const gatewayTypes = ['none', 'nat'] as const;
export type GatewayType = (typeof gatewayTypes)[number];
export const addressTypes = ['IPv4', 'IPv6'] as const;
export type AddressType = (typeof addressTypes)[number];
export const addressStatuses = ['free', 'in-use'] as const;
export const noteTypes = ['personal', 'account'] as const;
export type NoteType = (typeof noteTypes)[number];

export const protocols = ['TCP', 'UDP', 'ICMP', 'ICMPV6', 'IPSEC', 'ALL'] as const;
export type Protocol = (typeof protocols)[number];
export const directions = ['INBOUND', 'OUTBOUND'] as const;
export type Direction = (typeof directions)[number];
