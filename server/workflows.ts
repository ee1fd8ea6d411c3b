import { housekeeping, housekeepingSchedule } from './housekeeping.ts';
import type { Schedules } from './operations/scheduler.ts';
import type { Workflows } from './operations/workflow.ts';
import { allWorkflows } from './resources/all-workflows.ts';

/** How every kind of durable work is done. */
export const workflows: Workflows = { ...allWorkflows, 'cloud.tidy': housekeeping };

/** What the cloud does for itself again and again. */
export const schedules: Schedules = { 'cloud.tidy': housekeepingSchedule };
