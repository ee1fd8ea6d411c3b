import type { Asked } from '../database/asked.ts';
import { deadMs } from './nodes.ts';

/** A node, as its row says. */
export interface NodeState {
  readonly name: string;
  readonly version: string;
  readonly roles: readonly string[];
  /** Where it listens. */
  readonly address: string;
  /** ISO 8601. */
  readonly startedAt: string;
  /** Since it was heard of, in seconds. */
  readonly silentSeconds: number;
  /** `alone`: it has no Redis; `silent`: it was not heard of for so long that it is taken for dead. */
  readonly state: 'live' | 'alone' | 'silent';
  readonly isLeader: boolean;
}

const statement = `
  select name, version, roles, address, to_json(started_at) #>> '{}' as "startedAt", node_id is not null as "isLeader",
         greatest(0, extract(epoch from clock_timestamp() - seen_at))::float8 as "silentSeconds",
         case when seen_at < clock_timestamp() - $1 * interval '1 ms' then 'silent' when is_cut_off then 'alone' else 'live' end as state
    from nodes left join leadership on node_id = nodes.id order by name, started_at limit 100`;

/** The nodes that have a place: those that serve, and those that ended without a word within the last hour. */
export async function listNodes(connection: Asked): Promise<NodeState[]> {
  return (await connection.query<NodeState & Record<string, unknown>>(statement, [deadMs])).rows;
}
