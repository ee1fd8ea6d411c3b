import type { QuotaName } from '@raffia/contract/quotas.ts';
import { ApiError } from '../foundation/api-error.ts';
import { quotas } from './quotas.ts';

/** The refusal of what would go over a quota. */
export function overQuota(name: QuotaName, limit: number): ApiError {
  const { things, exceeded = `too many ${things}` } = quotas[name];
  return new ApiError('quotaExceeded', { exceeded, limit, things });
}
