import { healthCheck } from '@raffia/contract/health.ts';
import { open, type Route } from '../../http/route.ts';

export const healthRoutes: readonly Route[] = [open(healthCheck, () => ({ status: 'healthy' }))];
