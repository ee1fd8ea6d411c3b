import { permissionCatalogue } from '@raffia/contract/permission-catalogue.ts';
import { listPermissions } from '@raffia/contract/permissions.ts';
import { createRole, deleteRole, getRole, listRoles, updateRole } from '@raffia/contract/roles.ts';
import { type Route, read, write } from '../../calls/route.ts';
import { createCustomRole, deleteCustomRole, getOneRole, listAllRoles, updateCustomRole } from './roles.ts';

export const roleRoutes: readonly Route[] = [
  read(listRoles, listAllRoles),
  write(createRole, createCustomRole),
  read(getRole, getOneRole),
  write(updateRole, updateCustomRole),
  write(deleteRole, deleteCustomRole),
  read(listPermissions, ({ query }) => ({
    success: true,
    data: permissionCatalogue.filter((entry) => query.scope === undefined || entry.scope === query.scope),
  })),
];
