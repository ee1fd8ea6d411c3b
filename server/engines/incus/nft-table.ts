/** A map of nft: what is looked up in it, and its elements as text. */
interface NftMap {
  /** Its type and flags, line by line. */
  readonly head: readonly string[];
  readonly elements: readonly string[];
}

/** A table of nft, each part under its name. */
export interface NftTable {
  /** With its family, such as `inet raffia`. */
  readonly name: string;
  /** Chains that others jump to, as their lines. */
  readonly chains: ReadonlyMap<string, string>;
  readonly maps: ReadonlyMap<string, NftMap>;
  /** Chains that the kernel asks, as their lines, with that of the hook. */
  readonly hooks: ReadonlyMap<string, string>;
}

const chainText = (name: string, lines: string) => `  chain ${name} {\n${lines}  }\n`;

const elementsOf = ({ elements }: NftMap) => `{ ${elements.join(',\n      ')} }`;

function mapText(name: string, map: NftMap): string {
  const lines = [...map.head, ...(map.elements.length === 0 ? [] : [`elements = ${elementsOf(map)}`])];
  return `  map ${name} {\n${lines.map((line) => `    ${line}\n`).join('')}  }\n`;
}

/** What loads a table, in place of whatever is there. */
export function tableText({ name, chains, maps, hooks }: NftTable): string {
  const parts = [
    ...[...chains].map(([chain, lines]) => chainText(chain, lines)),
    ...[...maps].map(([map, of]) => mapText(map, of)),
    ...[...hooks].map(([chain, lines]) => chainText(chain, lines)),
  ];
  return `table ${name}\ndelete table ${name}\ntable ${name} {\n${parts.join('')}}\n`;
}

type PartKind = 'chain' | 'map';

/** What names a part of a table among those of all. */
const keyOf = (table: string, kind: PartKind, name: string) => `${table} ${kind} ${name}`;

/** The parts of a table as text, by which two are compared. */
function partsOf({ name, chains, maps, hooks }: NftTable): Map<string, string> {
  return new Map([
    ...[...chains, ...hooks].map(([chain, lines]): [string, string] => [keyOf(name, 'chain', chain), lines]),
    ...[...maps].map(([map, of]): [string, string] => [keyOf(name, 'map', map), mapText(map, of)]),
  ]);
}

/** What makes of a table that is loaded another one, in one transaction. */
export interface NftChange {
  readonly text: string;
  /** The parts that are other ones then, and those that are no more. */
  readonly changed: readonly string[];
  readonly gone: readonly string[];
}

/**
 * What has to be loaded for these tables to be those; undefined where it is easier to load all. A chain that others jump to is never another
 * one under its name.
 */
export function changeOf(before: readonly NftTable[], after: readonly NftTable[]): NftChange | undefined {
  const changes = after.map((table, i) => {
    const old = before[i];
    if (old === undefined || old.name !== table.name) return undefined;
    const names = (one: NftTable) => [...one.maps.keys(), ...one.hooks.keys()].join();
    if (names(old) !== names(table)) return undefined;
    const parts = partsOf(old);
    const changed = [...partsOf(table)].filter(([key, text]) => parts.get(key) !== text).map(([key]) => key);
    const gone = [...old.chains.keys()].filter((chain) => !table.chains.has(chain));
    const removal = gone.map((chain) => `delete chain ${table.name} ${chain}\n`).join('');
    // What is jumped to comes first, and goes last.
    return {
      changed,
      gone: gone.map((chain) => keyOf(table.name, 'chain', chain)),
      text: `${loading(table, new Set(changed), old.chains)}${removal}`,
    };
  });
  if (changes.some((change) => change === undefined)) return undefined;
  const all = changes as NftChange[];
  return {
    text: all.map(({ text }) => text).join(''),
    changed: all.flatMap(({ changed }) => changed),
    gone: all.flatMap(({ gone }) => gone),
  };
}

/** What loads these parts of tables again, whatever somebody made of them. */
export function partsText(tables: readonly NftTable[], parts: ReadonlySet<string>): string {
  return tables.map((table) => loading(table, parts, table.chains)).join('');
}

/** @param there chains that have to be emptied first */
function loading(table: NftTable, parts: ReadonlySet<string>, there: ReadonlyMap<string, string>): string {
  const { name, chains, maps, hooks } = table;
  const isPart = (kind: PartKind) => (part: readonly [string, unknown]) => parts.has(keyOf(name, kind, part[0]));
  const jumps = [...chains].filter(isPart('chain'));
  const asked = [...hooks].filter(isPart('chain'));
  const looked = [...maps].filter(isPart('map'));
  const emptied = [...jumps.filter(([chain]) => there.has(chain)), ...asked];
  const declared = [...jumps, ...asked].map(([chain, lines]) => chainText(chain, lines)).join('');
  return [
    ...emptied.map(([chain]) => `flush chain ${name} ${chain}\n`),
    declared === '' ? '' : `table ${name} {\n${declared}}\n`,
    ...looked.map(
      ([map, of]) =>
        `flush map ${name} ${map}\n${of.elements.length === 0 ? '' : `add element ${name} ${map} ${elementsOf(of)}\n`}`,
    ),
  ].join('');
}

/** What nft lists of tables, part by part, whatever their order. */
export function listedParts(listing: string): Map<string, string> {
  const parts = new Map<string, string>();
  let table = '';
  for (const text of listing.split(/^(?=table |\t(?:chain|map) )/m)) {
    const [, named] = /^table (\S+ \S+) \{/.exec(text) ?? [];
    if (named !== undefined) table = named;
    const [, kind, name] = /^\t(chain|map) (\S+) \{/.exec(text) ?? [];
    const key = kind === undefined ? `${table} itself` : keyOf(table, kind as PartKind, name as string);
    // The brace that ends the table follows its last part.
    parts.set(key, text.replace(/\n\}\n*$/, '\n').trimEnd());
  }
  return parts;
}
