import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** `raffia.mjs` sets a checkout up. Whoever packs the server leaves it out: there everything is built, and nothing may be written. */
const isCheckout = existsSync(join(import.meta.dirname, '..', '..', 'raffia.mjs'));

/** How this server came here, and what people type where it did. */
export const installation = {
  isCheckout,
  command: isCheckout ? './raffia.mjs' : 'raffia',
  /** As its package says. */
  get version(): string {
    const file = join(import.meta.dirname, '..', 'package.json');
    return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
  },
  start: isCheckout ? 'npm start' : 'systemctl start raffia',
} as const;
