import { type RawBuilder, sql } from 'kysely';
import type { Beside } from '../../database/read-page.ts';
import type { Row } from '../../database/tables.ts';

export type BackupView = Row<'backups'> & More;

/** What the API shows of a backup beside its own columns. */
interface More {
  /** Its place in its series, from 0 on; null while it is not there. */
  increment: number | null;
  /** When retention ends; null where it does not. */
  expires: Date | null;
  /** What it costs a month now: nothing where it is free. */
  month_micros: number;
}

/** Older ones of the same series that are there. */
const older = sql<number>`(select count(*)::integer from backups o
  where o.series = backups.series and o.is_kept and o.sequence < backups.sequence)`;

/**
 * When it is pruned, should its schedule go on as it does: so many times later as there are newer ones to come before that. Once the
 * schedule has gone with its machine, `expires_at` says so.
 */
export const expires: RawBuilder<Date | null> = sql<Date | null>`coalesce(backups.expires_at, case when backups.is_kept then (
  select s.due_at + case s.type when 'daily' then interval '24 hours' else interval '168 hours' end
           * (s.keep_count - 1 - (select count(*) from backups o
                where o.schedule_id = s.id and o.is_kept and o.sequence > backups.sequence))
    from backup_schedules s where s.id = backups.schedule_id) end)`;

export const besideBackups: Beside<More> = {
  as: 'backups',
  columns: {
    increment: sql<number | null>`case when backups.is_kept then ${older} end`,
    expires,
    month_micros: sql<number>`coalesce((select t.unit_price_micros * t.quantity from terms t
    where t.resource_kind = 'backup' and t.resource_id = backups.id::text and t.item = 'backup' and t.until is null), 0)`,
  },
};
