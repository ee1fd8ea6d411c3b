import { accessStatuses, memberStatuses } from './enums.ts';
import { operationsOf } from './operation.ts';
import { answered, answeredWithPage, byId, email, named, page, SuccessResponse, time, uuid, word } from './schemas.ts';
import { Type } from './type.ts';

/** What a membership says of the account and of a project alike. */
export const membership = {
  user_id: Type.Optional(Type.Union([uuid(), Type.Null()])),
  email: {
    ...email(),
    description:
      'As it was written in the invitation, and compared without regard to case; of an API key, key-<id>@apikeys.invalid.',
  },
  role: Type.Optional(Type.String({ maxLength: 64 })),
  role_id: Type.Optional(uuid()),
  role_name: Type.Optional(Type.String({ maxLength: 64 })),
  status: word(memberStatuses),
  invited_by: Type.Optional(uuid()),
  invited_at: Type.Optional(time()),
  accepted_at: Type.Optional(time()),
  invitation_id: Type.Optional(uuid()),
  invitation_expires_at: Type.Optional(time()),
  created_at: Type.Optional(time()),
};

export const ProjectMember = named(
  'ProjectMember',
  Type.Object({
    id: uuid(),
    project_id: Type.Optional(uuid()),
    ...membership,
  }),
);

export const AddProjectMemberRequest = named(
  'AddProjectMemberRequest',
  Type.Object({
    target_user_id: Type.Optional(uuid()),
    api_key_id: Type.Optional(uuid()),
    role_id: uuid(),
  }),
);

export const UpdateMemberRequest = named(
  'UpdateMemberRequest',
  Type.Object({
    role_id: Type.Optional(uuid()),
    status: Type.Optional(word(accessStatuses)),
  }),
);

const ofMember = operationsOf({
  tag: 'Project Members',
  project: 'path',
  projectHeader: 'unused',
  ...byId('project', { member_id: uuid() }),
});
const ofMembers = operationsOf({
  tag: 'Project Members',
  project: 'path',
  projectHeader: 'unused',
  ...byId('project'),
});

/** Lists who has a role on a project. */
export const listProjectMembers = ofMembers({
  id: 'listProjectMembers',
  method: 'GET',
  path: '/api/v1/projects/{id}/members',
  summary: 'Lists who has a role on a project',
  access: { who: 'permission', anyOf: ['project.members.view', 'account.members.view'] },
  query: Type.Object({
    status: Type.Optional(word(memberStatuses)),
    ...page(50),
  }),
  answer: answeredWithPage(ProjectMember),
});

/** Gives a user or an API key a role on a project. */
export const addProjectMember = ofMembers({
  id: 'addProjectMember',
  method: 'POST',
  path: '/api/v1/projects/{id}/members',
  summary: 'Gives a user or an API key a role on a project',
  access: { who: 'permission', anyOf: ['project.members.manage', 'account.members.manage'] },
  body: AddProjectMemberRequest,
  status: 201,
  answer: answered(ProjectMember),
  audit: 'project.member-add',
});

/** Shows a project member. */
export const getProjectMember = ofMember({
  id: 'getProjectMember',
  method: 'GET',
  path: '/api/v1/projects/{id}/members/{member_id}',
  summary: 'Shows a project member',
  access: { who: 'permission', anyOf: ['project.members.view', 'account.members.view'] },
  answer: answered(ProjectMember),
});

/** Changes the role or status of a project member. */
export const updateProjectMember = ofMember({
  id: 'updateProjectMember',
  method: 'PATCH',
  path: '/api/v1/projects/{id}/members/{member_id}',
  summary: 'Changes the role or status of a project member',
  description:
    'Of a member that waits, the role; whoever changes it stands for the invitation from then on, and must be allowed to invite. Nobody changes himself.',
  access: { who: 'permission', anyOf: ['project.members.manage', 'account.members.manage'] },
  body: UpdateMemberRequest,
  answer: answered(ProjectMember),
  audit: 'project.member-update',
  changesAuthority: true,
});

/** Takes a role on a project away. */
export const removeProjectMember = ofMember({
  id: 'removeProjectMember',
  method: 'DELETE',
  path: '/api/v1/projects/{id}/members/{member_id}',
  summary: 'Takes a role on a project away',
  description: 'Of a member that waits, the invitation is cancelled: its link is dead. Nobody removes himself.',
  access: { who: 'permission', anyOf: ['project.members.remove', 'account.members.remove'] },
  answer: SuccessResponse,
  audit: 'project.member-remove',
  changesAuthority: true,
});
