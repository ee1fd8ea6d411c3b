import { getCostsByDay, listCostsByProject, listCostsByResource } from '@raffia/contract/costs.ts';
import { type Route, read } from '../../calls/route.ts';
import { costsByDay, costsByProject, costsByResource } from './costs.ts';

export const costRoutes: readonly Route[] = [
  read(getCostsByDay, costsByDay),
  read(listCostsByProject, costsByProject),
  read(listCostsByResource, costsByResource),
];
