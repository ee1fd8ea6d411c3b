// Written by `npm run derive` from the workflows of each resource, in a file such as vms/vm-workflows.ts; not edited by hand.
import type { AccountWorkflows } from '../operations/workflow.ts';
import { backupWorkflows } from './backups/backup-workflows.ts';
import { imageWorkflows } from './images/image-workflows.ts';
import { snapshotWorkflows } from './snapshots/snapshot-workflows.ts';
import { vmWorkflows } from './vms/vm-workflows.ts';
import { volumeWorkflows } from './volumes/volume-workflows.ts';
import { vpcWorkflows } from './vpcs/vpc-workflows.ts';

export const allWorkflows: AccountWorkflows = {
  ...backupWorkflows,
  ...imageWorkflows,
  ...snapshotWorkflows,
  ...vmWorkflows,
  ...volumeWorkflows,
  ...vpcWorkflows,
};
