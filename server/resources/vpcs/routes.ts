import { createVPC, deleteVPC, getVPC, listVPCCIDRSuggestions, listVPCs, updateVPC } from '@raffia/contract/vpcs.ts';
import { list, type Route, read, write } from '../../calls/route.ts';
import { createOneVpc, deleteOneVpc, updateOneVpc } from './change-vpcs.ts';
import { getOneVpc, listAllVpcs } from './read-vpcs.ts';
import { suggestBlocks } from './suggest-blocks.ts';

export const vpcRoutes: readonly Route[] = [
  list(listVPCs, listAllVpcs),
  write(createVPC, createOneVpc),
  list(listVPCCIDRSuggestions, suggestBlocks),
  read(getVPC, getOneVpc),
  write(updateVPC, updateOneVpc),
  write(deleteVPC, deleteOneVpc),
];
