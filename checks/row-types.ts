import type { Pool } from 'pg';
import { formatted } from './indexes.ts';

/** What a value of the database is in the code. */
const types: Readonly<Record<string, string>> = {
  uuid: 'string',
  text: 'string',
  inet: 'string',
  cidr: 'string',
  macaddr: 'string',
  boolean: 'boolean',
  integer: 'number',
  bigint: 'number',
  real: 'number',
  'timestamp with time zone': 'Date',
  bytea: 'Buffer',
  jsonb: 'object',
};

const columnsQuery = `
  select c.relname as table, a.attname as name, format_type(a.atttypid, a.atttypmod) as type, not a.attnotnull as "isNullable",
         a.attidentity = 'a' or a.attgenerated <> '' as "isAlways", d.adbin is not null or a.attidentity <> '' as "isDefault",
         (select array_agg(pg_get_constraintdef(o.oid))
            from pg_constraint o where o.conrelid = c.oid and o.contype = 'c' and o.conkey = array[a.attnum]) as checks
    from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
    left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
   where n.nspname = 'public' and c.relkind = 'r' and c.relname not like 'raffia\\_%' and a.attnum > 0 and not a.attisdropped
   order by c.relname, a.attnum`;

interface Column {
  readonly table: string;
  readonly name: string;
  readonly type: string;
  readonly isNullable: boolean;
  /** What the database alone writes. */
  readonly isAlways: boolean;
  readonly isDefault: boolean;
  readonly checks: string[] | null;
}

/** The rows of the schema as types, read from the catalogue of a database that has it. */
export async function rowTypes(pool: Pool): Promise<string> {
  const { rows } = await pool.query<Column>(columnsQuery);
  const tables = Map.groupBy(rows, ({ table }) => table);
  const interfaces = [...tables].map(
    ([table, columns]) => `${table}: { ${columns.map((column) => `${column.name}: ${typeOf(column)};`).join('\n')} };`,
  );
  return formatted(`// Written by \`npm run derive\` from the schema after all migrations; not edited by hand.
import type { ColumnType, Generated, GeneratedAlways, JSONColumnType } from 'kysely';

/** The tables as the schema has them; what it does not say of them stands in tables.ts. */
export interface StoredTables {
  ${interfaces.join('\n')}
}
`);
}

function typeOf({ table, name, type, isNullable, isAlways, isDefault, checks }: Column): string {
  const [, item = type, isList] = /^(.*?)(\[\])?$/.exec(type) ?? [];
  const known = types[item];
  if (known === undefined) throw new Error(`say in checks/row-types.ts what ${type} is, as ${table}.${name} has it`);
  const value = [isList ? `${known}[]` : (words(checks) ?? known), ...(isNullable ? ['null'] : [])].join(' | ');
  if (type === 'jsonb') {
    const written = isNullable ? 'string | null' : 'string';
    return isDefault ? `ColumnType<${value}, ${written} | undefined, ${written}>` : `JSONColumnType<${value}>`;
  }
  if (isAlways) return `GeneratedAlways<${value}>`;
  return isDefault ? `Generated<${value}>` : value;
}

/** The only words that a column can have, where it is so checked: `check (state in ('free', 'taken'))`. */
function words(checks: string[] | null): string | undefined {
  for (const check of checks ?? []) {
    const list = /^CHECK \(\(\w+ = ANY \(ARRAY\[(.*)\]\)\)\)$/.exec(check)?.[1];
    if (list !== undefined) return list.replaceAll('::text', '').replaceAll(', ', ' | ');
  }
  return undefined;
}
