import { Type } from 'typebox';
import { defineOperation } from './operation.ts';
import { email, named, SuccessResponse } from './schemas.ts';

const uuid = Type.String({ format: 'uuid' });
const type = Type.Enum(['account', 'project'], { type: 'string' });

export const Invitation = named(
  'Invitation',
  Type.Object({
    id: uuid,
    type,
    account_id: Type.Optional(uuid),
    account_name: Type.Optional(Type.String({ maxLength: 64 })),
    project_id: Type.Optional(uuid),
    project_name: Type.Optional(Type.String({ maxLength: 64 })),
    email: email(),
    role_id: Type.Optional(uuid),
    role_name: Type.Optional(Type.String({ maxLength: 64 })),
    invited_by_id: Type.Optional(uuid),
    invited_by_email: Type.Optional(email()),
    invited_by_name: Type.Optional(Type.String()),
    expires_at: Type.Optional(Type.String({ format: 'date-time' })),
    created_at: Type.Optional(Type.String({ format: 'date-time' })),
    accept_url: Type.Optional(
      Type.String({ description: 'Where no mail is configured: the link to hand over. Shown once, in this answer.' }),
    ),
  }),
);

export const CreateInvitationRequest = named('CreateInvitationRequest', Type.Object({ email: email(), role_id: uuid }));

const byId = Type.Object({ id: uuid });
const answer = Type.Object({ success: Type.Optional(Type.Boolean()), data: Type.Optional(Invitation) });

/** Invites a person to the account. */
export const createAccountInvitation = defineOperation({
  id: 'createAccountInvitation',
  method: 'POST',
  path: '/api/v1/invitations',
  quota: ['invitations'],
  tag: 'Invitations',
  summary: 'Invites a person to the account',
  access: { who: 'permission', anyOf: ['account.members.invite'] },
  project: 'account',
  projectHeader: 'unused',
  body: CreateInvitationRequest,
  bodyRequired: true,
  status: 201,
  answer,
  errors: [400],
  audit: 'invitation.create',
  secret: true,
});

/** Invites a person to one project. */
export const createProjectInvitation = defineOperation({
  id: 'createProjectInvitation',
  method: 'POST',
  path: '/api/v1/projects/{id}/invitations',
  quota: ['invitations'],
  tag: 'Invitations',
  summary: 'Invites a person to a project',
  access: { who: 'permission', anyOf: ['project.members.invite', 'account.members.invite'] },
  project: 'path',
  projectHeader: 'unused',
  resource: 'project',
  params: byId,
  body: CreateInvitationRequest,
  bodyRequired: true,
  status: 201,
  answer,
  errors: [400, 404],
  audit: 'invitation.create',
  secret: true,
});

/** Cancels an invitation: its link is dead at once. */
export const cancelInvitation = defineOperation({
  id: 'cancelInvitation',
  method: 'DELETE',
  path: '/api/v1/invitations/{id}',
  tag: 'Invitations',
  summary: 'Cancels an invitation',
  description: 'To an account: account.members.invite; to a project: also project.members.invite on it.',
  access: { who: 'key' },
  project: 'account',
  projectHeader: 'unused',
  resource: 'invitation',
  params: byId,
  status: 200,
  answer: SuccessResponse,
  errors: [404],
  audit: 'invitation.cancel',
});
