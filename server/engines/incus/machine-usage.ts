import type { MachineUsage } from '../engine.ts';
import { machineIdOf } from './names.ts';

type Counter = Exclude<keyof MachineUsage, 'id'>;
type Labels = Readonly<Record<string, string>>;

const isNoLoopback = ({ device }: Labels) => device !== 'lo';

/** What is added up, by the metric's name without its prefix; what is not asked for `where` is all of it. */
const sums: Readonly<
  Record<string, { readonly of: Counter; readonly sign?: -1; readonly where?: (labels: Labels) => boolean }>
> = {
  cpu_seconds_total: {
    of: 'cpuSeconds',
    where: ({ mode }) => mode !== 'idle' && mode !== 'iowait' && mode !== 'steal',
  },
  memory_MemTotal_bytes: { of: 'memory' },
  memory_MemAvailable_bytes: { of: 'memory', sign: -1 },
  network_receive_bytes_total: { of: 'received', where: isNoLoopback },
  network_transmit_bytes_total: { of: 'sent', where: isNoLoopback },
  disk_read_bytes_total: { of: 'read' },
  disk_written_bytes_total: { of: 'written' },
};

/** What a host's machines use, read from what it tells Prometheus. How full disks are it says for whole pools, and so nothing is said. */
export function machineUsage(text: string): MachineUsage[] {
  const found = new Map<string, Record<string, number>>();
  for (const [, metric = '', labelled = '', value] of text.matchAll(/^(?:lxd|incus)_(\w+)\{([^}]*)\} (\S+)$/gm)) {
    const sum = sums[metric];
    if (sum === undefined) continue;
    const labels: Labels = Object.fromEntries(
      [...labelled.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, is]) => [name, is]),
    );
    const id = machineIdOf(labels.name ?? '');
    if (id === undefined || (sum.where !== undefined && !sum.where(labels))) continue;
    const usage = found.get(id) ?? {};
    found.set(id, usage);
    usage[sum.of] = (usage[sum.of] ?? 0) + (sum.sign ?? 1) * Number(value);
  }
  return [...found].flatMap(([id, usage]) =>
    usage.cpuSeconds === undefined ? [] : [{ id, ...usage, cpuSeconds: usage.cpuSeconds }],
  );
}
