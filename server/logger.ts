import { type Logger, pino } from 'pino';
import type { Configuration } from './configuration/configuration.ts';

/** Structured logs go to standard error, so that standard output is for people. No header or body is ever handed to it. */
export function logger({ logLevel }: Configuration): Logger {
  return pino(
    { level: logLevel, redact: ['*.password', '*.secret', '*.public_key', '*.headers'] },
    pino.destination({ dest: 2, sync: false }),
  );
}
