import { removeAccountRole } from '@raffia/contract/account.ts';
import { addMember, getMember, listMembers, removeMember, updateMember } from '@raffia/contract/members.ts';
import { type Route, read, write } from '../../calls/route.ts';
import {
  addAccountMember,
  getOneMember,
  listAllMembers,
  removeAccountMember,
  removeRole,
  updateAccountMember,
} from './members.ts';

export const memberRoutes: readonly Route[] = [
  read(listMembers, listAllMembers),
  write(addMember, addAccountMember),
  read(getMember, getOneMember),
  write(updateMember, updateAccountMember),
  write(removeMember, removeAccountMember),
  write(removeAccountRole, removeRole),
];
