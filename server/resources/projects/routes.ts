import { createProject, deleteProject, getProject, listProjects, updateProject } from '@raffia/contract/projects.ts';
import { list, type Route, read, write } from '../../calls/route.ts';
import { createNewProject, deleteOneProject, updateOneProject } from './change-projects.ts';
import { getOneProject, listAllProjects } from './read-projects.ts';

export const projectRoutes: readonly Route[] = [
  list(listProjects, listAllProjects),
  write(createProject, createNewProject),
  read(getProject, getOneProject),
  write(updateProject, updateOneProject),
  write(deleteProject, deleteOneProject),
];
