import type { AuditEntry } from '@raffia/client/client.ts';
import type { PersonVerb } from '@raffia/contract/enums.ts';
import { type Resource, resources } from '@raffia/contract/resources.ts';

const labels = new Map(Object.values<Resource>(resources).map(({ noun, label }) => [noun, label]));

/** Kinds as the filter names them, in the order of the contract. */
export const auditKinds: readonly { readonly value: string; readonly label: string }[] = [
  ...[...labels].map(([noun, label]) => ({ value: noun, label: plainly(capital(label)) })),
  { value: 'person', label: 'Sign-in' },
];

/** What happened to a person's way in. */
const ofPersons: Readonly<Record<PersonVerb, (who: string) => string>> = {
  'person.sign-in': (who) => `${who} signed in`,
  'person.sign-out': (who) => `${who} signed out`,
  'person.session-end': (who) => `${who} signed out sessions`,
  'person.sign-in-failed': (who) => `A sign-in as ${who} failed`,
  'person.check-failed': (who) => `A wrong password or code was given in a session of ${who}`,
  'person.rename': (who) => `${who} has a new name`,
  'person.password': (who) => `${who} has a new password`,
  'person.second-factor-on': (who) => `${who} turned two-factor sign-in on`,
  'person.second-factor-off': (who) => `${who} turned two-factor sign-in off`,
  'person.backup-codes': (who) => `${who} made new backup codes`,
  'person.single-sign-on': (who) => `${who} linked single sign-on`,
  'person.passkey-add': (who) => `${who} added a passkey`,
  'person.passkey-rename': (who) => `${who} renamed a passkey`,
  'person.passkey-remove': (who) => `${who} removed a passkey`,
  'person.operator-on': (who) => `${who} was made an operator of this cloud`,
  'person.operator-off': (who) => `${who} is no longer an operator of this cloud`,
  'person.machine-delete': (who) => `${who} deleted a found machine of this cloud`,
  'person.sign-in-link': (who) => `A sign-in link was made for ${who}`,
  'person.link-request': (who) => `A link to set a new password of ${who} was asked for`,
};

/** What was done, where the word in the verb is not said so; a noun stands for itself. */
const done: Readonly<Record<string, string>> = {
  'account.create': 'Account created',
  'account.quota': 'Quota set',
  'apikey.patience': 'API key waits longer or shorter',
  'apikey.tier-approved': 'High limit approved',
  'apikey.tier-declined': 'High limit declined',
  'apikey.tier-request': 'High limit requested',
  'backup.delete-chain': 'Backups of a VM deleted',
  'invitation.accept': 'Invitation accepted',
  'invitation.cancel': 'Invitation cancelled',
  'invitation.create': 'Invitation sent',
  'ip.change': 'Public IP exchanged',
  'ip.release': 'Public IP released',
  'ip.reserve': 'Public IP reserved',
  'member.role-remove': 'Account role removed',
  'project.member-add': 'Project role given',
  'project.member-remove': 'Project role removed',
  'project.member-update': 'Project role changed',
  'vm.adopt': 'Found machine adopted as VM',
  'vm.attach-ip': 'Public IP attached',
  'vm.attach-security-group': 'Firewall group attached',
  'vm.attach-vpc': 'VPC attached',
  'vm.console-close': 'Console closed',
  'vm.console-open': 'Console opened',
  'vm.detach-ip': 'Public IP detached',
  'vm.detach-security-group': 'Firewall group detached',
  'vm.detach-vpc': 'VPC detached',
  'vm.disk-resize': 'Disk grown',
  'vm.factory-reset': 'VM reset to its first system',
  'vm.note-append': 'Note extended',
  'vm.note-update': 'Note changed',
  'vm.note-write': 'Note written',
  'vm.password-reveal': 'Password shown',
  'vm.reboot': 'VM restarted',
  'vm.reboot-hard': 'VM force-restarted',
  'vm.reset-backup-chain': 'Backups of a VM started anew',
  'vm.reset-password': 'Root password set',
  'vm.resize': 'VM size changed',
  'vm.save-image': 'Image saved',
  'vm.tag-add': 'Tag added',
  'vm.tag-remove': 'Tag removed',
  'vm.tag-update': 'Tag changed',
  'volume.resize': 'Volume grown',
};

const participles: Readonly<Record<string, string>> = {
  add: 'added',
  attach: 'attached',
  create: 'created',
  delete: 'deleted',
  detach: 'detached',
  regenerate: 'regenerated',
  reinstall: 'reinstalled',
  remove: 'removed',
  rename: 'renamed',
  restore: 'restored',
  start: 'started',
  stop: 'stopped',
  update: 'changed',
};

/** An entry's verb in words: `VM created`, `anna@example.com signed in`. */
export function actionWords({ verb, details }: Pick<AuditEntry, 'verb' | 'details'>): string {
  const { email } = details as { email?: unknown };
  if (verb in ofPersons) {
    const say = ofPersons[verb as PersonVerb];
    return typeof email === 'string' ? say(email) : capital(say('a person'));
  }
  if (done[verb] !== undefined) return done[verb];
  const [noun = '', act = ''] = verb.split('.', 2);
  return plainly(capital(`${labels.get(noun) ?? noun} ${participles[act] ?? act.replaceAll('-', ' ')}`));
}

/** Where somebody was, if the entry says so. */
export function originOf({ details }: Pick<AuditEntry, 'details'>): string | undefined {
  const { address } = details as { address?: unknown };
  return typeof address === 'string' && address !== 'operator' ? address : undefined;
}

function capital(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}

/** Security groups are firewall groups wherever people read of them. */
function plainly(text: string): string {
  return text.replace('Security group', 'Firewall group');
}
