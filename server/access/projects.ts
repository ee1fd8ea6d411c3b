import type { Pool } from 'pg';
import { ExactCache } from '../foundation/exact-cache.ts';

const keptProjects = 50_000;

/** Which account a project belongs to, in memory. A project never moves; a deleted one is dropped before that is answered. */
export class ProjectAccounts {
  readonly #pool: Pool;
  readonly #cache = new ExactCache<string>(keptProjects);

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** The account of a project, from memory; undefined where it has to be looked up. */
  cached(projectId: string): string | undefined {
    return this.#cache.get(projectId);
  }

  /** The account of a project, or undefined where there is no such project. `projectId` must be a well-formed UUID. */
  load(projectId: string): Promise<string | undefined> {
    return this.#cache.load(
      projectId,
      (accountId) => accountId,
      async () => {
        const { rows } = await this.#pool.query<{ account_id: string }>({
          name: 'project-account',
          text: 'select account_id from projects where id = $1',
          values: [projectId],
        });
        return rows[0]?.account_id;
      },
    );
  }

  drop(projectId: string): void {
    this.#cache.drop(projectId);
  }

  /** Forgets all projects of an account. */
  dropAccount(accountId: string): void {
    this.#cache.dropGroup(accountId);
  }

  setSole(isSole: boolean): void {
    this.#cache.setSole(isSole);
  }
}
