import { randomUUIDv7 } from 'node:crypto';
import type { createProject, deleteProject, updateProject } from '@raffia/contract/projects.ts';
import { sql } from 'kysely';
import { ApiError, invalid, notFound } from '../../http/api-error.ts';
import type { WriteCall } from '../../http/route.ts';
import { slugOf } from '../slug.ts';
import { presentProject } from './present-project.ts';

/** Creates a project; its slug is made from the name once and stays. */
export async function createNewProject(call: WriteCall<typeof createProject>) {
  const { services, tx, principal, body } = call;
  const region = body.default_region ?? services.catalogue.defaultRegion;
  const now = new Date(services.clock.now());
  const id = randomUUIDv7();
  const project = await tx.db
    .insertInto('projects')
    .values({
      id,
      account_id: principal.accountId,
      name: body.name,
      slug: await freeSlug(call, slugOf(body.name)),
      description: body.description ?? null,
      default_region: region,
      created_by: principal.actorId,
      created_at: now,
      updated_at: now,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  return { success: true, data: presentProject(project) };
}

/** Changes what is given; everything else stays. */
export async function updateOneProject(call: WriteCall<typeof updateProject>) {
  const { services, tx, principal, body, params } = call;
  const project = await tx.db
    .updateTable('projects')
    .set({
      ...(body.name === undefined ? {} : { name: body.name }),
      ...(body.description === undefined ? {} : { description: body.description }),
      ...(body.default_region === undefined ? {} : { default_region: body.default_region }),
      updated_at: new Date(services.clock.now()),
    })
    .where('id', '=', params.id)
    .where('account_id', '=', principal.accountId)
    .returningAll()
    .executeTakeFirst();
  if (project === undefined) throw notFound('project');
  call.audit.details = { ...body };
  return { success: true, data: presentProject(project) };
}

/** Deletes an empty project and every role given on it. The default project stays. */
export async function deleteOneProject(call: WriteCall<typeof deleteProject>) {
  const { services, tx, principal, params } = call;
  const project = await tx.db
    .selectFrom('projects')
    .selectAll()
    .where('id', '=', params.id)
    .where('account_id', '=', principal.accountId)
    .forUpdate()
    .executeTakeFirst();
  if (project === undefined) throw notFound('project');
  if (project.is_default) throw new ApiError('conflict', { detail: 'The default project cannot be deleted' });
  const { rows } = await sql<{ kind: string; count: number }>`
    select * from (
      select 'VM' as kind, count(*) as count from vms where project_id = ${project.id} union all
      select 'VPC', count(*) from vpcs where project_id = ${project.id} union all
      select 'volume', count(*) from volumes where project_id = ${project.id} union all
      select 'image', count(*) from images where project_id = ${project.id}
    ) resources where count > 0`.execute(tx.db);
  if (rows.length > 0) {
    const left = rows.map(({ kind, count }) => `${count} ${kind}${count === 1 ? '' : 's'}`).join(', ');
    throw new ApiError('conflict', { detail: `The project still holds ${left}; delete them first` });
  }
  tx.onSettled(() => {
    services.projectAccounts.drop(project.id);
    services.principals.dropAccount(principal.accountId);
    services.vmPages.drop(principal.accountId);
  });
  await tx.db.deleteFrom('projects').where('id', '=', project.id).execute();
  call.audit.details = { name: project.name };
  return { success: true, message: 'The project was deleted' };
}

async function freeSlug({ tx, principal }: WriteCall<typeof createProject>, slug: string): Promise<string> {
  const rows = await tx.db
    .selectFrom('projects')
    .select('slug')
    .where('account_id', '=', principal.accountId)
    .where('slug', 'like', `${slug.replace(/[\\%_]/g, '\\$&')}%`)
    .execute();
  const taken = new Set(rows.map((row) => row.slug));
  for (let number = 1; ; number++) {
    const candidate = number === 1 ? slug : `${slug}-${number}`;
    if (!taken.has(candidate)) return candidate;
    if (number > 10_000) throw invalid('name is too much like the names of other projects');
  }
}
