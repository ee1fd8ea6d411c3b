import { type Resource, type ResourceName, resources } from '@raffia/contract/resources.ts';
import { type Kysely, type SelectQueryBuilder, sql } from 'kysely';
import type { Pool } from 'pg';
import { type Beside, type Page, readPage } from '../database/read-page.ts';
import type { Tables } from '../database/tables.ts';
import { maySee, projectsSeen } from './may-see.ts';
import type { Principal } from './principal.ts';

type Entries = typeof resources;
/** The kinds that lie in projects, and are projects. */
type KindInProjects = {
  [K in ResourceName]: Entries[K] extends { readonly project: string } ? K : never;
}[ResourceName];

/** A query of a kind's table in which there is nothing but what the caller may see. */
export type Seen<Table extends keyof Tables, Row = Record<never, never>> = SelectQueryBuilder<Tables, Table, Row>;

/** The database and whose it is, for who narrows by hand. */
export interface ByHand {
  readonly db: Kysely<Tables>;
  readonly pool: Pool;
  readonly accountId: string;
  /** The projects in which the caller may see a kind; null stands for all of the account, present and future. */
  readonly projectsOf: (kind: KindInProjects) => readonly string[] | null;
}

/**
 * What a caller may see of each kind: all of the account, or what lies in some of its projects. Only the gate makes one. A use case
 * that lists over projects gets this in place of caller and database: there is no other way to a row, so none can be forgotten.
 */
export class Visible {
  readonly #database: { readonly db: Kysely<Tables>; readonly pool: Pool };
  readonly #principal: Principal;
  readonly #projectId: string | null;

  /** @param projectId the one that was asked for; null where all are */
  constructor(
    database: { readonly db: Kysely<Tables>; readonly pool: Pool },
    principal: Principal,
    projectId: string | null,
  ) {
    this.#database = database;
    this.#principal = principal;
    this.#projectId = projectId;
  }

  /**
   * A query of the rows of a kind that the caller may see, by its entry in contract/resources.ts: of its account and projects, and not
   * hidden. The table stands in it by its name, and whatever is taken from the query takes nothing from that. All projects are not
   * named, so that the account's index gives order and count.
   */
  from<K extends KindInProjects>(kind: K): Seen<Entries[K]['table']> {
    const { table, project, hiddenBy }: Resource = resources[kind];
    const { db, accountId, projectsOf } = this.byHand();
    const projectIds = projectsOf(kind);
    const conditions = [sql`account_id = ${accountId}`];
    if (projectIds !== null) conditions.push(sql`${sql.ref(project as string)} = any(${[...projectIds]}::uuid[])`);
    if (hiddenBy !== undefined) conditions.push(sql`${sql.ref(hiddenBy)} is null`);
    const seen = sql`(select * from ${sql.table(table)} where ${sql.join(conditions, sql` and `)})`.as(sql.ref(table));
    return db.selectFrom(seen) as unknown as Seen<Entries[K]['table']>;
  }

  /**
   * Reads a page of a kind, and how many there are in all.
   *
   * @param seen what is listed, from `from`, perhaps narrowed further; all of it is counted
   * @param at how many rows, and from which on
   * @param rows the columns of a row and the order of all
   * @param beside what is worked out for the rows of the page
   */
  page<Table extends keyof Tables, Row extends object, More extends object = Record<never, never>>(
    seen: Seen<Table>,
    { limit, offset }: { readonly limit: number; readonly offset: number },
    rows: (seen: Seen<Table>) => Seen<Table, Row>,
    beside?: Beside<More>,
  ): Promise<Page<Row & More>> {
    const one = sql<number>`1`.as('one');
    return readPage(this.#database.db, seen.select(one), rows(seen).limit(limit).offset(offset), undefined, beside);
  }

  /** The database itself, for the few that narrow by hand: `checks/repository.test.ts` names each, and why it does. */
  byHand(): ByHand {
    const { db, pool } = this.#database;
    return { db, pool, accountId: this.#principal.accountId, projectsOf: (kind) => this.#projectsOf(kind) };
  }

  #projectsOf(kind: KindInProjects): readonly string[] | null {
    if (this.#projectId === null) return projectsSeen(this.#principal, resources[kind]);
    return maySee(this.#principal, resources[kind], this.#projectId) ? [this.#projectId] : [];
  }
}
