import { largestPage } from '@raffia/contract/schemas.ts';
import { type listVMProcessorHours, processorHours } from '@raffia/contract/vm-metrics.ts';
import { sql } from 'kysely';
import type { ListCall } from '../../calls/route.ts';

const hour = 3600;
/** How far the points lie apart of which the hour that is not over is made. */
const fine = 300;

/** Seconds since 1970, and how many processors were busy. */
type Point = readonly [at: number, cpu: number];

/**
 * How busy the processors of some machines were, of those that are there and the caller may see. Each moment of each machine is looked
 * up by itself, at most 36 of one: it costs the same however many machines there are.
 */
export async function listProcessorHours({ services, visible, query }: ListCall<typeof listVMProcessorHours>) {
  const now = services.clock.now() / 1000;
  const to = Math.floor(now / hour) * hour;
  const from = to - (processorHours - 1) * hour;
  const points = sql<Point[]>`
    (select coalesce(json_agg(json_build_array(extract(epoch from p.at), p.cpu) order by p.at), '[]')
       from (select moment.hour as at, avg(m.cpu) as cpu
               from (select ${hour}::int as every, at, at as hour
                       from generate_series(to_timestamp(${from}), to_timestamp(${to - hour}), ${hour} * interval '1 second') as at
                     union all
                     select ${fine}, at, to_timestamp(${to})
                       from generate_series(to_timestamp(${to}), to_timestamp(${now}), ${fine} * interval '1 second') as at) moment
                 cross join lateral (
                   select cpu from vm_metrics
                    where vm_metrics.every = moment.every and vm_metrics.at = moment.at and vm_id = vms.id offset 0) m
              group by moment.hour) p)`.as('points');
  const { rows } = await visible.page(
    visible.from('vm').where(sql<boolean>`id = any(${query.ids.split(',')}::uuid[])`),
    { limit: largestPage, offset: 0 },
    (vms) => vms.select(['id', 'project_id', 'cpu']).select(points).orderBy('created_at', 'desc').orderBy('id', 'desc'),
  );
  const timeOf = (seconds: number) => new Date(seconds * 1000).toISOString();
  return {
    success: true,
    data: rows.map(({ id, project_id, cpu, points }) => ({
      vm_id: id,
      project_id,
      every: hour,
      from: timeOf(from),
      to: timeOf(to),
      cpu,
      points: points.map(([at, busy]) => ({ at: timeOf(at), cpu: busy })),
    })),
  };
}
