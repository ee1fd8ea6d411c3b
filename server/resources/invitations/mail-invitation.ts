import { sql } from 'kysely';
import { provenAddressOf } from '../../access/proven-address.ts';
import type { Change } from '../../calls/route.ts';
import { ApiError } from '../../foundation/api-error.ts';
import { invitationMail } from '../../mail/mails.ts';

interface Invitation {
  readonly id: string;
  readonly to: string;
  readonly account_name: string;
  readonly project_name: string | null;
  readonly role_name: string;
  readonly days: number;
  readonly link: string;
}

/**
 * Mails an invitation to somebody who may be a stranger: in the name of a proven address, and only so many.
 *
 * @throws ApiError 403 where there is none, 429
 */
export async function mailInvitation(call: Change, of: Invitation): Promise<void> {
  const { services, tx, principal } = call;
  const inviter = await provenAddressOf(tx, principal);
  if (inviter === undefined) throw new ApiError('unprovenAddress');
  await admitInvitation(call, recipientOf(of.to));
  const { account_name: accountName, project_name: projectName, role_name: roleName } = of;
  await services.outbox.post(tx, invitationMail({ ...of, inviter, accountName, projectName, roleName }));
}

/** What comes after a plus leads to the same person's box. */
function recipientOf(address: string): string {
  const at = address.lastIndexOf('@');
  return `${address.slice(0, at).replace(/(?<=.)\+.*/, '')}${address.slice(at)}`;
}

/** Counts an invitation of the account and to the recipient, whoever else invites; both are counted by one at a time, in this order. */
async function admitInvitation({ services, tx, principal }: Change, recipient: string): Promise<void> {
  const { invitationsPerHour: perHour, invitationsPerRecipient: perRecipient } = services.configuration.mail;
  const alone = (what: string) =>
    sql`select pg_advisory_xact_lock(hashtextextended(${`mailed invitations ${what}`}, 0))`.execute(tx.db);
  await alone(`of ${principal.accountId}`);
  await alone(`to ${recipient}`);
  const { rows } = await sql<{ ofAccount: number | null; toRecipient: number | null }>`
    select ceil(extract(epoch from interval '1 hour' - (now() - (
             select created_at from mailed_invitations
              where account_id = ${principal.accountId} and created_at > now() - interval '1 hour'
              order by created_at desc offset ${perHour - 1} limit 1))))::integer as "ofAccount",
           ceil(extract(epoch from interval '1 day' - (now() - (
             select created_at from mailed_invitations
              where recipient = ${recipient} and created_at > now() - interval '1 day'
              order by created_at desc offset ${perRecipient - 1} limit 1))))::integer as "toRecipient"`.execute(tx.db);
  const { ofAccount = null, toRecipient = null } = rows[0] ?? {};
  if (ofAccount !== null) refuse(`an account sends ${perHour} an hour`, ofAccount);
  if (toRecipient !== null) refuse(`nobody gets more than ${perRecipient} a day`, toRecipient);
  await tx.db.insertInto('mailed_invitations').values({ account_id: principal.accountId, recipient }).execute();
}

function refuse(rule: string, left: number): never {
  const seconds = Math.max(1, left);
  const minutes = Math.ceil(seconds / 60);
  throw new ApiError(
    'tooManyInvitations',
    { rule, wait: minutes === 1 ? 'a minute' : `${minutes} minutes` },
    { headers: { 'Retry-After': String(seconds) } },
  );
}
