import { Type } from 'typebox';
import { defineOperation } from './operation.ts';
import { email, named, page, rows, SuccessResponse, total } from './schemas.ts';

export const ProjectMember = named(
  'ProjectMember',
  Type.Object({
    id: Type.String({ format: 'uuid' }),
    project_id: Type.Optional(Type.String({ format: 'uuid' })),
    user_id: Type.Optional(Type.Union([Type.String({ format: 'uuid' }), Type.Null()])),
    email: {
      ...email(),
      description:
        'As it was written in the invitation, and compared without regard to case; of an API key, key-<id>@apikeys.invalid.',
    },
    role: Type.Optional(Type.String({ maxLength: 64 })),
    role_id: Type.Optional(Type.String({ format: 'uuid' })),
    role_name: Type.Optional(Type.String({ maxLength: 64 })),
    status: Type.Enum(['pending', 'active', 'suspended'], { type: 'string' }),
    invited_by: Type.Optional(Type.String({ format: 'uuid' })),
    invited_at: Type.Optional(Type.String({ format: 'date-time' })),
    accepted_at: Type.Optional(Type.String({ format: 'date-time' })),
    invitation_id: Type.Optional(Type.String({ format: 'uuid' })),
    invitation_expires_at: Type.Optional(Type.String({ format: 'date-time' })),
    created_at: Type.Optional(Type.String({ format: 'date-time' })),
  }),
);

export const AddProjectMemberRequest = named(
  'AddProjectMemberRequest',
  Type.Object({
    target_user_id: Type.Optional(Type.String({ format: 'uuid' })),
    api_key_id: Type.Optional(Type.String({ format: 'uuid' })),
    role_id: Type.String({ format: 'uuid' }),
  }),
);

export const UpdateMemberRequest = named(
  'UpdateMemberRequest',
  Type.Object({
    role_id: Type.Optional(Type.String({ format: 'uuid' })),
    status: Type.Optional(Type.Enum(['active', 'suspended'], { type: 'string' })),
  }),
);

/** Lists who has a role on a project. */
export const listProjectMembers = defineOperation({
  id: 'listProjectMembers',
  method: 'GET',
  path: '/api/v1/projects/{id}/members',
  tag: 'Project Members',
  summary: 'Lists who has a role on a project',
  access: { who: 'permission', anyOf: ['project.members.view', 'account.members.view'] },
  project: 'path',
  projectHeader: 'unused',
  resource: 'project',
  params: Type.Object({ id: Type.String({ format: 'uuid' }) }),
  query: Type.Object({
    status: Type.Optional(Type.Enum(['pending', 'active', 'suspended'], { type: 'string' })),
    ...page(50),
  }),
  status: 200,
  answer: Type.Object({
    success: Type.Optional(Type.Boolean()),
    data: Type.Optional(rows(ProjectMember)),
    total: Type.Optional(total()),
  }),
  errors: [404],
});

/** Gives a user or an API key a role on a project. */
export const addProjectMember = defineOperation({
  id: 'addProjectMember',
  method: 'POST',
  path: '/api/v1/projects/{id}/members',
  tag: 'Project Members',
  summary: 'Gives a user or an API key a role on a project',
  access: { who: 'permission', anyOf: ['project.members.manage', 'account.members.manage'] },
  project: 'path',
  projectHeader: 'unused',
  resource: 'project',
  params: Type.Object({ id: Type.String({ format: 'uuid' }) }),
  body: AddProjectMemberRequest,
  bodyRequired: true,
  status: 201,
  answer: Type.Object({
    success: Type.Optional(Type.Boolean()),
    data: Type.Optional(ProjectMember),
  }),
  errors: [400, 404],
  audit: 'project.member-add',
});

/** Shows a project member. */
export const getProjectMember = defineOperation({
  id: 'getProjectMember',
  method: 'GET',
  path: '/api/v1/projects/{id}/members/{member_id}',
  tag: 'Project Members',
  summary: 'Shows a project member',
  access: { who: 'permission', anyOf: ['project.members.view', 'account.members.view'] },
  project: 'path',
  projectHeader: 'unused',
  resource: 'project',
  params: Type.Object({ id: Type.String({ format: 'uuid' }), member_id: Type.String({ format: 'uuid' }) }),
  status: 200,
  answer: Type.Object({
    success: Type.Optional(Type.Boolean()),
    data: Type.Optional(ProjectMember),
  }),
  errors: [404],
});

/** Changes the role or status of a project member. */
export const updateProjectMember = defineOperation({
  id: 'updateProjectMember',
  method: 'PATCH',
  path: '/api/v1/projects/{id}/members/{member_id}',
  tag: 'Project Members',
  summary: 'Changes the role or status of a project member',
  description:
    'Of a member that waits, the role; whoever changes it stands for the invitation from then on, and must be allowed to invite. Nobody changes himself.',
  access: { who: 'permission', anyOf: ['project.members.manage', 'account.members.manage'] },
  project: 'path',
  projectHeader: 'unused',
  resource: 'project',
  params: Type.Object({ id: Type.String({ format: 'uuid' }), member_id: Type.String({ format: 'uuid' }) }),
  body: UpdateMemberRequest,
  bodyRequired: true,
  status: 200,
  answer: Type.Object({
    success: Type.Optional(Type.Boolean()),
    data: Type.Optional(ProjectMember),
  }),
  errors: [404],
  audit: 'project.member-update',
  changesAuthority: true,
});

/** Takes a role on a project away. */
export const removeProjectMember = defineOperation({
  id: 'removeProjectMember',
  method: 'DELETE',
  path: '/api/v1/projects/{id}/members/{member_id}',
  tag: 'Project Members',
  summary: 'Takes a role on a project away',
  description: 'Of a member that waits, the invitation is cancelled: its link is dead. Nobody removes himself.',
  access: { who: 'permission', anyOf: ['project.members.remove', 'account.members.remove'] },
  project: 'path',
  projectHeader: 'unused',
  resource: 'project',
  params: Type.Object({ id: Type.String({ format: 'uuid' }), member_id: Type.String({ format: 'uuid' }) }),
  status: 200,
  answer: SuccessResponse,
  errors: [404],
  audit: 'project.member-remove',
  changesAuthority: true,
});
