import { type getVMMetrics, metricSpans } from '@raffia/contract/vm-metrics.ts';
import { sql } from 'kysely';
import type { ReadCall } from '../../calls/route.ts';
import { notFound } from '../../foundation/api-error.ts';

const gib = 1024 ** 3;

interface PointRow {
  at: Date;
  cpu: number;
  memory: number | null;
  received: number | null;
  sent: number | null;
  read: number | null;
  written: number | null;
}

/** What a machine used, oldest first; each of its moments is looked up by itself, however many machines there are. */
export async function getVmMetrics({ services, params, query }: ReadCall<typeof getVMMetrics>) {
  const { db, clock } = services;
  const { range = '1h' } = query;
  const vm = await db.selectFrom('vms').select(['cpu', 'ram']).where('id', '=', params.id).executeTakeFirst();
  if (vm === undefined) throw notFound('vm');
  const { seconds, every } = metricSpans[range];
  const to = Math.floor(clock.now() / 1000 / every) * every;
  const from = to - seconds + every;
  const { rows } = await sql<PointRow>`
    select m.* from generate_series(to_timestamp(${from}), to_timestamp(${to}), ${every} * interval '1 second') as moment (at)
      cross join lateral (
        select at, cpu, memory, received, sent, read, written from vm_metrics
         where every = ${every} and vm_metrics.at = moment.at and vm_id = ${params.id} offset 0) m
     order by m.at`.execute(db);
  return {
    success: true,
    data: {
      range,
      every,
      from: new Date(from * 1000).toISOString(),
      to: new Date(to * 1000).toISOString(),
      cpu: vm.cpu,
      memory: vm.ram * gib,
      points: rows.map(({ at, ...used }) => ({
        at: at.toISOString(),
        ...(Object.fromEntries(Object.entries(used).filter(([, value]) => value !== null)) as { cpu: number }),
      })),
    },
  };
}
