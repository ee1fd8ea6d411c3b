import { Type } from 'typebox';
import { defineOperation } from './operation.ts';
import { named, page, prose, rows, SuccessResponse, total } from './schemas.ts';

export const Project = named(
  'Project',
  Type.Object({
    id: Type.String({ format: 'uuid' }),
    account_id: Type.String({ format: 'uuid' }),
    name: Type.String({ maxLength: 64 }),
    slug: Type.String(),
    description: Type.Optional(prose()),
    default_region: Type.Enum(['us-east'], { type: 'string', 'x-catalogue': 'region' }),
    is_default: Type.Boolean(),
    is_active: Type.Boolean(),
    created_by: Type.Optional(Type.String({ format: 'uuid' })),
    created_at: Type.String({ format: 'date-time' }),
    updated_at: Type.String({ format: 'date-time' }),
  }),
);

export const CreateProjectRequest = named(
  'CreateProjectRequest',
  Type.Object({
    name: Type.String({ minLength: 1, maxLength: 64 }),
    description: Type.Optional(prose()),
    default_region: Type.Optional(Type.Enum(['us-east'], { type: 'string', 'x-catalogue': 'region' })),
  }),
);

export const UpdateProjectRequest = named(
  'UpdateProjectRequest',
  Type.Object({
    name: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
    description: Type.Optional(prose()),
    default_region: Type.Optional(Type.Enum(['us-east'], { type: 'string', 'x-catalogue': 'region' })),
  }),
);

/** Lists the projects that the caller may see. */
export const listProjects = defineOperation({
  id: 'listProjects',
  method: 'GET',
  path: '/api/v1/projects',
  tag: 'Projects',
  summary: 'Lists the projects that the caller may see',
  description: 'All projects with account.projects.view, otherwise those on which the caller has a role.',
  access: { who: 'key' },
  project: 'readable',
  projectHeader: 'unused',
  query: Type.Object({
    ...page(20),
  }),
  status: 200,
  answer: Type.Object({
    success: Type.Optional(Type.Boolean()),
    data: Type.Optional(rows(Project)),
    total: Type.Optional(total()),
  }),
  errors: [401],
});

/** Creates a project. */
export const createProject = defineOperation({
  id: 'createProject',
  method: 'POST',
  path: '/api/v1/projects',
  quota: ['projects'],
  tag: 'Projects',
  summary: 'Creates a project',
  access: { who: 'permission', anyOf: ['account.projects.create'] },
  project: 'account',
  projectHeader: 'unused',
  body: CreateProjectRequest,
  bodyRequired: true,
  status: 201,
  answer: Type.Object({
    success: Type.Optional(Type.Boolean()),
    data: Type.Optional(Project),
  }),
  errors: [400, 401],
  audit: 'project.create',
});

/** Shows a project. */
export const getProject = defineOperation({
  id: 'getProject',
  method: 'GET',
  path: '/api/v1/projects/{id}',
  tag: 'Projects',
  summary: 'Shows a project',
  access: { who: 'key' },
  project: 'account',
  projectHeader: 'unused',
  resource: 'project',
  params: Type.Object({ id: Type.String({ format: 'uuid' }) }),
  status: 200,
  answer: Type.Object({
    success: Type.Optional(Type.Boolean()),
    data: Type.Optional(Project),
  }),
  errors: [401, 404],
});

/** Changes a project. */
export const updateProject = defineOperation({
  id: 'updateProject',
  method: 'PUT',
  path: '/api/v1/projects/{id}',
  tag: 'Projects',
  summary: 'Changes a project',
  access: { who: 'permission', anyOf: ['account.projects.manage'] },
  project: 'account',
  projectHeader: 'unused',
  resource: 'project',
  params: Type.Object({ id: Type.String({ format: 'uuid' }) }),
  body: UpdateProjectRequest,
  bodyRequired: true,
  status: 200,
  answer: Type.Object({
    success: Type.Optional(Type.Boolean()),
    data: Type.Optional(Project),
  }),
  errors: [400, 401, 404],
  audit: 'project.update',
});

/** Deletes an empty project. */
export const deleteProject = defineOperation({
  id: 'deleteProject',
  method: 'DELETE',
  path: '/api/v1/projects/{id}',
  tag: 'Projects',
  summary: 'Deletes an empty project',
  description: 'Refused while the project holds any resource, and always for the default project.',
  access: { who: 'permission', anyOf: ['account.projects.delete'] },
  project: 'account',
  projectHeader: 'unused',
  resource: 'project',
  params: Type.Object({ id: Type.String({ format: 'uuid' }) }),
  status: 200,
  answer: SuccessResponse,
  errors: [401, 404],
  audit: 'project.delete',
  changesAuthority: true,
});
