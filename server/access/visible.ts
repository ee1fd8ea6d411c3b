import type { Operation } from '@raffia/contract/operation.ts';
import { type Resource, type ResourceName, resources } from '@raffia/contract/resources.ts';
import { type RawBuilder, type SqlBool, sql } from 'kysely';
import { holds, type Principal, projectsWith } from './principal.ts';

/**
 * What a caller may see with one operation: everything of the account, or what lies in some of its projects. Only the gate makes one,
 * and a use case that lists over projects gets this in place of the caller: without it there is no account to list.
 */
export class Visible {
  readonly accountId: string;
  /** Null stands for all projects of the account, present and future. */
  readonly projectIds: readonly string[] | null;
  /** In the name of whatever is kept of such a list: who sees the same has the same. */
  readonly name: string;

  private constructor(accountId: string, projectIds: readonly string[] | null) {
    this.accountId = accountId;
    this.projectIds = projectIds;
    this.name = projectIds === null ? '*' : projectIds.join();
  }

  /** @param projectId the one that was asked for, where the caller has been found to hold the permission there */
  static to(principal: Principal, operation: Operation, projectId: string | null): Visible {
    if (projectId !== null) return new Visible(principal.accountId, [projectId]);
    if (principal.isOwner) return new Visible(principal.accountId, null);
    const { access } = operation;
    // Projects themselves: a role of any kind shows its project.
    if (access.who === 'key') {
      const all = holds(principal, 'account.projects.view', null);
      return new Visible(principal.accountId, all ? null : [...principal.projectPermissions.keys()].sort());
    }
    if (access.who !== 'permission') return new Visible(principal.accountId, []);
    const projects = new Set<string>();
    for (const permission of access.anyOf) {
      if (permission.startsWith('account.')) {
        if (holds(principal, permission, null)) return new Visible(principal.accountId, null);
      } else for (const project of projectsWith(principal, permission) ?? []) projects.add(project);
    }
    return new Visible(principal.accountId, [...projects].sort());
  }

  has(projectId: string): boolean {
    return this.projectIds === null || this.projectIds.includes(projectId);
  }

  /**
   * The condition that every list over projects begins with. All projects are not named, so that the account's index gives order and
   * count.
   *
   * @param table the name of the table in the query, with the columns `account_id` and, unless told, `project_id`
   */
  condition(table: string, project = 'project_id'): RawBuilder<SqlBool> {
    const ofAccount = sql<SqlBool>`${sql.ref(`${table}.account_id`)} = ${this.accountId}`;
    if (this.projectIds === null) return ofAccount;
    return sql<SqlBool>`(${ofAccount} and ${sql.ref(`${table}.${project}`)} = any(${[...this.projectIds]}::uuid[]))`;
  }

  /** Which rows of a kind the caller may see: of its account and projects, and not hidden. A list selects with this and nothing less. */
  of(kind: ResourceName): RawBuilder<SqlBool> {
    const { table, project, hiddenBy }: Resource = resources[kind];
    const seen = this.condition(table, project);
    return hiddenBy === undefined ? seen : sql<SqlBool>`(${seen} and ${sql.ref(`${table}.${hiddenBy}`)} is null)`;
  }
}
