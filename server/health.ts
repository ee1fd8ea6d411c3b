import type { readiness } from '@raffia/contract/health.ts';
import type { AnswerOf } from '@raffia/contract/operation.ts';
import type { Pool } from 'pg';
import { type Engine, EngineError } from './engines/engine.ts';
import { refuseUnknown } from './operations/found-machines.ts';
import type { Worker } from './operations/worker.ts';

type Readiness = AnswerOf<typeof readiness>;
type Part = Readiness['parts']['database'];

const checkMs = 3000;

/** Asks each part whether it works: without database or worker nothing does, without the engine reads do. */
export async function checkReadiness(pool: Pool, worker: Worker, engine: Engine): Promise<Readiness> {
  const database = await check(() => pool.query('select 1'), 'down', 'The database does not answer');
  const parts = {
    database,
    worker: worker.isRunning
      ? ({ status: 'ready' } as const)
      : ({ status: 'down', message: 'The worker is not running; it is being started again' } as const),
    limiter: { status: 'ready', message: 'in this process' } as const,
    engine:
      database.status === 'ready'
        ? await check(
            () => engine.check().then((about) => refuseUnknown(pool, about)),
            'degraded',
            'The engine does not answer',
          )
        : ({ status: 'degraded', message: 'not asked without the database' } as const),
  };
  const statuses = Object.values(parts).map((part) => part.status);
  const status = statuses.includes('down') ? 'down' : statuses.includes('degraded') ? 'degraded' : 'ready';
  return { status, parts };
}

async function check(ask: () => Promise<unknown>, otherwise: Part['status'], sentence: string): Promise<Part> {
  let timer: NodeJS.Timeout | undefined;
  try {
    const about = await Promise.race([
      ask(),
      new Promise((_, reject) => {
        timer = setTimeout(() => reject(new Error('no answer in time')), checkMs);
      }),
    ]);
    return { status: 'ready', ...(typeof about === 'string' ? { message: about } : {}) };
  } catch (error) {
    return { status: otherwise, message: error instanceof EngineError ? error.message : sentence };
  } finally {
    clearTimeout(timer);
  }
}
