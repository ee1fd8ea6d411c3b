import type { AnswerOf } from '@raffia/contract/operation.ts';
import type { getProject } from '@raffia/contract/projects.ts';
import type { Row } from '../../database/tables.ts';

type ProjectAnswer = NonNullable<AnswerOf<typeof getProject>['data']>;

/** A project in the contract's shape. */
export function presentProject(project: Row<'projects'>): ProjectAnswer {
  return {
    id: project.id,
    account_id: project.account_id,
    name: project.name,
    slug: project.slug,
    ...(project.description === null ? {} : { description: project.description }),
    default_region: project.default_region as ProjectAnswer['default_region'],
    is_default: project.is_default,
    is_active: true,
    ...(project.created_by === null ? {} : { created_by: project.created_by }),
    created_at: project.created_at.toISOString(),
    updated_at: project.updated_at.toISOString(),
  };
}
