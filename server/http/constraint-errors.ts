import type { QuotaName } from '@raffia/contract/quotas.ts';
import { ApiError } from '../foundation/api-error.ts';
import { overQuota } from '../quotas/over-quota.ts';

/** What a violated constraint means to the caller, by the constraint's name. */
const refusals: Record<string, () => ApiError> = {
  users_email_key: () => new ApiError('userExists'),
  projects_account_id_name_key: () => new ApiError('nameExists'),
  roles_name: () => new ApiError('nameExists'),
  roles_slug: () => new ApiError('slugExists'),
  vms_name: () => new ApiError('nameExists'),
  vpcs_name: () => new ApiError('vpcNameExists'),
  vm_tags_vm_id_name_key: () => new ApiError('tagExists'),
  ssh_keys_account_id_fingerprint_key: () => new ApiError('sshKeyExists'),
  project_members_project_id_user_id_key: () => new ApiError('alreadyProjectMember'),
  members_account_id_user_id_key: () => new ApiError('alreadyMember'),
  invitations_pending: () => new ApiError('alreadyInvited'),
  tier_requests_pending: () =>
    new ApiError('validation', { detail: 'The operator has been asked for this key already; the answer is pending' }),
  project_members_project_id_api_key_id_key: () => new ApiError('alreadyProjectMember'),
};

/** The refusal behind a database error, or undefined where it is no refusal. */
export function refusalOf(error: unknown): ApiError | undefined {
  const { code, constraint, detail } = error as { code?: string; constraint?: string; detail?: string };
  if (code === 'RQ001') return overQuota(constraint as QuotaName, Number(detail));
  if (code === '23503')
    return new ApiError('conflict', { detail: 'Something that this refers to was deleted meanwhile' });
  if (code !== '23505' || constraint === undefined) return undefined;
  return refusals[constraint]?.();
}
