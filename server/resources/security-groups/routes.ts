import {
  createSecurityGroup,
  deleteSecurityGroup,
  getSecurityGroup,
  listSecurityGroups,
  listSecurityGroupTemplates,
  updateSecurityGroup,
} from '@raffia/contract/security-groups.ts';
import { list, type Route, read, write } from '../../calls/route.ts';
import { createGroup, deleteGroup, getGroup, listGroups, listTemplates, updateGroup } from './security-groups.ts';

export const securityGroupRoutes: readonly Route[] = [
  list(listSecurityGroups, listGroups),
  write(createSecurityGroup, createGroup),
  read(listSecurityGroupTemplates, listTemplates),
  read(getSecurityGroup, getGroup),
  write(updateSecurityGroup, updateGroup),
  write(deleteSecurityGroup, deleteGroup),
];
