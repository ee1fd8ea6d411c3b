import { housekeeping, housekeepingSchedule } from './housekeeping.ts';
import type { Schedules } from './operations/scheduler.ts';
import type { Workflows } from './operations/workflow.ts';
import { vmWorkflows } from './resources/vms/vm-workflows.ts';

/** How every kind of durable work is done. */
export const workflows: Workflows = { ...vmWorkflows, 'cloud.tidy': housekeeping };

/** What the cloud does for itself again and again. */
export const schedules: Schedules = { 'cloud.tidy': housekeepingSchedule };
