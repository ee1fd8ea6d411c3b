import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FilterDirection, FilterRule } from '@raffia/contract/nic-filter.ts';
import { type FilteredNic, filterTablesOf } from '@raffia/server/engines/incus/filter-tables.ts';
import { changeOf, tableText } from '@raffia/server/engines/incus/nft-table.ts';
import { guardedFolder, removeFolder } from './guard.ts';

const groups = 200;
const rulesEachWay = 40;
const interfaces = 2000;
const bridges = 100;
const rounds = 9;

/** A rule as people write them: every second for everybody, the others for a network of their own. */
function rule(group: number, n: number, way: number): FilterRule {
  const first = 1000 + group + n * 7;
  const network = { address: `10.${group}.${n + way * 100}.0`, prefix: 24, family: 4 } as const;
  return {
    protocol: n % 4 < 2 ? 'TCP' : 'UDP',
    ports: [{ first, last: first + (n % 3) }],
    cidr: n % 2 === 0 ? null : network,
    icmpType: null,
  };
}

const direction = (group: number, way: number): FilterDirection => ({
  families: [4, 6],
  rules: Array.from({ length: rulesEachWay }, (_, n) => rule(group, n, way)),
});

function spread(times: readonly number[]): string {
  const order = times.toSorted((a, b) => a - b);
  const [least = 0, middle = 0, most = 0] = [0, Math.floor(order.length / 2), order.length - 1].map((i) => order[i]);
  return `${middle.toFixed(0)} ms (${least.toFixed(0)}-${most.toFixed(0)})`;
}

/** How long the rules of many interfaces take to be written and to be in force, in a network namespace of their own; needs root and nft. */
export async function filters(): Promise<void> {
  const ofGroups = Array.from({ length: groups }, (_, g) => ({ inbound: direction(g, 0), outbound: direction(g, 1) }));
  const nics = Array.from({ length: interfaces }, (_, n): FilteredNic => {
    const isPublic = n % 2 === 0;
    return {
      port: `rf${isPublic ? 'p' : 'v'}${(0x10_0000_0000 + n * 7919).toString(16)}`,
      bridge: `rfb${n % bridges}`,
      publicAddress: isPublic ? `203.0.${n >> 8}.${n & 255}` : null,
      // As they are read: nothing in memory is shared.
      filter: structuredClone(ofGroups[n % groups] as (typeof ofGroups)[number]),
    };
  });
  const zones = new Map(Array.from({ length: bridges }, (_, n) => [`rfb${n}`, n + 1]));
  const written: number[] = [];
  const compared: number[] = [];
  const before = filterTablesOf(nics, zones);
  let [text, change, back] = ['', '', ''];
  for (let round = 0; round < rounds; round++) {
    const began = performance.now();
    text = filterTablesOf(nics, zones).map(tableText).join('');
    written.push(performance.now() - began);
    // One rule of one group is another one.
    const other = { inbound: direction(groups, 0), outbound: (ofGroups[0] as (typeof ofGroups)[number]).outbound };
    const changed = nics.map((nic, n) => (n % groups === 0 ? { ...nic, filter: other } : nic));
    const beganAgain = performance.now();
    const after = filterTablesOf(changed, zones);
    change = changeOf(before, after)?.text ?? '';
    compared.push(performance.now() - beganAgain);
    back = changeOf(after, before)?.text ?? '';
  }
  const folder = guardedFolder();
  try {
    const files = Object.entries({ all: text, change, back }).map(([name, contents]) => {
      const file = join(folder, `${name}.nft`);
      writeFileSync(file, contents);
      return file;
    });
    const script = `took() { began=$(date +%s%N); nft -f "$1" || exit 1; ended=$(date +%s%N); echo $2 $(((ended - began) / 1000)); }
      for round in $(seq ${rounds}); do took "$1" all; took "$2" change; took "$3" change; done`;
    const loaded = execFileSync('unshare', ['-n', 'sh', '-c', script, 'sh', ...files], { encoding: 'utf8' });
    const times = (of: string) =>
      [...loaded.matchAll(new RegExp(`^${of} (\\d+)$`, 'gm'))].map(([, micros]) => Number(micros) / 1000);
    process.stdout.write(
      `${groups} security groups of ${2 * rulesEachWay} rules on ${interfaces} interfaces: ${Math.round(text.length / 1000)} kB, ` +
        `written in ${spread(written)}, loaded by nft in ${spread(times('all'))}; a rule changed: ${Math.round(change.length / 1000)} kB, ` +
        `found in ${spread(compared)}, loaded in ${spread(times('change'))}\n`,
    );
  } finally {
    removeFolder(folder);
  }
}
