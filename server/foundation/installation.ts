import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** `raffia.mjs` sets a checkout up. Whoever packs the server leaves it out: there everything is built, and nothing may be written. */
const isCheckout = existsSync(join(import.meta.dirname, '..', '..', 'raffia.mjs'));

/** How this server came here, and what people type where it did. */
export const installation = {
  isCheckout,
  command: isCheckout ? './raffia.mjs' : 'raffia',
  start: isCheckout ? 'npm start' : 'systemctl start raffia',
} as const;
