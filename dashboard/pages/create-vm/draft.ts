import { filesystems, planTypes } from '@raffia/contract/enums.ts';
import { weekdays } from '@raffia/contract/vm-rules.ts';
import { systemKinds } from './systems.ts';
import type { VmValues } from './values.ts';

/** What is kept of a form: everything but secrets. A private key that was pasted by mistake is one, too. */
export function draftOf({ password: _secret, ...values }: VmValues): string {
  return JSON.stringify({ ...values, pasted: /PRIVATE KEY/.test(values.pasted) ? '' : values.pasted });
}

/** Whether something was entered: what is looked at alone is nothing. */
export function differs(values: VmValues, from: VmValues): boolean {
  const entered = ({ kind: _kind, family: _family, ...rest }: VmValues) => JSON.stringify(rest);
  return entered(values) !== entered(from);
}

const oneOf = (words: readonly unknown[]) => (value: unknown) => words.includes(value);
const isText = (value: unknown) => typeof value === 'string';
const isFlag = (value: unknown) => typeof value === 'boolean';
const isAmount = (value: unknown) => isText(value) || typeof value === 'number';
const areTexts = (value: unknown) => Array.isArray(value) && value.every(isText);

const kinds: Readonly<Record<keyof Omit<VmValues, 'password'>, (value: unknown) => boolean>> = {
  projectId: (value) => value === null || isText(value),
  region: isText,
  kind: oneOf(systemKinds),
  systemId: isText,
  family: oneOf(planTypes),
  planId: (value) => value === null || typeof value === 'number',
  signIn: oneOf(['key', 'password']),
  keyIds: areTexts,
  pasted: isText,
  hasPublic: isFlag,
  hasNetwork: isFlag,
  network: isText,
  networkName: isText,
  networkBlock: isText,
  volume: isAmount,
  filesystem: oneOf(filesystems),
  backups: oneOf(['none', 'daily', 'weekly']),
  backupTime: isText,
  backupDay: oneOf(weekdays),
  isNamed: isFlag,
  name: isText,
  count: isAmount,
  ownNames: (value) => typeof value === 'object' && value !== null && areTexts(Object.values(value)),
  tags: areTexts,
};

/** What was kept, over what a new form holds; undefined where nothing was, or it is not what this page keeps. */
export function readDraft(text: string | null, initial: VmValues): VmValues | undefined {
  let read: unknown;
  try {
    read = JSON.parse(text ?? 'null');
  } catch {
    return undefined;
  }
  if (typeof read !== 'object' || read === null) return undefined;
  const kept = Object.entries(kinds).map(([name, isKind]) => {
    const value = (read as Record<string, unknown>)[name];
    return isKind(value) ? [name, value] : undefined;
  });
  if (kept.includes(undefined)) return undefined;
  const values = {
    ...initial,
    ...(Object.fromEntries(kept as [string, unknown][]) as Partial<VmValues>),
    password: '',
  };
  return differs(values, initial) ? values : undefined;
}
