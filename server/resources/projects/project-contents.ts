import { operations } from '@raffia/contract/contract.ts';
import { type Resource, resources } from '@raffia/contract/resources.ts';
import { sql } from 'kysely';
import type { Transaction } from '../../database/transaction.ts';
import { ApiError } from '../../foundation/api-error.ts';

interface Content {
  readonly table: string;
  readonly hiddenBy?: string | undefined;
  readonly byItself?: string | undefined;
  /** What one is called, where people are told of it. */
  readonly label?: string;
  /** How it is found and deleted; undefined where no operation deletes it. */
  readonly how?: string | undefined;
}

/** Whatever lies in a project by `project_id`, of the kinds of contract/resources.ts. */
const kinds: readonly Content[] = Object.entries(resources as Readonly<Record<string, Resource>>).flatMap(
  ([kind, { table, project, hiddenBy, byItself, label }]) =>
    project === 'project_id' ? [{ table, hiddenBy, byItself, label, how: howToDelete(kind) }] : [],
);

/** Every table whose rows a project's deletion hands over; the others' rows go with the project. */
export const handedOver: readonly string[] = kinds.map(({ table }) => table);

/** @throws ApiError 409 where a project still holds what its people see and can delete */
export async function refuseWhileUsed({ db }: Transaction, projectId: string): Promise<void> {
  const left: string[] = [];
  for (const { table, hiddenBy, byItself, label, how } of kinds) {
    if (how === undefined) continue;
    const isThere = sql.join(
      [
        hiddenBy === undefined ? sql`true` : sql`${sql.ref(hiddenBy)} is null`,
        byItself === undefined ? sql`true` : sql.ref(byItself),
      ],
      sql` and `,
    );
    const { rows } = await sql<{ count: number }>`
      select count(*)::int as count from ${sql.table(table)} where project_id = ${projectId} and ${isThere}`.execute(
      db,
    );
    const count = rows[0]?.count ?? 0;
    if (count > 0) left.push(`${counted(count, label as string)} (${how})`);
  }
  if (left.length === 0) return;
  throw new ApiError('conflict', { detail: `The project still holds ${left.join(' and ')}; delete them first` });
}

/**
 * Hands over to another project what is left in one that nothing blocks: what is being deleted goes on disappearing there, where nobody
 * sees it, and what no operation could delete is kept.
 *
 * @returns what people see there from now on, such as `2 volumes`
 */
export async function handOver({ db }: Transaction, projectId: string, heirId: string): Promise<string[]> {
  const kept: string[] = [];
  for (const { table, hiddenBy, label } of kinds) {
    const isSeen = hiddenBy === undefined ? sql`true` : sql`${sql.ref(hiddenBy)} is null`;
    const { rows } = await sql<{ seen: boolean }>`
      update ${sql.table(table)} set project_id = ${heirId} where project_id = ${projectId} returning ${isSeen} as seen`.execute(
      db,
    );
    const seen = rows.filter((row) => row.seen).length;
    if (seen > 0 && label !== undefined) kept.push(counted(seen, label));
  }
  return kept;
}

function howToDelete(kind: string): string | undefined {
  const paths = operations
    .filter(
      ({ method, resource, path }) => method === 'DELETE' && resource === kind && /^[^{]*\/\{id\}[^{]*$/.test(path),
    )
    .map(({ path }) => path);
  // What is deeper takes away a part of it.
  const path = paths.sort((a, b) => a.length - b.length)[0];
  if (path === undefined) return undefined;
  const [list] = path.split('/{id}');
  const isListed = operations.some((operation) => operation.method === 'GET' && operation.path === list);
  return `${isListed ? `GET ${list} lists them, ` : ''}DELETE ${path} deletes one`;
}

const counted = (count: number, label: string) => `${count} ${label}${count === 1 ? '' : 's'}`;
