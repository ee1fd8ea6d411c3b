import type { getProject, listProjects } from '@raffia/contract/projects.ts';
import { holds, reaches } from '../../access/principal.ts';
import { pageOf } from '../../calls/page.ts';
import type { ListCall, ReadCall } from '../../calls/route.ts';
import { notFound } from '../../foundation/api-error.ts';
import { presentProject } from './present-project.ts';

/** The projects that the caller may see: all with `account.projects.view`, else those on which it has a role (identity.md §9). */
export async function listAllProjects({ visible, query }: ListCall<typeof listProjects>) {
  const { rows, total } = await visible.page(visible.from('project'), pageOf(query, 20), (projects) =>
    projects.selectAll().orderBy('created_at', 'desc').orderBy('id', 'desc'),
  );
  return { success: true, data: rows.map(presentProject), total };
}

/** One project; one that the caller may not see does not exist for it. */
export async function getOneProject({ services, principal, params }: ReadCall<typeof getProject>) {
  const project = await services.db
    .selectFrom('projects')
    .selectAll()
    .where('id', '=', params.id)
    .where('account_id', '=', principal.accountId)
    .executeTakeFirst();
  if (project === undefined || !(holds(principal, 'account.projects.view', null) || reaches(principal, project.id)))
    throw notFound('project');
  return { success: true, data: presentProject(project) };
}
