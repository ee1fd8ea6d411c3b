import { housekeeping, housekeepingSchedule } from './housekeeping.ts';
import type { Schedules, Turn } from './operations/scheduler.ts';
import type { Workflows } from './operations/workflow.ts';
import { allWorkflows } from './resources/all-workflows.ts';
import { beginDueBackups } from './resources/backup-schedules/begin-due-backups.ts';
import { removeExpiredBackups } from './resources/backups/remove-expired-backups.ts';

/** How every kind of durable work is done. */
export const workflows: Workflows = { ...allWorkflows, 'cloud.tidy': housekeeping };

/** What the cloud does for itself again and again. */
export const schedules: Schedules = { 'cloud.tidy': housekeepingSchedule };

/** What comes due of what people have. */
export const turns: readonly Turn[] = [beginDueBackups, removeExpiredBackups];
