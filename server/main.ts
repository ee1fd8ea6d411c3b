import { globSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { catalogueFile } from './catalogue/catalogue-file.ts';
import {
  ConfigurationError,
  loadConfiguration,
  printSettings,
  settingsInForce,
} from './configuration/configuration.ts';
import { packKysely, usePackedKysely } from './database/packed-kysely.ts';
import { http } from './foundation/http.ts';
import { installation } from './foundation/installation.ts';
import { adminSocketPath } from './operator/admin-socket-path.ts';
import { restore } from './operator/restore.ts';

const usage = `raffia start              starts the server
raffia config             prints the settings in force, secrets masked
raffia operator COMMAND   speaks to the running server; raffia operator help lists the commands
raffia engine COMMAND     looks at the machines' host; raffia engine help lists the commands
raffia images COMMAND     brings images to the machines' host; raffia images help lists the commands
raffia backup FILE        backs up the embedded database
raffia restore FILE       restores a backup into an empty data directory
`;

async function main([command = 'start', ...args]: string[]): Promise<void> {
  setFlagsFromString(smallHeap);
  if (command === 'read' && installation.isCheckout) await packKysely();
  usePackedKysely();
  switch (command) {
    case 'start':
      return startWithSmallHeap();
    case 'read':
      return readAll();
    case 'config':
      process.stdout.write(`${printSettings(settingsInForce(process.env))}\n`);
      return;
    case 'operator':
      return operator(args);
    case 'engine': {
      const { output, ok } = await (await import('./operator/engine-command.ts')).engineCommand(args);
      process.stdout.write(output);
      process.exitCode = ok ? 0 : 1;
      return;
    }
    case 'images':
      process.stdout.write(await (await import('./operator/image-command.ts')).imageCommand(args));
      return;
    case 'backup':
      return operator(['backup', ...args.map((file) => (file.startsWith('/') ? file : `${process.cwd()}/${file}`))]);
    case 'restore': {
      if (args[0] === undefined) throw new Error('Usage: raffia restore FILE');
      process.stdout.write(await restore(loadConfiguration(process.env).dataDirectory, args[0]));
      return;
    }
    default:
      process.stdout.write(usage);
      process.exitCode = command === 'help' || command === '--help' ? 0 : 2;
  }
}

/** For raffia.mjs: reads all that a server may load of ours, for the cache that is written when this ends. */
async function readAll(): Promise<never> {
  (await import('./catalogue/catalogue.ts')).keepJudged(catalogueFile);
  const exclude = ['**/node_modules/**', 'testing/**', '**/*.test.ts'];
  for (const file of globSync('**/*.ts', { cwd: import.meta.dirname, exclude })) {
    await import(join(import.meta.dirname, file));
  }
  process.exit();
}

/**
 * Reading the program fills the young generation with what is garbage a moment later; grown for that, it would hold 60 MB for as
 * long as the server rests. So it is read with one that does not grow, and by every command: V8 takes nothing from a cache that was
 * written under other flags.
 */
const smallHeap = '--semi-space-growth-factor=1';

/** The young generation may grow once there is load. */
async function startWithSmallHeap(): Promise<void> {
  await (await import('./start.ts')).start(loadConfiguration(process.env));
  setFlagsFromString('--semi-space-growth-factor=2');
  setTimeout(collectYoung, restMs).unref();
}

/** Longer than V8 looks back for how much is allocated. */
const restMs = 10_000;

/**
 * V8 gives the system back what a start leaves behind, some 15 MB, within half a minute of seeing that little is allocated. It sees that
 * when it collects the young generation, for which a server that rests gives it no reason for minutes. This takes some milliseconds.
 */
function collectYoung(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as (options: { type: 'minor' }) => void)({ type: 'minor' });
  setFlagsFromString('--no-expose-gc');
}

/** Hands a command to the running server and prints its answer. */
function operator(args: string[]): Promise<void> {
  const { dataDirectory } = loadConfiguration(process.env);
  return new Promise((done, reject) => {
    const call = http.request({ socketPath: adminSocketPath(dataDirectory), method: 'POST' }, async (answer) => {
      let text = '';
      for await (const chunk of answer) text += chunk;
      if (answer.statusCode === 200) process.stdout.write(text);
      else {
        process.stderr.write(`${text}\n`);
        process.exitCode = 1;
      }
      done();
    });
    call.on('error', (cause) =>
      reject(
        new Error(`No server of ${dataDirectory} is running. Start it with ${installation.start}, on this host.`, {
          cause,
        }),
      ),
    );
    call.end(JSON.stringify(args));
  });
}

main(process.argv.slice(2)).catch((error: Error) => {
  const isExpected = error instanceof ConfigurationError || process.env.RAFFIA_LOG_LEVEL !== 'debug';
  process.stderr.write(`${isExpected ? error.message : error.stack}\n`);
  process.exit(1);
});
