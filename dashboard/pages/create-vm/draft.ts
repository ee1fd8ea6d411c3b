import { filesystems, planTypes } from '@raffia/contract/enums.ts';
import { weekdays } from '@raffia/contract/vm-rules.ts';
import { areTexts, type Check, type DraftKind, isFlag, isText, noneOr, oneOf, readFields } from '../../parts/draft.ts';
import { systemKinds } from '../../parts/systems.ts';
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

const isAmount: Check = (value) => isText(value) || typeof value === 'number';

const kinds: Readonly<Record<keyof Omit<VmValues, 'password'>, Check>> = {
  projectId: noneOr(isText),
  region: isText,
  kind: oneOf(systemKinds),
  systemId: isText,
  family: oneOf(planTypes),
  planId: noneOr((value) => typeof value === 'number'),
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
  const kept = readFields<Omit<VmValues, 'password'>>(text, kinds);
  if (kept === undefined) return undefined;
  const values = { ...initial, ...kept, password: '' };
  return differs(values, initial) ? values : undefined;
}

/** A password is nothing that was entered: it would not come back. */
export const vmDraft: DraftKind<VmValues> = {
  name: 'create-vm',
  write: draftOf,
  read: readDraft,
  differs: (values, from) => differs({ ...values, password: '' }, from),
};
