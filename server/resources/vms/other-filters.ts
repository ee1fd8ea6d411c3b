import { isDeepStrictEqual } from 'node:util';
import { filterOfGroups } from '@raffia/contract/filter-of-groups.ts';
import type { SecurityRule } from '@raffia/contract/security-groups.ts';
import { type Kysely, sql } from 'kysely';
import type { KnownNic, Tables } from '../../database/tables.ts';
import type { MachineState } from '../../engines/engine.ts';

/** Those of these machines whose interfaces let through on their hosts what their rows do not say, while nobody works on them. */
export async function otherFilters(db: Kysely<Tables>, machines: readonly MachineState[]): Promise<string[]> {
  const found = new Map(machines.map(({ id, known }) => [id, known.nics]));
  const filtered = machines.filter(({ known }) => known.nics.some(({ filter }) => filter !== undefined));
  const { rows } = await sql<{ id: string; nics: { nic_id: number; groups: SecurityRule[][] }[] }>`
    select v.id, coalesce((select json_agg(json_build_object('nic_id', g.nic_id, 'groups', g.groups)) from (
             select g.nic_id, json_agg(s.rules order by g.position) as groups
               from nic_security_groups g join security_groups s on s.id = g.security_group_id
              where g.vm_id = v.id group by g.nic_id) g), '[]') as nics
      from vms v
     where v.deleted_at is null and v.status <> 'failure'
       and (v.id = any (${filtered.map(({ id }) => id)}::uuid[]) or exists (select from nic_security_groups where vm_id = v.id))
       and not exists (select from operations o where o.queue = v.id and o.finished_at is null)`.execute(db);
  return rows
    .filter(({ id, nics }) => {
      const groupsOf = new Map(nics.map(({ nic_id, groups }) => [nic_id, groups]));
      return found.get(id)?.some((nic, i) => differs(nic, groupsOf.get(nic.nicId ?? i) ?? []));
    })
    .map(({ id }) => id);
}

const differs = ({ filter }: KnownNic, groups: readonly SecurityRule[][]) =>
  !isDeepStrictEqual(filter, filterOfGroups(groups));
