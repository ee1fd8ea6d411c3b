import {
  useBackupSchedules,
  useBackups,
  useImages,
  useIps,
  useSecurityGroups,
  useSnapshots,
  useVms,
  useVolumes,
  useVpcs,
} from '../api/lists.ts';
import { leftIn } from './project-contents.ts';

/** What is left in a project, of all that the person sees there. */
export function useLeftIn(): (projectId: string) => string[] {
  const contents = {
    VM: useVms().data,
    VPC: useVpcs().data,
    'public IP': useIps().data?.filter(({ reserved }) => reserved),
    'firewall group': useSecurityGroups().data,
    volume: useVolumes().data,
    image: useImages().data,
    snapshot: useSnapshots().data,
    backup: useBackups().data,
    'backup schedule': useBackupSchedules().data,
  };
  return (projectId) => leftIn(projectId, contents);
}
