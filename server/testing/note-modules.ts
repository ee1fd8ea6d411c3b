import { appendFileSync } from 'node:fs';
import { registerHooks } from 'node:module';

/** Preloaded into a server under test: writes down each module that it loads, a line each. */
const file = process.env.RAFFIA_TEST_MODULES;
if (file !== undefined) {
  registerHooks({
    load(url, context, next) {
      appendFileSync(file, `${url}\n`);
      return next(url, context);
    },
  });
}
