import { randomUUIDv7 } from 'node:crypto';
import type { Kysely } from 'kysely';
import { sql } from 'kysely';
import type { Secrets } from '../access/secrets.ts';
import type { Configuration } from '../configuration/configuration.ts';
import type { Asked } from '../database/asked.ts';
import type { Tables } from '../database/tables.ts';
import type { Transaction } from '../database/transaction.ts';
import type { Mail } from './mails.ts';

/** What the text of a mail is sealed for. */
export const purposeOf = (id: string) => `mail ${id}`;

/**
 * The one way to send mail: a row, written in the transaction of what causes it. What is rolled back is never sent, and what stands is sent,
 * however often the server or the mail server ends meanwhile.
 */
export class Outbox {
  /** Whether mail can be sent; where not, links are shown to who asked for them. */
  readonly isConfigured: boolean;
  readonly #secrets: Secrets;
  #wake: () => void = () => {};

  constructor({ mail }: Configuration, secrets: Secrets) {
    this.isConfigured = mail.url !== null;
    this.#secrets = secrets;
  }

  /** Called after each commit that brought a mail. */
  listen(wake: () => void): void {
    this.#wake = wake;
  }

  /** Sends a mail once the transaction stands. */
  async post(tx: Transaction, { about, to, subject, text }: Mail): Promise<void> {
    if (!this.isConfigured) throw new Error('no mail is configured');
    await this.withdraw(tx, about);
    const id = randomUUIDv7();
    await tx.db
      .insertInto('mails')
      .values({ id, about, recipient: to, subject, sealed: this.#secrets.seal(purposeOf(id), text) })
      .execute();
    tx.onCommitted(() => this.#wake());
  }

  /** Takes back what has not left yet. */
  async withdraw(tx: Transaction, about: string): Promise<void> {
    await tx.db.deleteFrom('mails').where('about', '=', about).execute();
  }

  /** Tries again what was given up, with a day before it is given up once more. */
  async retry(tx: Transaction): Promise<number> {
    const { rows } = await sql`
      update mails set given_up_at = null, is_server_failing = false, attempts = 0, not_before = now(), give_up_at = now() + interval '1 day'
       where given_up_at is not null returning id`.execute(tx.db);
    tx.onCommitted(() => this.#wake());
    return rows.length;
  }
}

/** How many mails there are. */
export interface MailCounts {
  readonly waiting: number;
  /** Of those that wait, what the mail server does not take for its own sake. */
  readonly failing: number;
  readonly givenUp: number;
}

/** What was given up goes after a week, and what was sent at once: there are few rows. */
export async function countMails(connection: Asked): Promise<MailCounts> {
  const { rows } = await connection.query<MailCounts & { givenUp: number }>(`
    select count(*) filter (where given_up_at is null)::integer as waiting,
           count(*) filter (where given_up_at is null and is_server_failing)::integer as failing,
           count(given_up_at)::integer as "givenUp" from mails`);
  return rows[0] ?? { waiting: 0, failing: 0, givenUp: 0 };
}

/** What waits and what was given up, oldest first, without texts. */
export async function waitingMails(db: Kysely<Tables>) {
  return db
    .selectFrom('mails')
    .select(['id', 'recipient', 'subject', 'attempts', 'not_before', 'last_error', 'given_up_at', 'created_at'])
    .orderBy('created_at')
    .limit(1000)
    .execute();
}
