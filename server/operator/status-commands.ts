import { aboutServer, askPart, type Told } from '../resources/operator/cloud-parts.ts';
import type { Command } from './operator-command.ts';
import { type AnySection, inTimeUnits, notAsked, statusSections } from './status-sections.ts';

const showStatus: Command['run'] = async (context, _, { json }) => {
  const names = Object.keys(statusSections);
  const told = await Promise.all(names.map((name) => askPart(context, (statusSections[name] as AnySection).ask)));
  const { upSeconds, ...about } = aboutServer(context);
  if (json === 'yes') {
    const parts = names.map((name, i) => {
      const part = told[i] as Told<unknown>;
      return [name, 'told' in part ? part.told : { problem: part.problem }];
    });
    return `${JSON.stringify({ ...about, ...Object.fromEntries(parts) }, null, 2)}\n`;
  }
  const width = Math.max(...names.map((name) => name.length)) + 2;
  const lines = names.flatMap((name, i) => {
    const part = told[i] as Told<unknown>;
    const [first = '', ...rest] =
      'told' in part ? (statusSections[name] as AnySection).lines(part.told) : [notAsked(part.problem)];
    return [`${name.padEnd(width)}${first}`.trimEnd(), ...rest.map((line) => `${' '.repeat(width)}${line}`)];
  });
  const head = `raffia ${about.version}, engine ${about.engine}, runs since ${about.startedAt} (${inTimeUnits(upSeconds)})`;
  return `${[head, ...lines].join('\n')}\n`;
};

export const statusCommands: Record<string, Command> = {
  status: {
    usage: 'status [--json]',
    about:
      'Shows on one screen how this cloud is: database, queue, hosts, addresses, backups, mails; --json for programs',
    run: showStatus,
  },
};
