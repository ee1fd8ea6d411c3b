import { operationsOf } from './operation.ts';
import { byId } from './schemas.ts';

/** What reads a machine is asked in the machine's project, what changes it in the project of the header. */
export const vmRead = operationsOf({
  tag: 'Virtual Machines',
  project: 'resource',
  projectHeader: 'unused',
  ...byId('vm'),
});

export const vmChange = operationsOf({
  tag: 'Virtual Machines',
  project: 'header',
  projectHeader: 'required',
  ...byId('vm'),
});
