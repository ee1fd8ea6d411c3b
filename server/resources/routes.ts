import { readiness } from '@raffia/contract/health.ts';
import { open, type Route } from '../calls/route.ts';
import { accountRoutes } from './account/routes.ts';
import { apiKeyRoutes } from './api-keys/routes.ts';
import { catalogRoutes } from './catalog/routes.ts';
import type { Readiness } from './health/readiness.ts';
import { healthRoutes } from './health/routes.ts';
import { invitationRoutes } from './invitations/routes.ts';
import { memberRoutes } from './members/routes.ts';
import { peopleRoutes } from './people/routes.ts';
import { projectMemberRoutes } from './project-members/routes.ts';
import { projectRoutes } from './projects/routes.ts';
import { roleRoutes } from './roles/routes.ts';
import { securityGroupRoutes } from './security-groups/routes.ts';
import { sshKeyRoutes } from './ssh-keys/routes.ts';
import { vmRoutes } from './vms/routes.ts';
import { vpcRoutes } from './vpcs/routes.ts';

/** Every route of the API. */
export function allRoutes(ready: Readiness): Route[] {
  return [
    ...healthRoutes,
    open(
      readiness,
      () => ready.now(),
      (answer) => (answer.status === 'down' ? 503 : 200),
    ),
    ...catalogRoutes,
    ...projectRoutes,
    ...projectMemberRoutes,
    ...vmRoutes,
    ...vpcRoutes,
    ...securityGroupRoutes,
    ...sshKeyRoutes,
    ...apiKeyRoutes,
    ...roleRoutes,
    ...memberRoutes,
    ...invitationRoutes,
    ...peopleRoutes,
    ...accountRoutes,
  ];
}
