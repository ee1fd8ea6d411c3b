import { memberStatuses } from './enums.ts';
import { operationsOf } from './operation.ts';
import { membership, UpdateMemberRequest } from './project-members.ts';
import { answered, answeredWithPage, byId, email, named, page, SuccessResponse, time, uuid, word } from './schemas.ts';
import { Type } from './type.ts';

export const Member = named(
  'Member',
  Type.Object({
    id: uuid(),
    account_id: Type.Optional(uuid()),
    ...membership,
    updated_at: Type.Optional(time()),
  }),
);

export const AddMemberRequest = named(
  'AddMemberRequest',
  Type.Object({
    email: Type.Optional(email()),
    target_user_id: Type.Optional(uuid()),
    api_key_id: Type.Optional(uuid()),
    role_id: Type.Optional(uuid()),
  }),
);

const answer = answered(Member);

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

const ofMember = operationsOf({
  tag: 'Members',
  project: 'account',
  projectHeader: 'unused',
  ...byId('member'),
});
const ofMembers = operationsOf({
  tag: 'Members',
  project: 'account',
  projectHeader: 'unused',
});

/** Lists who belongs to the account, invitations that wait included. */
export const listMembers = ofMembers({
  id: 'listMembers',
  method: 'GET',
  path: '/api/v1/members',
  summary: 'Lists the members of the account',
  description:
    'The Owner, people, API keys that were made members, and invitations that were not accepted yet: members with the status pending. A member has one id from the invitation to the removal.',
  access: { who: 'permission', anyOf: ['account.members.view'] },
  query: Type.Object({
    status: Type.Optional(word(memberStatuses)),
    ...page(50),
  }),
  answer: answeredWithPage(Member),
});

/** Invites by e-mail, or gives a known user or an API key a role on the account. */
export const addMember = ofMembers({
  id: 'addMember',
  method: 'POST',
  path: '/api/v1/members',
  summary: 'Adds a member to the account',
  description:
    'Exactly one of email (sends an invitation; needs account.members.invite), target_user_id and api_key_id (both need account.members.manage).',
  access: { who: 'permission', anyOf: ['account.members.invite', 'account.members.manage'] },
  body: AddMemberRequest,
  status: 201,
  answer: added,
  audit: 'member.add',
  secret: true,
});

/** Shows a member. */
export const getMember = ofMember({
  id: 'getMember',
  method: 'GET',
  path: '/api/v1/members/{id}',
  summary: 'Shows a member of the account',
  access: { who: 'permission', anyOf: ['account.members.view'] },
  answer,
});

/** Changes a member's role, or suspends. */
export const updateMember = ofMember({
  id: 'updateMember',
  method: 'PATCH',
  path: '/api/v1/members/{id}',
  summary: 'Changes the role or status of a member',
  description:
    'Of a member that waits, the role; whoever changes it stands for the invitation from then on, and needs account.members.invite too. Of an API key, its account role. The Owner, and oneself, are not changed.',
  access: { who: 'permission', anyOf: ['account.members.manage'] },
  body: UpdateMemberRequest,
  answer,
  audit: 'member.update',
  changesAuthority: true,
});

/** Takes everything away that a member has in the account: the role, all roles on projects, the sessions' access. */
export const removeMember = ofMember({
  id: 'removeMember',
  method: 'DELETE',
  path: '/api/v1/members/{id}',
  summary: 'Removes a member from the account',
  description:
    'Of a person, the account role and all project roles end; API keys that the person created stay. Of an API key, the account role ends; its roles on projects are members of their own. Of a member that waits, the invitation is cancelled: its link is dead. The Owner, and oneself, are not removed.',
  access: { who: 'permission', anyOf: ['account.members.remove'] },
  answer: SuccessResponse,
  audit: 'member.remove',
  changesAuthority: true,
});
