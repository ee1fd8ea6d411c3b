import { provenAddressOf } from '../../access/proven-address.ts';
import { ApiError } from '../../http/api-error.ts';
import type { Change } from '../../http/route.ts';
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
 * Mails an invitation to somebody who may be a stranger: in the name of a proven address.
 *
 * @throws ApiError 403 where there is none
 */
export async function mailInvitation({ services, tx, principal }: Change, of: Invitation): Promise<void> {
  const inviter = await provenAddressOf(tx, principal);
  if (inviter === undefined) throw new ApiError('unprovenAddress');
  await services.outbox.post(
    tx,
    invitationMail({
      ...of,
      inviter,
      accountName: of.account_name,
      projectName: of.project_name,
      roleName: of.role_name,
    }),
  );
}
