import { healthCheck } from '@raffia/contract/health.ts';
import { open, type Route } from '../../calls/route.ts';

export const healthRoutes: readonly Route[] = [open(healthCheck, () => ({ status: 'healthy' }))];
