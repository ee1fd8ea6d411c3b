import type { Permission } from '@raffia/contract/permission-catalogue.ts';
import { useMay } from '../api/session.tsx';
import { lacks } from './refusals.ts';

/** Why a person may not, as a menu says it; undefined where they may. */
export function useRefusal(): (permission: Permission, projectId: string | undefined) => string | undefined {
  const may = useMay();
  return (permission, projectId) => (may(permission, projectId) ? undefined : lacks(permission));
}
