import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { systemRoles } from '@raffia/contract/system-roles.ts';
import { sshPublicKey, type TestServer, vmRequest } from '@raffia/server/testing/test-server.ts';
import type { Page } from 'playwright-core';

/** Builds the dashboard, where it is not built from these sources. */
export function buildPages(): void {
  execFileSync(process.execPath, [join(import.meta.dirname, '../dashboard/build.ts')], { stdio: 'inherit' });
}

export interface Stop {
  readonly name: string;
  readonly path: string;
  /** What to do on the page before it is looked at. */
  readonly act?: (page: Page) => Promise<void>;
}

const roleId = (slug: string) => systemRoles.find((role) => role.slug === slug)?.id as string;

/** An account with something on every page: machines of all kinds, a failed one, keys with use, members, roles, requests. */
export async function furnish(server: TestServer): Promise<Record<string, string>> {
  const { owner, first } = server;
  const call = async (method: string, path: string, body?: object) => {
    const reply = await server.call(owner, method, path, body === undefined ? {} : { body });
    if (reply.status >= 300) throw new Error(`${method} ${path}: ${reply.text}`);
    return reply.body;
  };
  await call('POST', '/api/v1/ssh-keys', { name: 'Laptop', public_key: sshPublicKey('you@laptop') });
  const customers = (await call('POST', '/api/v1/projects', { name: 'Customers', description: 'What customers see' }))
    .data;
  await call('POST', '/api/v1/roles', {
    name: 'Deployer',
    slug: 'deployer',
    scope: 'project',
    description: 'Makes and replaces machines',
    permissions: ['vm.view', 'vm.create', 'vm.delete', 'vm.power'],
  });
  await server.operator('fault', 'add', 'create', '--name', 'broken', '--fail', 'The disk pool is full');
  const vm = await server.vm('web-1', { tags: ['web', 'production'] });
  const stopped = await server.vm('batch-1', { tags: ['batch'] });
  await call('POST', `/api/v1/vms/${stopped}/stop`);
  await call('POST', '/api/v1/vms', vmRequest('broken'));
  await server.settled();
  for (const [name, slug, days] of [
    ['Deployment', 'owner', 10],
    ['Monitoring', 'member', 90],
  ] as const) {
    await call('POST', '/api/v1/api-keys', {
      name,
      role_id: roleId(slug),
      expires_at: new Date(Date.now() + server.time.offset + days * 86_400_000).toISOString(),
    });
  }
  const key = await server.key({ project: 'operator' });
  await Promise.all(
    Array.from({ length: 120 }, () => server.send({ key: key.key, project: first.project_id }, 'GET', '/api/v1/vms')),
  );
  await call('POST', `/api/raffia/v1/api-keys/${key.id}/tier-requests`, {
    workload: 'Moving 400 machines',
    peak_rps: 80,
  });
  await call('POST', '/api/v1/invitations', { email: 'colleague@example.com', role_id: roleId('admin') });
  await call('POST', `/api/v1/projects/${customers.id}/invitations`, {
    email: 'customer@example.com',
    role_id: roleId('viewer'),
  });
  return { vm, key: key.id };
}

/** Every page behind the sign-in, with its dialogs. */
export function tour({ vm, key }: Record<string, string>): Stop[] {
  const click = (name: string) => async (page: Page) => {
    await page.getByRole('button', { name, exact: true }).first().click();
    await page.getByRole('dialog').waitFor();
  };
  const tab = (name: string) => async (page: Page) => {
    await page.getByRole('tab', { name, exact: true }).click();
  };
  return [
    { name: 'overview', path: '/' },
    { name: 'vms', path: '/vms' },
    { name: 'create-vm', path: '/vms/new' },
    { name: 'vm', path: `/vms/${vm}` },
    { name: 'vm-actions', path: `/vms/${vm}`, act: tab('Actions') },
    { name: 'vm-networks', path: `/vms/${vm}`, act: tab('Networks') },
    { name: 'vm-tags', path: `/vms/${vm}`, act: tab('Tags and notes') },
    { name: 'ssh-keys', path: '/ssh-keys' },
    { name: 'ssh-key-add', path: '/ssh-keys', act: click('Add SSH key') },
    { name: 'api-keys', path: '/api-keys' },
    { name: 'api-key-create', path: '/api-keys', act: click('Create API key') },
    { name: 'api-key', path: `/api-keys/${key}` },
    { name: 'members', path: '/team/members' },
    { name: 'invite', path: '/team/members', act: click('Invite member') },
    { name: 'projects', path: '/team/projects' },
    { name: 'roles', path: '/team/roles' },
    { name: 'role-create', path: '/team/roles', act: click('Create role') },
    { name: 'audit', path: '/audit' },
    { name: 'settings', path: '/settings' },
    { name: 'not-found', path: '/no-such-page' },
  ];
}

/** The pages before one is signed in. */
export const entrances: readonly Stop[] = [
  { name: 'sign-in', path: '/sign-in' },
  { name: 'forgotten', path: '/forgotten' },
  { name: 'link-expired', path: '/link#nothing' },
  { name: 'invitation-expired', path: '/invitation#nothing' },
];

/** Goes to a stop and waits until it has said what it has to say. */
export async function visit(page: Page, base: string, { path, act }: Stop): Promise<void> {
  await page.goto(`${base}${path}`);
  await page.locator('h1, h2').first().waitFor();
  await page.waitForFunction(() => document.querySelector('[aria-label="Loading"]') === null);
  await act?.(page);
  await page.waitForTimeout(150);
}
