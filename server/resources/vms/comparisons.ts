import type { Comparisons } from '../../operations/reconciler.ts';
import { otherFilters } from './other-filters.ts';
import { otherNetworks } from './other-networks.ts';

/** What machines are told again where their hosts have it otherwise. */
export const comparisons: Comparisons = { 'vm.filter': otherFilters, 'vm.network': otherNetworks };
