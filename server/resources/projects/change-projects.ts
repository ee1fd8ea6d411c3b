import { randomUUIDv7 } from 'node:crypto';
import type { createProject, deleteProject, updateProject } from '@raffia/contract/projects.ts';
import type { WriteCall } from '../../calls/route.ts';
import { withBefore } from '../../changes/with-before.ts';
import { ApiError, invalid, notFound } from '../../foundation/api-error.ts';
import { slugOf } from '../slug.ts';
import { presentProject } from './present-project.ts';
import { handOver, refuseWhileUsed } from './project-contents.ts';

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
  const before = await tx.db
    .selectFrom('projects')
    .selectAll()
    .where('id', '=', params.id)
    .where('account_id', '=', principal.accountId)
    .forUpdate()
    .executeTakeFirst();
  if (before === undefined) throw notFound('project');
  const project = await tx.db
    .updateTable('projects')
    .set({
      ...(body.name === undefined ? {} : { name: body.name }),
      ...(body.description === undefined ? {} : { description: body.description }),
      ...(body.default_region === undefined ? {} : { default_region: body.default_region }),
      updated_at: new Date(services.clock.now()),
    })
    .where('id', '=', before.id)
    .returningAll()
    .executeTakeFirstOrThrow();
  call.audit.details = withBefore(before, body);
  return { success: true, data: presentProject(project) };
}

/**
 * Deletes a project and every role given on it. What the caller can see and delete blocks it; what is being deleted, and what no
 * operation could delete, does not: it is handed over. The default project stays.
 */
export async function deleteOneProject(call: WriteCall<typeof deleteProject>) {
  const { tx, principal, params } = call;
  const project = await tx.db
    .selectFrom('projects')
    .selectAll()
    .where('id', '=', params.id)
    .where('account_id', '=', principal.accountId)
    .forUpdate()
    .executeTakeFirst();
  if (project === undefined) throw notFound('project');
  if (project.is_default) throw new ApiError('conflict', { detail: 'The default project cannot be deleted' });
  await refuseWhileUsed(tx, project.id);
  const heir = await tx.db
    .selectFrom('projects')
    .select('id')
    .where('account_id', '=', principal.accountId)
    .where('is_default', '=', true)
    .executeTakeFirstOrThrow();
  const kept = await handOver(tx, project.id, heir.id);
  await tx.db.deleteFrom('projects').where('id', '=', project.id).execute();
  call.audit.details = { name: project.name };
  const moved = kept.length === 0 ? '' : `; in the default project now: ${kept.join(', ')}`;
  return { success: true, message: `The project was deleted${moved}` };
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
