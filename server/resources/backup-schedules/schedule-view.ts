import { sql } from 'kysely';
import type { Beside } from '../../database/read-page.ts';
import type { Row } from '../../database/tables.ts';

export type ScheduleView = Row<'backup_schedules'> & More;

/** What the API shows of a schedule beside its own columns: of the backups that it took and that are kept, together. */
interface More {
  kept_mb: number;
  month_micros: number;
}

export const besideSchedules: Beside<More> = {
  as: 'backup_schedules',
  columns: {
    kept_mb: sql<number>`(select coalesce(sum(ceil(b.kept_bytes / 1048576.0)), 0)::bigint from backups b
    where b.schedule_id = backup_schedules.id and b.is_kept)`,
    month_micros: sql<number>`(select coalesce(sum(t.unit_price_micros * t.quantity), 0)::bigint
     from backups b join terms t on t.resource_kind = 'backup' and t.resource_id = b.id::text and t.item = 'backup' and t.until is null
    where b.schedule_id = backup_schedules.id and b.is_kept)`,
  },
};
