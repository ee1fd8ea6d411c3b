import type { VM, VPC } from '@raffia/client/client.ts';
import type { VmNic } from '../../api/interfaces.ts';

/** A strand: the internet, or a private network. */
export interface WeaveRow {
  readonly id: string;
  readonly name: string;
  /** Its block; of the internet none. */
  readonly block: string;
  readonly hint: string;
  readonly vpc: VPC | undefined;
}

/** A thread: a machine, or the gateway of a network. */
export interface WeaveColumn {
  readonly id: string;
  readonly name: string;
  readonly vm: VM | undefined;
  readonly vpc: VPC | undefined;
}

/** Where a strand and a thread meet: an interface, or one of a gateway's two sides. */
export interface Knot {
  readonly id: string;
  readonly row: number;
  readonly column: number;
  readonly addresses: readonly string[];
  /** Of a machine; the two of one network, IPv4 and IPv6, are one knot. */
  readonly nics: readonly VmNic[];
  /** Whether it is on the internet without a firewall group. */
  readonly isOpen: boolean;
  readonly isFiltered: boolean;
}

export interface Weave {
  readonly rows: readonly WeaveRow[];
  readonly columns: readonly WeaveColumn[];
  readonly knots: readonly Knot[];
}

export const internet = 'internet';

/**
 * Which machine is in which network: strands are networks, the internet first, threads are machines and gateways, those with a gateway's way
 * out first.
 *
 * @param text narrows the machines to those whose name or address has it
 */
export function weaveOf(vms: readonly VM[], vpcs: readonly VPC[], nics: readonly VmNic[], text = ''): Weave {
  const wanted = text.trim().toLowerCase();
  const byVm = Map.groupBy(nics, ({ vm }) => vm.id);
  const machines = vms
    .filter((vm) => {
      const own = byVm.get(vm.id) ?? [];
      return (
        own.length > 0 &&
        (wanted === '' || [vm.name, ...own.map(({ ip }) => ip)].some((one) => one.toLowerCase().includes(wanted)))
      );
    })
    .toSorted((a, b) => a.name.localeCompare(b.name));
  const gateways = vpcs.filter(
    ({ gateway_type, name }) => gateway_type === 'nat' && (wanted === '' || name.toLowerCase().includes(wanted)),
  );
  const columns: readonly WeaveColumn[] = [
    ...gateways.map((vpc) => ({ id: `gateway ${vpc.id}`, name: `${vpc.name} NAT gateway`, vm: undefined, vpc })),
    ...machines.map((vm) => ({ id: vm.id, name: vm.name, vm, vpc: undefined })),
  ];
  const outside = nics.filter(({ type }) => type !== 'vpc').length;
  const rows: readonly WeaveRow[] = [
    {
      id: internet,
      name: 'Internet',
      block: '',
      hint: `${outside} ${outside === 1 ? 'address' : 'addresses'} of VMs`,
      vpc: undefined,
    },
    ...vpcs
      .toSorted((a, b) => a.name.localeCompare(b.name))
      .map((vpc) => ({
        id: vpc.id,
        name: vpc.name,
        block: vpc.cidr,
        hint: `${(vpc.used_ips ?? 0).toLocaleString('en')} of ${(vpc.total_ips ?? 0).toLocaleString('en')} in use`,
        vpc,
      })),
  ];
  const place = new Map(rows.map(({ id }, at) => [id, at]));
  const knots = columns.flatMap(({ id, vm, vpc }, column): Knot[] => {
    const gateway = (row: number, address: string | undefined): Knot[] =>
      address === undefined
        ? []
        : [{ id: `${id} ${row}`, row, column, addresses: [address], nics: [], isOpen: false, isFiltered: true }];
    if (vm === undefined) {
      return [...gateway(0, vpc?.router_public_ip), ...gateway(place.get(vpc?.id ?? '') ?? 0, vpc?.gateway)];
    }
    const own = Map.groupBy(byVm.get(vm.id) ?? [], (nic) => (nic.type === 'vpc' ? (nic.vpc_id ?? '') : internet));
    return [...own].flatMap(([network, of]): Knot[] => {
      const row = place.get(network);
      if (row === undefined) return [];
      const isOpen = network === internet && of.some(({ security_group_ids }) => security_group_ids.length === 0);
      return [
        {
          id: `${vm.id} ${network}`,
          row,
          column,
          addresses: of.map(({ ip }) => ip),
          nics: of,
          isOpen,
          isFiltered: of.every(({ security_group_ids }) => security_group_ids.length > 0),
        },
      ];
    });
  });
  return { rows, columns, knots };
}

/** The end of an address, by which it is told from the others of its network: `.21`, `::5`. */
export function endOf(address: string): string {
  return address.includes(':') ? `:${address.split(':').at(-1)}` : `.${address.split('.').at(-1)}`;
}

/** The nearest knot in a direction, first on the same strand or thread; undefined where there is none. */
export function nextKnot(knots: readonly Knot[], from: Knot, key: string): Knot | undefined {
  const along: 'row' | 'column' = key === 'ArrowLeft' || key === 'ArrowRight' ? 'column' : 'row';
  const across = along === 'row' ? 'column' : 'row';
  const step = key === 'ArrowLeft' || key === 'ArrowUp' ? -1 : 1;
  return knots
    .filter((knot) => (knot[along] - from[along]) * step > 0)
    .toSorted(
      (a, b) =>
        Math.abs(a[across] - from[across]) - Math.abs(b[across] - from[across]) ||
        Math.abs(a[along] - from[along]) - Math.abs(b[along] - from[along]),
    )[0];
}

/** Where a drawing stands in its window: moved by x and y pixels, k times as large. */
export interface View {
  readonly x: number;
  readonly y: number;
  readonly k: number;
}

export const smallest = 0.35;
export const largest = 2;

/** The view after zooming by a factor at a point, which stays where it is. */
export function zoomed({ x, y, k }: View, factor: number, at: { readonly x: number; readonly y: number }): View {
  const next = Math.min(largest, Math.max(smallest, k * factor));
  return { x: at.x - ((at.x - x) * next) / k, y: at.y - ((at.y - y) * next) / k, k: next };
}

/** The view kept so that the drawing never leaves its window. */
export function held({ x, y, k }: View, drawing: Size, window: Size): View {
  const within = (at: number, size: number, room: number) =>
    size <= room ? 0 : Math.min(0, Math.max(room - size, at));
  return { x: within(x, drawing.width * k, window.width), y: within(y, drawing.height * k, window.height), k };
}

export interface Size {
  readonly width: number;
  readonly height: number;
}
