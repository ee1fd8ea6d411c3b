import { parseArgs } from 'node:util';
import { accountCommands } from './account-commands.ts';
import { backup } from './backup.ts';
import { drainCommands } from './drain-commands.ts';
import { foundMachineCommands } from './found-machine-commands.ts';
import { foundVolumeCommands } from './found-volume-commands.ts';
import { keyCommands } from './key-commands.ts';
import { machineCommands } from './machine-commands.ts';
import { mailCommands } from './mail-commands.ts';
import type { Command, OperatorContext } from './operator-command.ts';
import { operatorPeopleCommands } from './operator-people-commands.ts';
import { peopleCommands } from './people-commands.ts';
import { statusCommands } from './status-commands.ts';

/**
 * Runs one command of the operator.
 *
 * @returns the text to print
 * @throws Error whose message is a sentence
 */
export async function runOperatorCommand(context: OperatorContext, argv: readonly string[]): Promise<string> {
  const name = [argv.slice(0, 2).join(' '), argv[0] ?? ''].find((candidate) => Object.hasOwn(commands, candidate));
  if (name === undefined) {
    if (argv.length === 0 || argv[0] === 'help') return help();
    throw new Error(`There is no command ${argv.slice(0, 2).join(' ')}; raffia operator help lists all`);
  }
  const command = commands[name] as Command;
  // What stands alone in its brackets takes no value.
  const options = [...command.usage.matchAll(/--([\w-]+)(\]?)/g)].map(([, option, alone]) => [
    option as string,
    { type: alone === ']' ? ('boolean' as const) : ('string' as const) },
  ]);
  try {
    const { values, positionals } = parseArgs({
      args: argv.slice(name.split(' ').length),
      allowPositionals: true,
      options: Object.fromEntries(options),
    });
    const texts = Object.entries(values).map(([option, value]) => [option, value === true ? 'yes' : value]);
    return await command.run(context, positionals, Object.fromEntries(texts));
  } catch (error) {
    if ((error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS'))
      throw new Error(`Usage: raffia operator ${command.usage}`);
    throw error;
  }
}

function help(): string {
  const lines = Object.values(commands).map(({ usage, about }) => `  raffia operator ${usage}\n      ${about}`);
  return `What an operator can do (ACCOUNT is an id or a name):\n${lines.join('\n')}\n`;
}

/** What an operator can do; `raffia operator help` prints the list. */
const commands: Record<string, Command> = {
  ...statusCommands,
  ...drainCommands,
  ...accountCommands,
  ...keyCommands,
  ...machineCommands,
  ...foundMachineCommands,
  ...foundVolumeCommands,
  ...peopleCommands,
  ...operatorPeopleCommands,
  ...mailCommands,
  backup: {
    usage: 'backup FILE',
    about: 'Backs up the embedded database while it runs',
    run: async ({ services, databaseUrl, clusterDirectory }, [file]) => {
      if (file === undefined) throw new Error('Usage: raffia backup FILE');
      if (clusterDirectory === undefined)
        throw new Error('The database is not the embedded one; use its own tools, such as pg_dump');
      return backup(services.configuration.dataDirectory, clusterDirectory, databaseUrl, file);
    },
  },
};
