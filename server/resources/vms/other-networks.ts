import { isDeepStrictEqual } from 'node:util';
import { type Kysely, sql } from 'kysely';
import type { Tables } from '../../database/tables.ts';
import type { MachineState } from '../../engines/engine.ts';
import { nameServersOf } from './machine-spec.ts';

interface Row {
  readonly id: string;
  readonly nics: { nic_id: number; router: string | null; dns: string | null }[];
}

/** Those of these machines that have on their hosts other routers or name servers than their rows say, while nobody works on them. */
export async function otherNetworks(db: Kysely<Tables>, machines: readonly MachineState[]): Promise<string[]> {
  const found = new Map(machines.map(({ id, known }) => [id, known]));
  const told = machines.filter(
    ({ known: { nics, nameServers = [] } }) =>
      nameServers.length > 0 || nics.some(({ network }) => network?.router !== undefined),
  );
  const { rows } = await sql<Row>`
    select v.id, (select json_agg(json_build_object('nic_id', n.nic_id, 'dns', p.dns,
                           'router', case p.gateway_type when 'nat' then host(p.router_address) end) order by n.nic_id)
                    from nics n left join vpcs p on p.id = n.vpc_id where n.vm_id = v.id) as nics
      from vms v
     where v.deleted_at is null and v.status <> 'failure'
       and (v.id = any (${told.map(({ id }) => id)}::uuid[])
            or exists (select from nics n join vpcs p on p.id = n.vpc_id
                        where n.vm_id = v.id and (p.gateway_type = 'nat' or p.dns is not null)))
       and not exists (select from operations o where o.queue = v.id and o.finished_at is null)`.execute(db);
  return rows
    .filter(({ id, nics: rowsOfNics }) => {
      const known = found.get(id);
      if (known === undefined) return false;
      const rowOf = new Map((rowsOfNics ?? []).map((row) => [row.nic_id, row]));
      return (
        !isDeepStrictEqual(known.nameServers ?? [], nameServersOf(rowsOfNics ?? [])) ||
        known.nics.some(
          (nic, i) => (nic.network?.router?.address ?? null) !== (rowOf.get(nic.nicId ?? i)?.router ?? null),
        )
      );
    })
    .map(({ id }) => id);
}
