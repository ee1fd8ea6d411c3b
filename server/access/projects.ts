import type { Pool } from 'pg';

const keptProjects = 50_000;

/** Which account a project belongs to, in memory. A project never moves; a deleted one is dropped before that is answered. */
export class ProjectAccounts {
  readonly #pool: Pool;
  readonly #accounts = new Map<string, string>();
  #drops = 0;
  #isSole = true;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** The account of a project, from memory; undefined where it has to be looked up. */
  cached(projectId: string): string | undefined {
    return this.#accounts.get(projectId);
  }

  /** The account of a project, or undefined where there is no such project. `projectId` must be a well-formed UUID. */
  async load(projectId: string): Promise<string | undefined> {
    const drops = this.#drops;
    const { rows } = await this.#pool.query<{ account_id: string }>({
      name: 'project-account',
      text: 'select account_id from projects where id = $1',
      values: [projectId],
    });
    const accountId = rows[0]?.account_id;
    if (accountId !== undefined && this.#isSole && drops === this.#drops) {
      if (this.#accounts.size >= keptProjects) this.#accounts.clear();
      this.#accounts.set(projectId, accountId);
    }
    return accountId;
  }

  /** Keeps nothing while another process may be writing to the database. */
  setSole(isSole: boolean): void {
    this.#isSole = isSole;
    this.#drops++;
    this.#accounts.clear();
  }

  drop(projectId: string): void {
    this.#drops++;
    this.#accounts.delete(projectId);
  }
}
