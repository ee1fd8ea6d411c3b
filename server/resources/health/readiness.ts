import type { readiness } from '@raffia/contract/health.ts';
import type { AnswerOf } from '@raffia/contract/operation.ts';
import type { Asked } from '../../database/asked.ts';
import type { Capacity } from '../../engines/capacity.ts';
import { type Engine, EngineError } from '../../engines/engine.ts';
import { inTime } from '../../foundation/in-time.ts';
import type { Storage } from '../../foundation/storage.ts';
import { countMails } from '../../mail/outbox.ts';
import { refuseUnknown } from '../../operations/found-machines.ts';
import type { Worker } from '../../operations/worker.ts';

type ReadinessAnswer = AnswerOf<typeof readiness>;
type Part = ReadinessAnswer['parts']['database'];

const checkMs = 3000;
/** How old an answer may be, in milliseconds: whoever asks often does not make the parts work. */
const freshMs = 1000;
/** How long somebody waits for an answer that is being found out, where there is an older one. */
const patienceMs = 300;

/** How the nodes stand together. */
interface Company {
  readonly state: { readonly isWhole: boolean; readonly message: string };
}

interface Needs {
  readonly draining: { readonly isOn: boolean };
  readonly outbox: { readonly isConfigured: boolean };
  readonly capacity: Pick<Capacity, 'left'>;
  readonly storage: Pick<Storage, 'problem'>;
}

/** Whether the server works, asked of its parts once a second at most, however often somebody asks here. */
export class Readiness {
  readonly #ask: () => Promise<ReadinessAnswer>;
  readonly #services: Needs;
  #last: { at: number; answer: ReadinessAnswer } | undefined;
  #asking: Promise<ReadinessAnswer> | undefined;

  /**
   * @param worker undefined on a node that does no work
   * @param cluster undefined where one process serves alone
   */
  constructor(services: Needs, connection: Asked, worker: Worker | undefined, engine: Engine, cluster?: Company) {
    this.#services = services;
    this.#ask = () => checkReadiness(connection, worker, engine, services, cluster);
  }

  /** The answer of `/ready`. */
  async now(): Promise<ReadinessAnswer> {
    const last = this.#last;
    if (last === undefined) return this.#stopping(await this.#refresh());
    if (performance.now() - last.at < freshMs) return this.#stopping(last.answer);
    return this.#stopping(await inTime(this.#refresh(), patienceMs, () => last.answer));
  }

  #refresh(): Promise<ReadinessAnswer> {
    this.#asking ??= this.#ask()
      .then((answer) => {
        this.#last = { at: performance.now(), answer };
        return answer;
      })
      .finally(() => {
        this.#asking = undefined;
      });
    return this.#asking;
  }

  /** Whoever sends requests here is told before the door closes. */
  #stopping(answer: ReadinessAnswer): ReadinessAnswer {
    return this.#services.draining.isOn ? { ...answer, status: 'down' } : answer;
  }
}

/**
 * Asks each part whether it works: without database or worker nothing does, without the engine or room on the disk reads do, without mail
 * all but mail.
 */
export async function checkReadiness(
  connection: Asked,
  worker: Worker | undefined,
  engine: Engine,
  { outbox, capacity, storage: { problem } }: Omit<Needs, 'draining'>,
  cluster?: Company,
): Promise<ReadinessAnswer> {
  const database = await check(() => connection.query('select 1'), 'down', 'The database does not answer');
  const parts = {
    database,
    worker:
      worker === undefined
        ? ({ status: 'ready', message: 'other nodes work' } as const)
        : worker.isRunning
          ? ({ status: 'ready' } as const)
          : ({ status: 'down', message: 'The worker is not running; it is being started again' } as const),
    storage:
      problem === undefined ? ({ status: 'ready' } as const) : ({ status: 'degraded', message: problem } as const),
    limiter: limiterOf(cluster),
    engine:
      database.status === 'ready'
        ? await check(
            async () => {
              const about = await refuseUnknown(connection, await engine.check());
              const left = await capacity.left(connection);
              return left === '' ? about : `${about}; ${left}`;
            },
            'degraded',
            'The engine does not answer',
          )
        : notAsked,
    mail:
      database.status === 'ready'
        ? await check(() => askMail(outbox, connection), 'degraded', 'Mail cannot be looked at')
        : notAsked,
  };
  const statuses = Object.values(parts).map((part) => part.status);
  const status = statuses.includes('down') ? 'down' : statuses.includes('degraded') ? 'degraded' : 'ready';
  return { status, parts };
}

function limiterOf(cluster: Company | undefined): Part {
  if (cluster === undefined) return { status: 'ready', message: 'counted in this process' };
  const { isWhole, message } = cluster.state;
  return { status: isWhole ? 'ready' : 'degraded', message };
}

const notAsked = { status: 'degraded', message: 'not asked without the database' } as const;

/** A refused recipient is that mail's own matter; what the mail server does to every mail is told here. */
async function askMail({ isConfigured }: Needs['outbox'], connection: Asked): Promise<string> {
  const { waiting, failing } = await countMails(connection);
  if (!isConfigured && waiting > 0)
    throw new MailTrouble(
      `no mail server is configured any more, and ${waiting} mails wait; raffia operator mail lists them`,
    );
  if (failing > 0)
    throw new MailTrouble(
      `the mail server does not take mail, ${waiting} wait; raffia operator mail lists them and says why`,
    );
  return isConfigured
    ? 'a mail server is configured'
    : 'no mail server is configured; links are shown to the person who asks for them';
}

class MailTrouble extends Error {}

async function check(ask: () => Promise<unknown>, otherwise: Part['status'], sentence: string): Promise<Part> {
  const late = () => {
    throw new Error('no answer in time');
  };
  try {
    const about = await inTime(ask(), checkMs, late);
    return { status: 'ready', ...(typeof about === 'string' ? { message: about } : {}) };
  } catch (error) {
    return {
      status: otherwise,
      message: error instanceof EngineError || error instanceof MailTrouble ? error.message : sentence,
    };
  }
}
