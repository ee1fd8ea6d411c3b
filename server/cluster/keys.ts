/** Names in Redis. All that is there can be lost: it costs one window of a limit, and what was kept is read anew. */
const prefix = 'raffia';

export const epochKey = `${prefix}:epoch`;
export const changesChannel = `${prefix}:changes`;
export const sessionsChannel = `${prefix}:sessions`;

/** What nodes may keep of an account. */
export const accountKey = (accountId: string): string => `${prefix}:account:${accountId}`;

/** The admissions of a second, and the budget above them. */
export const limiterKeys = (name: string): [string, string] => [`${prefix}:limit:${name}`, `${prefix}:burst:${name}`];

export const attemptsKey = (name: string): string => `${prefix}:attempts:${name}`;

export type Counted = 'streams' | 'consoles';

/** What is open of a credential, which is a hash, and of an account. */
export const openKeys = (counted: Counted, credential: string, accountId: string): [string, string] => [
  `${prefix}:${counted}:credential:${credential}`,
  `${prefix}:${counted}:account:${accountId}`,
];

/** That a credential, which is a hash, is a real one. */
export const knownKey = (credential: string): string => `${prefix}:known:${credential}`;
