import { inTime } from '../foundation/in-time.ts';
import { installation } from '../foundation/installation.ts';
import type { Command, OperatorContext } from './operator-command.ts';
import { type AnySection, inTimeUnits, notAsked, statusSections } from './status-sections.ts';

/** How long one part may take; what is slower keeps nothing else from being told. */
const patienceMs = 6000;

/** What a section told, or why it did not. */
type Told = { readonly told: unknown } | { readonly problem: string };

const showStatus: Command['run'] = async (context, _, { json }) => {
  const names = Object.keys(statusSections);
  const told = await Promise.all(names.map((name) => ask(context, statusSections[name] as AnySection)));
  const upSeconds = Math.floor(process.uptime());
  const about = {
    version: installation.version,
    startedAt: new Date(Date.now() - upSeconds * 1000).toISOString(),
    engine: context.services.configuration.engine,
  };
  if (json === 'yes') {
    const parts = names.map((name, i) => {
      const part = told[i] as Told;
      return [name, 'told' in part ? part.told : { problem: part.problem }];
    });
    return `${JSON.stringify({ ...about, ...Object.fromEntries(parts) }, null, 2)}\n`;
  }
  const width = Math.max(...names.map((name) => name.length)) + 2;
  const lines = names.flatMap((name, i) => {
    const part = told[i] as Told;
    const [first = '', ...rest] =
      'told' in part ? (statusSections[name] as AnySection).lines(part.told) : [notAsked(part.problem)];
    return [`${name.padEnd(width)}${first}`.trimEnd(), ...rest.map((line) => `${' '.repeat(width)}${line}`)];
  });
  const head = `raffia ${about.version}, engine ${about.engine}, runs since ${about.startedAt} (${inTimeUnits(upSeconds)})`;
  return `${[head, ...lines].join('\n')}\n`;
};

async function ask(context: OperatorContext, { ask: askFor }: AnySection): Promise<Told> {
  const late = () => {
    throw new Error(`no answer within ${patienceMs / 1000} seconds`);
  };
  try {
    return { told: await inTime(askFor(context), patienceMs, late) };
  } catch (error) {
    return { problem: (error as Error).message };
  }
}

export const statusCommands: Record<string, Command> = {
  status: {
    usage: 'status [--json]',
    about:
      'Shows on one screen how this cloud is: database, queue, hosts, addresses, backups, mails; --json for programs',
    run: showStatus,
  },
};
