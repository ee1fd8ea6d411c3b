import type { getApiKey } from '@raffia/contract/api-keys.ts';
import type { RateLimitTier } from '@raffia/contract/enums.ts';
import type { AnswerOf } from '@raffia/contract/operation.ts';
import { type Kysely, sql, type Transaction } from 'kysely';
import { type Page, readPage } from '../../database/read-page.ts';
import type { Tables } from '../../database/tables.ts';

type KeyAnswer = NonNullable<AnswerOf<typeof getApiKey>['data']>;

interface KeyView {
  id: string;
  account_id: string;
  name: string;
  key_prefix: string;
  rate_limit_tier: RateLimitTier;
  expires_at: Date | null;
  last_used_at: Date | null;
  is_active: boolean;
  role_id: string | null;
  role_name: string | null;
  role_slug: string | null;
  project_accesses: NonNullable<KeyAnswer['project_accesses']>;
  created_by: string | null;
  created_at: Date;
}

/** The keys of an account as the API shows them, newest first; one of them where `id` is given. Never their hashes. */
export async function keyViews(
  db: Kysely<Tables> | Transaction<Tables>,
  accountId: string,
  page: { id?: string; limit: number; offset: number },
): Promise<Page<KeyView>> {
  const matching = sql`select from api_keys where account_id = ${accountId} and (${page.id ?? null}::uuid is null or id = ${page.id ?? null})`;
  const view = sql<KeyView>`
    select k.id, k.account_id, k.name, k.key_prefix, k.rate_limit_tier, k.expires_at, k.last_used_at, k.is_active, k.role_id,
           r.name as role_name, r.slug as role_slug, k.created_by, k.created_at,
           coalesce((select json_agg(json_build_object('project_id', g.project_id, 'project_name', p.name, 'role_id', gr.id,
                                                       'role_name', gr.name, 'role_slug', gr.slug) order by p.name)
                       from project_members g join projects p on p.id = g.project_id join roles gr on gr.id = g.role_id
                      where g.api_key_id = k.id), '[]') as project_accesses
      from api_keys k left join roles r on r.id = k.role_id
     where k.account_id = ${accountId} and (${page.id ?? null}::uuid is null or k.id = ${page.id ?? null})
     order by k.created_at desc, k.id desc limit ${page.limit} offset ${page.offset}`;
  return readPage(db, matching, view);
}

/** A key in the contract's shape. */
export function presentApiKey(key: KeyView): KeyAnswer {
  return {
    id: key.id,
    account_id: key.account_id,
    name: key.name,
    key_prefix: key.key_prefix,
    scope: 'public',
    rate_limit_tier: key.rate_limit_tier,
    ...(key.expires_at === null ? {} : { expires_at: key.expires_at.toISOString() }),
    ...(key.last_used_at === null ? {} : { last_used_at: key.last_used_at.toISOString() }),
    is_active: key.is_active,
    ...(key.role_id === null
      ? {}
      : { role_id: key.role_id, role_name: key.role_name as string, role_slug: key.role_slug as string }),
    project_accesses: key.project_accesses,
    ...(key.created_by === null ? {} : { created_by: key.created_by }),
    created_at: key.created_at.toISOString(),
  };
}
