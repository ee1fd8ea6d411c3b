import { endDescendants } from '@raffia/server/testing/end-descendants.ts';
import { whenOrphaned } from '@raffia/server/testing/guard.ts';
import { timeLimitOf } from './time-limit.ts';

// Loaded before a test file. The runner's own time limit asks the process to end, and that waits for hooks: one that hangs held
// the whole run up. This ends it without asking, half a minute later, and what it started with it: that holds the output open, and
// whoever reads it would wait for ever.
const file = process.argv[1];
if (file !== undefined) {
  const minutes = timeLimitOf(file);
  const end = () => {
    process.stderr.write(`${file} did not end within ${minutes} minutes: a test or a hook of it hangs.\n`);
    endDescendants();
    process.exit(1);
  };
  setTimeout(end, minutes * 60_000 + graceMs()).unref();
  // Nobody reads the outcome of a run that was killed.
  whenOrphaned(() => {
    endDescendants();
    process.exit(1);
  });
}

function graceMs(): number {
  return Number(process.env.RAFFIA_TEST_GRACE_MS ?? 30_000);
}
