import type { ErrorCode } from '@raffia/contract/errors.ts';
import type { QuotaName } from '@raffia/contract/quotas.ts';
import { ApiError } from '../foundation/api-error.ts';
import { overQuota } from '../quotas/over-quota.ts';

/** What a violated constraint means to the caller, by the constraint's name: an error, or a sentence of its own. */
const refusals: Readonly<Record<string, ErrorCode | { readonly detail: string }>> = {
  users_email_key: 'userExists',
  projects_account_id_name_key: 'nameExists',
  roles_name: 'nameExists',
  roles_slug: 'slugExists',
  vms_name: 'nameExists',
  security_groups_name: 'nameExists',
  vpcs_name: 'vpcNameExists',
  vm_tags_vm_id_name_key: 'tagExists',
  ssh_keys_account_id_fingerprint_key: 'sshKeyExists',
  project_members_project_id_user_id_key: 'alreadyProjectMember',
  project_members_project_id_api_key_id_key: 'alreadyProjectMember',
  members_account_id_user_id_key: 'alreadyMember',
  invitations_pending: 'alreadyInvited',
  tier_requests_pending: { detail: 'The operator has been asked for this key already; the answer is pending' },
};

/** What a violated unique constraint says of the row that was there. */
export interface UniqueViolation {
  readonly table: string;
  readonly constraint: string;
  /** PostgreSQL's `Key (a, lower(b))=(1, x) already exists.`, in the language of the server. */
  readonly detail: string;
}

/** The refusal behind a database error, or undefined where it is no refusal. */
export function constraintErrorOf(error: unknown): ApiError | undefined {
  const { code, table = '', constraint, detail = '' } = error as Partial<UniqueViolation> & { code?: string };
  if (code === 'RQ001') return overQuota(constraint as QuotaName, Number(detail));
  if (code === '23503')
    return new ApiError('conflict', { detail: 'Something that this refers to was deleted meanwhile' });
  if (code !== '23505' || constraint === undefined) return undefined;
  const refusal = refusals[constraint];
  if (refusal === undefined) return undefined;
  const violated = { violated: { table, constraint, detail } };
  return typeof refusal === 'string'
    ? new ApiError(refusal, {}, violated)
    : new ApiError('validation', refusal, violated);
}
