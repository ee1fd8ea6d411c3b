import type { Pool } from 'pg';

const tablesQuery = `
  select c.oid, c.relname as name,
         (select json_agg(format('%I %s%s%s', a.attname, format_type(a.atttypid, a.atttypmod),
                   case when a.attnotnull then ' not null' else '' end,
                   case when a.attidentity <> '' then ' generated ' || case a.attidentity when 'a' then 'always' else 'by default' end || ' as identity'
                        when a.attgenerated <> '' then ' generated always as (' || pg_get_expr(d.adbin, d.adrelid) || ') stored'
                        when d.adbin is not null then ' default ' || pg_get_expr(d.adbin, d.adrelid) else '' end)
                 order by a.attnum)
            from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
           where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns,
         (select json_agg(format('constraint %I %s', o.conname, pg_get_constraintdef(o.oid)) order by o.contype, o.conname)
            from pg_constraint o where o.conrelid = c.oid and o.contype in ('p', 'u', 'c', 'f', 'x')) as constraints,
         (select json_agg(pg_get_indexdef(i.indexrelid) order by i.indexrelid::regclass::text)
            from pg_index i where i.indrelid = c.oid
             and not exists (select 1 from pg_constraint o where o.conindid = i.indexrelid)) as indexes,
         (select json_agg(pg_get_triggerdef(t.oid) order by t.tgname)
            from pg_trigger t where t.tgrelid = c.oid and not t.tgisinternal) as triggers
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
   where n.nspname = 'public' and c.relkind = 'r'
   order by c.relname`;

const functionsQuery = `
  select pg_get_functiondef(p.oid) as definition
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace
   where n.nspname = 'public'
     and not exists (select 1 from pg_depend d where d.objid = p.oid and d.deptype = 'e')
   order by p.proname`;

interface TableRow {
  readonly name: string;
  readonly columns: string[];
  readonly constraints: string[] | null;
  readonly indexes: string[] | null;
  readonly triggers: string[] | null;
}

/** The final schema as text, read from PostgreSQL's own catalogue: the embedded one comes without pg_dump. */
export async function describeSchema(pool: Pool): Promise<string> {
  const tables = await pool.query<TableRow>(tablesQuery);
  const functions = await pool.query<{ definition: string }>(functionsQuery);
  const parts = tables.rows.map(({ name, columns, constraints, indexes, triggers }) => {
    const lines = [...columns, ...(constraints ?? [])].map((line) => `  ${line}`).join(',\n');
    const after = [...(indexes ?? []), ...(triggers ?? [])].map((line) => `${line};\n`).join('');
    return `create table ${name} (\n${lines}\n);\n${after}`;
  });
  return `-- The schema after all migrations; written by npm run derive, held by checks/derived.test.ts.\n\n${[
    ...parts,
    ...functions.rows.map(({ definition }) => `${definition.trim()};\n`),
  ].join('\n')}`;
}
