import { cancelInvitation, createAccountInvitation, createProjectInvitation } from '@raffia/contract/invitations.ts';
import { acceptInvitation, lookAtInvitation } from '@raffia/contract/people.ts';
import { openWrite, type Route, write } from '../../calls/route.ts';
import { accept, look, prepareAcceptance } from './accept-invitation.ts';
import { cancel, inviteToAccount, inviteToProject } from './invitations.ts';

export const invitationRoutes: readonly Route[] = [
  write(createAccountInvitation, inviteToAccount),
  write(createProjectInvitation, inviteToProject),
  write(cancelInvitation, cancel),
  openWrite(lookAtInvitation, { handle: look }),
  openWrite(acceptInvitation, { prepare: prepareAcceptance, handle: accept }),
];
