import { appendFileSync } from 'node:fs';
import { registerHooks } from 'node:module';

/** Preloaded into a server under test: writes down each module that it loads, and what Node loads of its own for it, a line each. */
const file = process.env.RAFFIA_TEST_MODULES;
if (file !== undefined) {
  const own = (process as unknown as { moduleLoadList: string[] }).moduleLoadList;
  let noted = 0;
  registerHooks({
    load(url, context, next) {
      appendFileSync(file, [...own.slice(noted), url, ''].join('\n'));
      noted = own.length;
      return next(url, context);
    },
  });
}
