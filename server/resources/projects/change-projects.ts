import { randomUUIDv7 } from 'node:crypto';
import type { createProject, deleteProject, updateProject } from '@raffia/contract/projects.ts';
import { sql } from 'kysely';
import type { WriteCall } from '../../calls/route.ts';
import { ApiError, invalid, notFound } from '../../foundation/api-error.ts';
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
  await refuseWhileUsed(call, project.id);
  const volumes = await handOver(call, project.id);
  await tx.db.deleteFrom('projects').where('id', '=', project.id).execute();
  call.audit.details = { name: project.name };
  const moved = `; its ${volumes === 1 ? 'volume is' : `${volumes} volumes are`} in the default project now`;
  return { success: true, message: `The project was deleted${volumes === 0 ? '' : moved}` };
}

/** What a project may hold that its people see and can delete: one, several, and how they are found and deleted. */
const contents = [
  { table: 'vms', where: 'deleted_at is null', one: 'VM', many: 'VMs', how: 'GET /api/v1/vms lists them' },
  {
    table: 'images',
    where: 'true',
    one: 'saved image',
    many: 'saved images',
    how: 'GET /api/raffia/v1/images lists them, DELETE /api/raffia/v1/images/{id} deletes one',
  },
  { table: 'vpcs', where: 'deleted_at is null', one: 'VPC', many: 'VPCs', how: 'GET /api/v1/vpcs lists them' },
  {
    table: 'security_groups',
    where: 'true',
    one: 'security group',
    many: 'security groups',
    how: 'GET /api/v1/security-groups lists them',
  },
] as const;

async function refuseWhileUsed({ tx, principal }: WriteCall<typeof deleteProject>, id: string): Promise<void> {
  const left: string[] = [];
  for (const { table, where, one, many, how } of contents) {
    const { rows } = await sql<{ count: number }>`
      select count(*)::int as count from ${sql.table(table)}
       where account_id = ${principal.accountId} and project_id = ${id} and ${sql.raw(where)}`.execute(tx.db);
    const count = rows[0]?.count ?? 0;
    if (count > 0) left.push(`${count} ${count === 1 ? one : many} (${how})`);
  }
  if (left.length === 0) return;
  throw new ApiError('conflict', { detail: `The project still holds ${left.join(' and ')}; delete them first` });
}

/**
 * Machines that are being deleted, and their networks, go on disappearing in the default project, where nobody sees them; networks
 * without a machine go; volumes hold data, which is never deleted unasked.
 *
 * @returns how many volumes were handed over
 */
async function handOver({ services, tx, principal }: WriteCall<typeof deleteProject>, id: string): Promise<number> {
  const heir = await tx.db
    .selectFrom('projects')
    .select('id')
    .where('account_id', '=', principal.accountId)
    .where('is_default', '=', true)
    .executeTakeFirstOrThrow();
  const now = new Date(services.clock.now());
  await tx.db.updateTable('vms').set({ project_id: heir.id }).where('project_id', '=', id).execute();
  await sql`delete from vpcs where project_id = ${id} and not exists (select 1 from nics where vpc_id = vpcs.id)`.execute(
    tx.db,
  );
  await sql`update vpcs set project_id = ${heir.id}, deleted_at = coalesce(deleted_at, ${now}) where project_id = ${id}`.execute(
    tx.db,
  );
  await tx.db
    .updateTable('public_addresses')
    .set({ project_id: heir.id })
    .where('account_id', '=', principal.accountId)
    .where('project_id', '=', id)
    .execute();
  const volumes = await tx.db
    .updateTable('volumes')
    .set({ project_id: heir.id })
    .where('project_id', '=', id)
    .executeTakeFirstOrThrow();
  return Number(volumes.numUpdatedRows);
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
