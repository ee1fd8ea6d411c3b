import { operationsOf } from './operation.ts';
import { viewersOf } from './resources.ts';
import {
  answered,
  answeredWithPage,
  byId,
  named,
  page,
  prose,
  region,
  SuccessResponse,
  time,
  uuid,
} from './schemas.ts';
import { Type } from './type.ts';

export const Project = named(
  'Project',
  Type.Object({
    id: uuid(),
    account_id: uuid(),
    name: Type.String({ maxLength: 64 }),
    slug: Type.String(),
    description: Type.Optional(prose()),
    default_region: region(),
    is_default: Type.Boolean(),
    is_active: Type.Boolean(),
    created_by: Type.Optional(uuid()),
    created_at: time(),
    updated_at: time(),
  }),
);

export const CreateProjectRequest = named(
  'CreateProjectRequest',
  Type.Object({
    name: Type.String({ minLength: 1, maxLength: 64 }),
    description: Type.Optional(prose()),
    default_region: Type.Optional(region()),
  }),
);

export const UpdateProjectRequest = named(
  'UpdateProjectRequest',
  Type.Object({
    name: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
    description: Type.Optional(prose()),
    default_region: Type.Optional(region()),
  }),
);

const ofProject = operationsOf({
  tag: 'Projects',
  project: 'account',
  projectHeader: 'unused',
  ...byId('project'),
});
const ofProjects = operationsOf({
  tag: 'Projects',
  project: 'account',
  projectHeader: 'unused',
});
const acrossProjects = operationsOf({
  tag: 'Projects',
  project: 'readable',
  projectHeader: 'unused',
});

/** Lists the projects that the caller may see. */
export const listProjects = acrossProjects({
  id: 'listProjects',
  method: 'GET',
  path: '/api/v1/projects',
  summary: 'Lists the projects that the caller may see',
  description: 'All projects with account.projects.view, otherwise those on which the caller has a role.',
  access: viewersOf('project'),
  query: Type.Object({
    ...page(20),
  }),
  answer: answeredWithPage(Project),
});

/** Creates a project. */
export const createProject = ofProjects({
  id: 'createProject',
  method: 'POST',
  path: '/api/v1/projects',
  quota: ['projects'],
  summary: 'Creates a project',
  access: { who: 'permission', anyOf: ['account.projects.create'] },
  body: CreateProjectRequest,
  status: 201,
  answer: answered(Project),
  audit: 'project.create',
});

/** Shows a project. */
export const getProject = ofProject({
  id: 'getProject',
  method: 'GET',
  path: '/api/v1/projects/{id}',
  summary: 'Shows a project',
  access: { who: 'key' },
  answer: answered(Project),
});

/** Changes a project. */
export const updateProject = ofProject({
  id: 'updateProject',
  method: 'PUT',
  path: '/api/v1/projects/{id}',
  summary: 'Changes a project',
  access: { who: 'permission', anyOf: ['account.projects.manage'] },
  body: UpdateProjectRequest,
  answer: answered(Project),
  audit: 'project.update',
});

/** Deletes an empty project. */
export const deleteProject = ofProject({
  id: 'deleteProject',
  method: 'DELETE',
  path: '/api/v1/projects/{id}',
  summary: 'Deletes an empty project',
  description: 'Refused while the project holds any resource, and always for the default project.',
  access: { who: 'permission', anyOf: ['account.projects.delete'] },
  answer: SuccessResponse,
  audit: 'project.delete',
  changesAuthority: true,
});
