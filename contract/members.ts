import { Type } from 'typebox';
import { defineOperation } from './operation.ts';
import { UpdateMemberRequest } from './project-members.ts';
import { email, named, page, rows, SuccessResponse, total } from './schemas.ts';

const status = Type.Enum(['pending', 'active', 'suspended'], { type: 'string' });

export const Member = named(
  'Member',
  Type.Object({
    id: Type.String({ format: 'uuid' }),
    account_id: Type.Optional(Type.String({ format: 'uuid' })),
    user_id: Type.Optional(Type.Union([Type.String({ format: 'uuid' }), Type.Null()])),
    email: {
      ...email(),
      description:
        'As it was written in the invitation, and compared without regard to case; of an API key, key-<id>@apikeys.invalid.',
    },
    role: Type.Optional(Type.String({ maxLength: 64 })),
    role_id: Type.Optional(Type.String({ format: 'uuid' })),
    role_name: Type.Optional(Type.String({ maxLength: 64 })),
    status,
    invited_by: Type.Optional(Type.String({ format: 'uuid' })),
    invited_at: Type.Optional(Type.String({ format: 'date-time' })),
    accepted_at: Type.Optional(Type.String({ format: 'date-time' })),
    invitation_id: Type.Optional(Type.String({ format: 'uuid' })),
    invitation_expires_at: Type.Optional(Type.String({ format: 'date-time' })),
    created_at: Type.Optional(Type.String({ format: 'date-time' })),
    updated_at: Type.Optional(Type.String({ format: 'date-time' })),
  }),
);

export const AddMemberRequest = named(
  'AddMemberRequest',
  Type.Object({
    email: Type.Optional(email()),
    target_user_id: Type.Optional(Type.String({ format: 'uuid' })),
    api_key_id: Type.Optional(Type.String({ format: 'uuid' })),
    role_id: Type.Optional(Type.String({ format: 'uuid' })),
  }),
);

const byId = Type.Object({ id: Type.String({ format: 'uuid' }) });
const answer = Type.Object({ success: Type.Optional(Type.Boolean()), data: Type.Optional(Member) });

/** A new member, whose invitation may have to be handed over. */
const added = Type.Object({
  success: Type.Optional(Type.Boolean()),
  data: Type.Optional(
    Type.Object({
      ...Member.properties,
      accept_url: Type.Optional(
        Type.String({
          description:
            'Of an invitation, where no mail is configured: the link to hand over. Shown once, in this answer.',
        }),
      ),
    }),
  ),
});

/** Lists who belongs to the account, invitations that wait included. */
export const listMembers = defineOperation({
  id: 'listMembers',
  method: 'GET',
  path: '/api/v1/members',
  tag: 'Members',
  summary: 'Lists the members of the account',
  description:
    'The Owner, people, API keys that were made members, and invitations that were not accepted yet: members with the status pending. A member has one id from the invitation to the removal.',
  access: { who: 'permission', anyOf: ['account.members.view'] },
  project: 'account',
  projectHeader: 'unused',
  query: Type.Object({
    status: Type.Optional(status),
    ...page(50),
  }),
  status: 200,
  answer: Type.Object({
    success: Type.Optional(Type.Boolean()),
    data: Type.Optional(rows(Member)),
    total: Type.Optional(total()),
  }),
  errors: [401],
});

/** Invites by e-mail, or gives a known user or an API key a role on the account. */
export const addMember = defineOperation({
  id: 'addMember',
  method: 'POST',
  path: '/api/v1/members',
  tag: 'Members',
  summary: 'Adds a member to the account',
  description:
    'Exactly one of email (sends an invitation; needs account.members.invite), target_user_id and api_key_id (both need account.members.manage).',
  access: { who: 'permission', anyOf: ['account.members.invite', 'account.members.manage'] },
  project: 'account',
  projectHeader: 'unused',
  body: AddMemberRequest,
  bodyRequired: true,
  status: 201,
  answer: added,
  errors: [400],
  audit: 'member.add',
  secret: true,
});

/** Shows a member. */
export const getMember = defineOperation({
  id: 'getMember',
  method: 'GET',
  path: '/api/v1/members/{id}',
  tag: 'Members',
  summary: 'Shows a member of the account',
  access: { who: 'permission', anyOf: ['account.members.view'] },
  project: 'account',
  projectHeader: 'unused',
  resource: 'member',
  params: byId,
  status: 200,
  answer,
  errors: [404],
});

/** Changes a member's role, or suspends. */
export const updateMember = defineOperation({
  id: 'updateMember',
  method: 'PATCH',
  path: '/api/v1/members/{id}',
  tag: 'Members',
  summary: 'Changes the role or status of a member',
  description:
    'Of a member that waits, the role; whoever changes it stands for the invitation from then on, and needs account.members.invite too. Of an API key, its account role. The Owner, and oneself, are not changed.',
  access: { who: 'permission', anyOf: ['account.members.manage'] },
  project: 'account',
  projectHeader: 'unused',
  resource: 'member',
  params: byId,
  body: UpdateMemberRequest,
  bodyRequired: true,
  status: 200,
  answer,
  errors: [404],
  audit: 'member.update',
  changesAuthority: true,
});

/** Takes everything away that a member has in the account: the role, all roles on projects, the sessions' access. */
export const removeMember = defineOperation({
  id: 'removeMember',
  method: 'DELETE',
  path: '/api/v1/members/{id}',
  tag: 'Members',
  summary: 'Removes a member from the account',
  description:
    'Of a person, the account role and all project roles end; API keys that the person created stay. Of an API key, the account role ends; its roles on projects are members of their own. Of a member that waits, the invitation is cancelled: its link is dead. The Owner, and oneself, are not removed.',
  access: { who: 'permission', anyOf: ['account.members.remove'] },
  project: 'account',
  projectHeader: 'unused',
  resource: 'member',
  params: byId,
  status: 200,
  answer: SuccessResponse,
  errors: [404],
  audit: 'member.remove',
  changesAuthority: true,
});
