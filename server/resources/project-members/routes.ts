import {
  addProjectMember,
  getProjectMember,
  listProjectMembers,
  removeProjectMember,
  updateProjectMember,
} from '@raffia/contract/project-members.ts';
import { type Route, read, write } from '../../calls/route.ts';
import { addMember, getMember, listMembers, removeMember, updateMember } from './project-members.ts';

export const projectMemberRoutes: readonly Route[] = [
  read(listProjectMembers, listMembers),
  write(addProjectMember, addMember),
  read(getProjectMember, getMember),
  write(updateProjectMember, updateMember),
  write(removeProjectMember, removeMember),
];
