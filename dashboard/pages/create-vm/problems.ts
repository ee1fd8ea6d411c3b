import { limits, passwordProblems } from '@raffia/contract/vm-rules.ts';
import type { System } from '../../parts/systems.ts';
import { longestName, mostAtOnce } from './names.ts';
import { namesOf, usesPassword, type VmValues } from './values.ts';

/** What is not right yet, by field, in the page's order. */
export type Problems = Readonly<Record<string, string>>;

export interface Surroundings {
  readonly system: System | undefined;
  readonly hasPlan: boolean;
  readonly isAskedForProject: boolean;
  readonly suggested: string;
  /** Names of the account's VMs, as far as they are seen. */
  readonly taken: ReadonlySet<string>;
  /** Ids of the networks that can be chosen. */
  readonly networks: readonly string[];
}

export function problemsOf(values: VmValues, around: Surroundings): Problems {
  const found: Record<string, string> = {};
  const { system } = around;
  if (around.isAskedForProject && values.projectId === null) found.projectId = 'Choose a project';
  if (system === undefined) found.systemId = 'Choose a system';
  if (!around.hasPlan) found.planId = 'No plan of this region is large enough. Choose another system';
  Object.assign(found, accessProblems(values, system), networkProblems(values, around.networks));
  const size = Number(values.volume || 0);
  if (!Number.isInteger(size) || size < 0 || size > limits.extraStorage) {
    found.volume = `From 1 to ${limits.extraStorage.toLocaleString('en')} GB, or empty for none`;
  }
  return Object.assign(found, nameProblems(values, around));
}

function accessProblems(values: VmValues, system: System | undefined): Problems {
  if (usesPassword(values, system)) {
    if (values.password === '') return { password: 'Choose a password' };
    const [first] = passwordProblems(values.password);
    return first === undefined ? {} : { password: `The password ${first}` };
  }
  const pasted = values.pasted.trim();
  const wrong = pasted === '' ? undefined : keyProblem(pasted);
  if (wrong !== undefined) return { pasted: wrong };
  return pasted === '' && values.keyIds.length === 0 ? { keyIds: 'Choose an SSH key, or set a password' } : {};
}

/** What is wrong with a public key at first sight; the server looks closer. */
export function keyProblem(text: string): string | undefined {
  if (/PRIVATE KEY/.test(text)) return 'This is a private key. Paste the .pub file, and keep this one secret';
  if (/[\r\n]/.test(text)) return 'Paste one key, on one line';
  if (!/^(ssh-(rsa|ed25519)|ecdsa-sha2-nistp(256|384|521))\s+\S/.test(text)) {
    return 'A public key begins with ssh-ed25519, ssh-rsa or ecdsa-sha2-nistp256';
  }
  return undefined;
}

function networkProblems(values: VmValues, networks: readonly string[]): Problems {
  const { hasPublic, hasNetwork, network } = values;
  if (!hasNetwork) return hasPublic ? {} : { hasNetwork: 'A VM needs a public address, a private network, or both' };
  if (network === 'auto') return {};
  if (network !== 'new') return networks.includes(network) ? {} : { network: 'Choose a network of this project' };
  return {
    ...(values.networkName.trim() === '' ? { networkName: 'A network needs a name' } : {}),
    ...(isBlock(values.networkBlock) ? {} : { networkBlock: 'Write a block such as 10.0.1.0/24, from /16 to /28' }),
  };
}

function isBlock(text: string): boolean {
  const [, address = '', size] = /^((?:\d{1,3}\.){3}\d{1,3})\/(\d{1,2})$/.exec(text.trim()) ?? [];
  return address.split('.').every((part) => Number(part) <= 255) && Number(size) >= 16 && Number(size) <= 28;
}

function nameProblems(values: VmValues, { suggested, taken }: Surroundings): Problems {
  const count = Number(values.count);
  const wrongCount: Problems =
    Number.isInteger(count) && count >= 1 && count <= mostAtOnce ? {} : { count: `From 1 to ${mostAtOnce}` };
  if (values.isNamed && values.name.trim() === '') return { name: 'A VM needs a name', ...wrongCount };
  const names = namesOf(values, suggested);
  const found: Record<string, string> = {};
  for (const [at, name] of names.entries()) {
    const problem = nameProblem(name, names.indexOf(name) < at, taken);
    if (problem !== undefined) found[names.length === 1 ? 'name' : `ownNames.${at}`] = problem;
  }
  return { ...found, ...wrongCount };
}

function nameProblem(name: string, isAgain: boolean, taken: ReadonlySet<string>): string | undefined {
  if (name === '') return 'A VM needs a name';
  if (name.length > longestName) return `At most ${longestName} characters`;
  if (isAgain) return `${name} is in the list twice`;
  return taken.has(name) ? `There is a VM called ${name} already` : undefined;
}
