import type { CreateVMRequest, Template, VMPricingPlan } from '@raffia/client/client.ts';
import type { Filesystem, PlanType } from '@raffia/contract/enums.ts';
import type { BackupFrequency, Weekday } from '@raffia/contract/vm-rules.ts';
import { planRefusal } from '../../parts/plan-refusal.ts';
import type { System, SystemKind } from '../../parts/systems.ts';
import { mostAtOnce, namesFrom } from './names.ts';

/** A private network: one of its own, made by the server; a new one with a block that is chosen; or the id of one that there is. */
export type Network = 'auto' | 'new' | (string & {});

/** What the form holds. */
export interface VmValues {
  /** Asked for where all projects are looked at. */
  projectId: string | null;
  region: string;
  /** Which tiles are looked at. */
  kind: SystemKind;
  systemId: string;
  /** Which plans are looked at. */
  family: PlanType;
  planId: number | null;
  signIn: 'key' | 'password';
  keyIds: string[];
  /** A public key that is not one of the account's. */
  pasted: string;
  password: string;
  hasPublic: boolean;
  hasNetwork: boolean;
  network: Network;
  networkName: string;
  networkBlock: string;
  /** GB; empty: none. */
  volume: number | string;
  filesystem: Filesystem;
  backups: 'none' | BackupFrequency;
  backupTime: string;
  backupDay: Weekday;
  /** Whether the name is the person's own, and not the one that is suggested. */
  isNamed: boolean;
  name: string;
  count: number | string;
  /** Names of several that are the person's own, by their place. */
  ownNames: Record<string, string>;
  tags: string[];
}

export const initialValues: VmValues = {
  projectId: null,
  region: '',
  kind: 'os',
  systemId: '',
  family: 'standard',
  planId: null,
  signIn: 'key',
  keyIds: [],
  pasted: '',
  password: '',
  hasPublic: true,
  hasNetwork: true,
  network: 'auto',
  networkName: '',
  networkBlock: '',
  volume: '',
  filesystem: 'ext4',
  backups: 'none',
  backupTime: '02:00',
  backupDay: 'Sunday',
  isNamed: false,
  name: '',
  count: 1,
  ownNames: {},
  tags: [],
};

/** What a new form holds: the region's first system, and the account's only key. */
export function firstValues(
  {
    regions,
    templates,
  }: {
    readonly regions: readonly { readonly code: string; readonly is_default: boolean }[];
    readonly templates: readonly Pick<Template, 'id' | 'region'>[];
  },
  keys: readonly { readonly id: string }[],
  projectId: string | null,
): VmValues {
  const region = regions.find(({ is_default }) => is_default)?.code ?? regions[0]?.code ?? '';
  return {
    ...initialValues,
    projectId,
    region,
    systemId: templates.find((template) => template.region === region)?.id ?? '',
    keyIds: keys.length === 1 ? keys.map(({ id }) => id) : [],
  };
}

/** The same with another system, where it is installed. */
export function withSystem(values: VmValues, { id, kind, region }: Pick<System, 'id' | 'kind' | 'region'>): VmValues {
  // A network is in one region.
  const around = region === values.region ? {} : { region, network: 'auto' };
  return { ...values, ...around, kind, systemId: id };
}

/** The plan that is meant: the chosen one while the system runs on it, else the first on which it does, of the family that is looked at. */
export function planOf(
  { planId, family }: Pick<VmValues, 'planId' | 'family'>,
  plans: readonly VMPricingPlan[],
  system: System | undefined,
): VMPricingPlan | undefined {
  const fits = plans.filter((plan) => system === undefined || planRefusal(plan, system) === undefined);
  return fits.find(({ id }) => id === planId) ?? fits.find(({ vm_type }) => vm_type === family) ?? fits[0];
}

/** How many, also while something else is typed. */
export function countOf({ count }: Pick<VmValues, 'count'>): number {
  return Math.min(mostAtOnce, Math.max(1, Math.trunc(Number(count)) || 1));
}

/** The names that the VMs get. */
export function namesOf(
  values: Pick<VmValues, 'isNamed' | 'name' | 'count' | 'ownNames'>,
  suggested: string,
): string[] {
  const count = countOf(values);
  const names = namesFrom(values.isNamed ? values.name.trim() : suggested, count);
  return count === 1 ? names : names.map((name, at) => values.ownNames[at]?.trim() ?? name);
}

/** Whether a VM of a system signs in with a password alone. */
export function usesPassword({ signIn }: Pick<VmValues, 'signIn'>, system: System | undefined): boolean {
  return signIn === 'password' || system?.is_windows === true;
}

/** The request that makes one of the VMs. */
export function requestOf(
  values: VmValues,
  {
    name,
    system,
    plan,
    keys,
  }: {
    name: string;
    system: System | undefined;
    plan: VMPricingPlan | undefined;
    /** The account's SSH keys. */
    keys: readonly { readonly id: string; readonly public_key: string }[];
  },
): CreateVMRequest {
  const { volume, backups, network, tags, pasted } = values;
  const size = Number(volume) || 0;
  const chosen = keys.filter(({ id }) => values.keyIds.includes(id)).map(({ public_key }) => public_key);
  return {
    name,
    template_id: values.systemId,
    pricing_id: plan?.id ?? 0,
    region: values.region,
    ...(usesPassword(values, system)
      ? { password: values.password }
      : { ssh_keys: pasted.trim() === '' ? chosen : [...chosen, pasted.trim()] }),
    ...(size > 0 ? { extra_storage: size } : {}),
    ...(size > 0 && system?.is_windows !== true ? { extra_storage_type: values.filesystem } : {}),
    ...(backups === 'none' ? {} : { backup_type: backups, backup_time: values.backupTime }),
    ...(backups === 'weekly' ? { backup_date: values.backupDay } : {}),
    ...(tags.length > 0 ? { tags } : {}),
    ...(values.hasPublic ? {} : { skip_public_ip: true }),
    ...(values.hasNetwork ? networkOf(network, values) : { skip_vpc: true }),
  };
}

function networkOf(network: Network, { networkName, networkBlock }: VmValues): Partial<CreateVMRequest> {
  if (network === 'auto') return {};
  if (network === 'new') return { vpc_name: networkName.trim(), vpc_cidr: networkBlock.trim() };
  return { vpc_id: network };
}
