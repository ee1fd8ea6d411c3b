import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { APIKey } from '@raffia/client/client.ts';
import { ownerRoleId } from '@raffia/contract/system-roles.ts';
import { keyAccess } from './key-access.ts';

const key = (partial: Partial<APIKey>): APIKey => ({
  id: 'k',
  name: 'k',
  key_prefix: 'raff_1',
  is_active: true,
  ...partial,
});
const on = (project_name: string, role_name: string) => ({ project_id: project_name, project_name, role_name });

test('what a key may do is said in few words, and nothing of it is left out', () => {
  const said = (partial: Partial<APIKey>) => Object.values(keyAccess(key(partial))).join(' · ');
  assert.equal(said({ role_id: ownerRoleId, role_name: 'Owner' }), 'Owner · everything');
  assert.equal(said({ project_accesses: [on('Production', 'Operator')] }), 'Operator · Production');
  assert.equal(said({ project_accesses: [on('A', 'Operator'), on('B', 'Operator')] }), 'Operator · 2 projects');
  assert.equal(said({ role_name: 'Billing' }), 'Billing · no project');
  assert.equal(
    said({ role_name: 'Admin', project_accesses: [on('A', 'Viewer'), on('B', 'Operator'), on('C', 'Viewer')] }),
    'Admin, Viewer and 1 more · 3 projects',
  );
  assert.equal(said({}), 'No access · ');
});
