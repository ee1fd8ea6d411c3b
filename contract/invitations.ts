import { scopes } from './enums.ts';
import { operationsOf } from './operation.ts';
import { answered, byId, email, named, SuccessResponse, time, uuid, word } from './schemas.ts';
import { Type } from './type.ts';

const type = word(scopes);

export const Invitation = named(
  'Invitation',
  Type.Object({
    id: uuid(),
    type,
    account_id: Type.Optional(uuid()),
    account_name: Type.Optional(Type.String({ maxLength: 64 })),
    project_id: Type.Optional(uuid()),
    project_name: Type.Optional(Type.String({ maxLength: 64 })),
    email: email(),
    role_id: Type.Optional(uuid()),
    role_name: Type.Optional(Type.String({ maxLength: 64 })),
    invited_by_id: Type.Optional(uuid()),
    invited_by_email: Type.Optional(email()),
    invited_by_name: Type.Optional(Type.String()),
    expires_at: Type.Optional(time()),
    created_at: Type.Optional(time()),
    accept_url: Type.Optional(
      Type.String({ description: 'Where no mail is configured: the link to hand over. Shown once, in this answer.' }),
    ),
  }),
);

export const CreateInvitationRequest = named(
  'CreateInvitationRequest',
  Type.Object({ email: email(), role_id: uuid() }),
);

const answer = answered(Invitation);

const ofAccount = operationsOf({
  tag: 'Invitations',
  project: 'account',
  projectHeader: 'unused',
});
const ofProject = operationsOf({
  tag: 'Invitations',
  project: 'path',
  projectHeader: 'unused',
  ...byId('project'),
});

/** Invites a person to the account. */
export const createAccountInvitation = ofAccount({
  id: 'createAccountInvitation',
  method: 'POST',
  path: '/api/v1/invitations',
  quota: ['invitations'],
  summary: 'Invites a person to the account',
  access: { who: 'permission', anyOf: ['account.members.invite'] },
  body: CreateInvitationRequest,
  status: 201,
  answer,
  audit: 'invitation.create',
  secret: true,
});

/** Invites a person to one project. */
export const createProjectInvitation = ofProject({
  id: 'createProjectInvitation',
  method: 'POST',
  path: '/api/v1/projects/{id}/invitations',
  quota: ['invitations'],
  summary: 'Invites a person to a project',
  access: { who: 'permission', anyOf: ['project.members.invite', 'account.members.invite'] },
  body: CreateInvitationRequest,
  status: 201,
  answer,
  audit: 'invitation.create',
  secret: true,
});

/** Cancels an invitation: its link is dead at once. */
export const cancelInvitation = ofAccount({
  id: 'cancelInvitation',
  method: 'DELETE',
  path: '/api/v1/invitations/{id}',
  summary: 'Cancels an invitation',
  description: 'To an account: account.members.invite; to a project: also project.members.invite on it.',
  access: { who: 'key' },
  ...byId('invitation'),
  answer: SuccessResponse,
  audit: 'invitation.cancel',
});
