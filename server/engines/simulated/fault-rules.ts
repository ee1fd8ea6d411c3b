import { type Kysely, sql } from 'kysely';
import type { Tables } from '../../database/tables.ts';
import { EngineError } from '../engine.ts';
import type { SimulatedVerb } from './simulated-verbs.ts';

/** The rule's pattern as one of LIKE: only `*` is special. */
const likePattern = sql.raw(String.raw`replace(regexp_replace(name_pattern, '([\\%_])', '\\\1', 'g'), '*', '%')`);

/**
 * The operator's faults: by verb and by the machine's name (`*` stands for any characters), for a number of times or until removed.
 * The oldest rule that matches is applied and counted; nothing fails by chance.
 */
export class FaultRules {
  readonly #db: Kysely<Tables>;

  constructor(db: Kysely<Tables>) {
    this.#db = db;
  }

  /**
   * Applies the first rule for a verb on a machine.
   *
   * @returns the milliseconds that the verb is to take, or undefined where no rule slows it
   * @throws EngineError with the rule's sentence
   */
  async apply(verb: SimulatedVerb, machineName: string): Promise<number | undefined> {
    const { rows } = await sql<{ delay_ms: number | null; message: string | null }>`
      update simulated_faults set remaining = remaining - 1
       where id = (select id from simulated_faults
                    where verb in (${verb}, '*') and (remaining is null or remaining > 0)
                      and ${machineName} like ${likePattern}
                    order by id limit 1 for update)
      returning delay_ms, message`.execute(this.#db);
    const rule = rows[0];
    if (rule === undefined) return undefined;
    if (rule.message !== null) throw new EngineError(rule.message);
    return rule.delay_ms ?? undefined;
  }
}
