import { plainWords } from './plain-words.ts';

/** A mail before it is posted. */
export interface Mail {
  /** What it is about: a newer mail about the same takes the place of one that still waits. */
  readonly about: string;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

/*
 * All mails that there are. What somebody named is never in a subject, and in a text only as plain words: a mail of this cloud must not
 * be a way to send one's own text or links to strangers.
 */

/** An invitation; `inviter` is an address that was proven. */
export function invitationMail(of: {
  readonly id: string;
  readonly to: string;
  readonly inviter: string;
  readonly accountName: string;
  readonly projectName: string | null;
  readonly roleName: string;
  readonly days: number;
  readonly link: string;
}): Mail {
  const account = plainWords(of.accountName, 'an account');
  const where = of.projectName === null ? account : `${plainWords(of.projectName, 'a project')} of ${account}`;
  const role = plainWords(of.roleName, 'a role of its own');
  return {
    about: aboutInvitation(of.id),
    to: of.to,
    subject: `An invitation to the cloud at ${new URL(of.link).host}`,
    text: `${of.inviter} invites you to ${where}, as ${role}.\n\nAccept within ${of.days} days:\n\n${of.link}\n\nIf you did not expect this, you need not do anything.\n`,
  };
}

/** What the mail of an invitation is about: one that was cancelled need not leave. */
export function aboutInvitation(id: string): string {
  return `invitation ${id}`;
}

/** A link with which a person sets a password. */
export function linkMail(of: {
  readonly userId: string;
  readonly to: string;
  readonly hours: number;
  readonly link: string;
}): Mail {
  return {
    about: `link ${of.userId}`,
    to: of.to,
    subject: 'Set a new password',
    text: `Set a new password within ${of.hours} hours:\n\n${of.link}\n\nIf you did not ask for this, you need not do anything.\n`,
  };
}

/** A machine's new password. */
export function passwordMail(of: {
  readonly vm: { readonly id: string; readonly name: string };
  readonly to: string;
  readonly password: string;
}): Mail {
  const name = plainWords(of.vm.name, of.vm.id);
  return {
    about: `password ${of.vm.id}`,
    to: of.to,
    subject: 'A new password for your VM',
    text: `The new password of ${name} is\n\n${of.password}\n\nIt works as soon as the VM has it. Change it after you sign in.\n`,
  };
}
