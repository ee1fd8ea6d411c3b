import { type Kysely, sql } from 'kysely';
import type { Logger } from 'pino';
import type { Secrets } from '../access/secrets.ts';
import { fromNow } from '../database/from-now.ts';
import type { Row, Tables } from '../database/tables.ts';
import type { Clock } from '../foundation/clock.ts';
import { type Outbox, purposeOf } from './outbox.ts';
import { isRefusal, type Letter } from './smtp.ts';

type MailRow = Row<'mails'>;

const pollMs = 5000;
/** How long a claim holds without being renewed: after a crash, a mail that was being sent waits so long. */
const leaseMs = 60_000;
const firstWaitMs = 1000;
/** A mail server that is back finds all that waited for it within a minute. */
const longestServerWaitMs = 60_000;
const longestRefusedWaitMs = 3_600_000;

export interface Post {
  send(letter: Letter): Promise<void>;
}

interface Needs {
  readonly db: Kysely<Tables>;
  readonly secrets: Secrets;
  readonly clock: Clock;
  readonly log: Logger;
  readonly outbox: Outbox;
}

/**
 * Sends what is in the outbox, one mail after the other. A mail is sent under a lease of its row, so that no two senders send it, and its row
 * goes when the mail server has taken it: it is sent twice only where the process ends between the two. What fails is tried again, ever
 * later, for a day; then it is given up, and waits for the operator. Times are compared by the database's clock alone.
 */
export class MailSender {
  readonly #needs: Needs;
  readonly #post: Post;
  #running: Promise<void> | null = null;
  #again = false;
  #isStopping = false;
  #isCutOff = false;
  #failures = 0;
  /** What the mail server has taken, though the database could not be told. */
  readonly #taken = new Set<string>();
  #cancelPoll: () => void = () => {};

  constructor(needs: Needs, post: Post) {
    this.#needs = needs;
    this.#post = post;
  }

  start(): void {
    // While the mail server fails, its pause is not cut short by every mail that comes.
    this.#needs.outbox.listen(() => {
      if (this.#failures === 0) this.wake();
    });
    this.wake();
  }

  /** Sends now what is due. */
  wake(): void {
    if (this.#isStopping) return;
    if (this.#running !== null) {
      this.#again = true;
      return;
    }
    this.#cancelPoll();
    this.#running = this.#sendAll().finally(() => {
      this.#running = null;
      if (this.#again && this.#failures === 0) this.wake();
      else this.#poll();
    });
  }

  /** Begins no other mail, and waits for the one under way. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#cancelPoll();
    await this.#running;
  }

  #poll(): void {
    if (this.#isStopping) return;
    const ms = this.#failures === 0 ? pollMs : backOff(this.#failures, longestServerWaitMs);
    this.#cancelPoll = this.#needs.clock.after(ms, () => this.wake());
  }

  async #sendAll(): Promise<void> {
    this.#again = false;
    try {
      while (!this.#isStopping) {
        const mail = await this.#claim();
        this.#isCutOff = false;
        if (mail === undefined) break;
        if (!(await this.#send(mail))) {
          this.#failures++;
          break;
        }
        this.#failures = 0;
      }
    } catch (error) {
      if (!this.#isCutOff) this.#needs.log.error({ err: error }, 'mail cannot be taken up; it is tried again');
      this.#isCutOff = true;
    }
  }

  /** No time further away than the longest that we write is believed: then the clock was set back. */
  async #claim(): Promise<MailRow | undefined> {
    const { rows } = await sql<MailRow>`
      update mails set attempts = attempts + 1, lease_token = gen_random_uuid(), lease_until = ${fromNow(leaseMs)}
       where id = (select id from mails
                    where given_up_at is null
                      and (not_before <= now() or not_before > ${fromNow(longestRefusedWaitMs + 60_000)})
                      and (lease_until is null or lease_until <= now() or lease_until > ${fromNow(leaseMs + 60_000)})
                    order by not_before limit 1 for update skip locked)
      returning *`.execute(this.#needs.db);
    return rows[0];
  }

  /** Whether the mail server works. */
  async #send(mail: MailRow): Promise<boolean> {
    const { id, recipient: to, subject } = mail;
    if (!this.#taken.has(id)) {
      const stopRenewing = this.#renew(mail);
      try {
        await this.#post.send({ id, to, subject, text: this.#open(mail) });
      } catch (error) {
        stopRenewing();
        await this.#failed(mail, error);
        return isOwnFault(error);
      }
      stopRenewing();
      this.#taken.add(id);
    }
    await this.#needs.db.deleteFrom('mails').where('id', '=', id).where('lease_token', '=', mail.lease_token).execute();
    this.#taken.delete(id);
    return true;
  }

  #open({ id, sealed }: MailRow): string {
    try {
      return this.#needs.secrets.open(purposeOf(id), sealed);
    } catch {
      throw new Unreadable();
    }
  }

  /** Keeps the lease while the mail server takes its time. */
  #renew({ id, lease_token }: MailRow): () => void {
    const { clock, db, log } = this.#needs;
    let isOver = false;
    let cancel = () => {};
    const later = () => {
      cancel = clock.after(leaseMs / 3, () => {
        sql`update mails set lease_until = ${fromNow(leaseMs)} where id = ${id} and lease_token = ${lease_token}`
          .execute(db)
          .catch((error) => log.warn({ err: error }, 'the lease of a mail was not renewed'))
          .finally(() => {
            if (!isOver) later();
          });
      });
    };
    later();
    return () => {
      isOver = true;
      cancel();
    };
  }

  async #failed({ id, recipient, subject, attempts, lease_token }: MailRow, error: unknown): Promise<void> {
    const isServers = !isOwnFault(error);
    const waitMs = backOff(attempts, isServers ? longestServerWaitMs : longestRefusedWaitMs);
    const { rows } = await sql<{ given_up: boolean }>`
      update mails set lease_token = null, lease_until = null, not_before = ${fromNow(waitMs)},
             last_error = ${sentenceOf(error)}, is_server_failing = ${isServers},
             given_up_at = case when give_up_at <= now() then now() end
       where id = ${id} and lease_token = ${lease_token}
      returning given_up_at is not null as given_up`.execute(this.#needs.db);
    const about = { err: error, mail: id, to: recipient, subject, attempts };
    if (rows[0]?.given_up) this.#needs.log.error(about, 'a mail was given up; raffia operator mail lists it');
    else if (attempts === 1) this.#needs.log.warn(about, 'a mail could not be sent; it is tried again for a day');
  }
}

class Unreadable extends Error {
  constructor() {
    super('It was sealed with another secret of this server');
  }
}

function isOwnFault(error: unknown): boolean {
  return error instanceof Unreadable || isRefusal(error);
}

function backOff(failures: number, longestMs: number): number {
  return Math.min(longestMs, firstWaitMs * 2 ** Math.min(failures - 1, 30));
}

/** One line: what the mail server says is foreign text. */
function sentenceOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replace(/[\s\p{C}]+/gu, ' ').slice(0, 300);
}
