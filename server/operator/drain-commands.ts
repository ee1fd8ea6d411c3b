import { roomIn } from '../engines/capacity.ts';
import type { Evacuee, HostState, Size } from '../engines/engine.ts';
import type { Command, OperatorContext } from './operator-command.ts';

const usage = 'drain HOST [--yes] [--end]';

/**
 * Drains a host, brings it back, or tells how far that is. Whatever takes longer than some seconds goes on by itself, and whoever says the same
 * again is told how far it is.
 *
 * @throws Error where machines that run would be shut down and nobody said `--yes`
 */
const drain: Command['run'] = async (context, [name], { yes, end }) => {
  if (name === undefined) throw new Error(`Usage: raffia operator ${usage}`);
  return end === 'yes' ? bringBack(context, name) : drainHost(context, name, yes === 'yes');
};

async function drainHost(context: OperatorContext, name: string, isAgreed: boolean): Promise<string> {
  const { engine } = context;
  const evacuation = await engine.hosts.evacuationOf(name);
  const hosts = await engine.hosts.list();
  const state = hosts.find((host) => host.name === name)?.state;
  if (state === 'drained') return drained(name, evacuation.machines);
  if (state === 'draining') return underWay(name, evacuation.machines);
  if (state === 'returning')
    throw new Error(
      `The machines of ${name} are being brought back; wait until raffia operator status says that it is online`,
    );
  const { machines, others } = evacuation;
  const plan = planOf(name, machines, others, hosts);
  if (!isAgreed && (machines.some(({ isRunning }) => isRunning) || others !== 0))
    throw new Error(`${plan}Nothing was done yet: say --yes to do so.`);
  const progress = await engine.hosts.drain(name);
  await lookAnew(context);
  const { machines: left } = await engine.hosts.evacuationOf(name);
  return `${plan}${progress.done ? drained(name, left) : underWay(name, left)}`;
}

async function bringBack(context: OperatorContext, name: string): Promise<string> {
  const { engine } = context;
  const state = (await engine.hosts.list()).find((host) => host.name === name)?.state;
  if (state === 'draining')
    throw new Error(
      `${name} is still being drained; bring it back when raffia operator status says that it is drained`,
    );
  if (state === 'online') return `${name} takes machines; there is nothing to bring back.\n`;
  // Where there is no such host the engine says so.
  const isBack = state !== 'returning' && (await engine.hosts.takeBack(name)).done;
  await lookAnew(context);
  return isBack
    ? `${name} takes machines again, and has its own back.\n`
    : `The machines of ${name} are being brought back; raffia operator status says that it is online when that is done.\n`;
}

/** What the hosts have for new machines has changed, and is not to be promised until the next comparison. */
async function lookAnew({ engine, services: { capacity, log } }: OperatorContext): Promise<void> {
  await capacity.look(engine).catch((error) => log.info({ err: error }, 'the hosts could not be asked what they have'));
}

/** What will be done, before it is done. */
function planOf(
  name: string,
  machines: readonly Evacuee[],
  others: number | undefined,
  hosts: readonly HostState[],
): string {
  const moving = machines.filter(({ staysFor }) => staysFor === undefined);
  const staying = machines.filter(({ staysFor }) => staysFor !== undefined);
  const needed = sizeOf(moving);
  const rest = hosts.filter((host) => host.name !== name && host.state === 'online');
  const left = roomIn(total(rest.map(({ offers }) => offers)), total(rest.map(({ given }) => given)));
  const lines = [
    `${name} takes no new machines from now on, until it is brought back with --end.`,
    ...group(
      'Moved to other hosts',
      moving,
      'those that run are shut down, and started again there; the copy of a disk takes as long as it is large',
    ),
    ...(moving.length === 0 ? [] : [`They are ${words(needed)}; the other hosts have room for ${left}.`]),
    ...group('Off, and where they are, until it is brought back', staying, 'those that run are shut down'),
    ...(machines.length === 0 ? ['No machine of this cloud is on it.'] : []),
    ...(others === 0
      ? []
      : [
          `What else the engine has there (${others === undefined ? 'it does not say how much' : `${others} of other projects`}) is treated alike.`,
        ]),
  ];
  return `${lines.join('\n')}\n`;
}

/** The machines that something happens to, with their names. */
function group(what: string, machines: readonly Evacuee[], how: string): string[] {
  if (machines.length === 0) return [];
  return [`${what}: ${machines.length}; ${how}`, ...machines.map((machine) => `  ${nameOf(machine)}`)];
}

function drained(name: string, left: readonly Evacuee[]): string {
  if (left.length === 0) return `${name} is drained: no machine is on it.\n`;
  return `${name} is drained. Still on it, and off:\n${left.map((machine) => `  ${nameOf(machine)}\n`).join('')}`;
}

function underWay(name: string, left: readonly Evacuee[]): string {
  const moving = left.filter(({ staysFor }) => staysFor === undefined).length;
  const running = left.filter(({ isRunning }) => isRunning).length;
  return `${name} is being drained. Machines still to be moved: ${moving}; still running there: ${running}. The same command says how far it is.\n`;
}

function nameOf({ id, name, isRunning, staysFor }: Evacuee): string {
  return `${id}  ${name}, ${isRunning ? 'runs' : 'is off'}${staysFor === undefined ? '' : `: ${staysFor}`}`;
}

const parts = ['cpu', 'ram', 'disk'] as const;

function total(sizes: readonly (Size | undefined)[]): Size {
  const sum = (part: keyof Size) => sizes.reduce((all, size) => all + (size?.[part] ?? 0), 0);
  const [cpu, ram, disk] = parts.map(sum) as [number, number, number];
  return { cpu, ram, disk };
}

const sizeOf = (machines: readonly Evacuee[]) => total(machines.map(({ size }) => size));

/** A size as `roomIn` says what is left: of nothing taken. */
const words = (size: Size) => roomIn(size, { cpu: 0, ram: 0, disk: 0 });

export const drainCommands: Record<string, Command> = {
  drain: {
    usage,
    about:
      'Moves the machines of a host of a cluster to the others, and says before what becomes of each; --end brings them back',
    run: drain,
  },
};
