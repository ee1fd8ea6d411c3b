import { systemRoles } from '@raffia/contract/system-roles.ts';
import { TestPerson } from '@raffia/server/testing/test-person.ts';
import type { TestServer } from '@raffia/server/testing/test-server.ts';
import { totp } from '@raffia/server/testing/totp.ts';
import type { Page } from 'playwright-core';
import type { Stop } from './dashboard-tour.ts';

type Act = (page: Page) => Promise<void>;

const roleId = (slug: string) => systemRoles.find((role) => role.slug === slug)?.id as string;
const anna = 'anna@example.com';

export interface FurnishedAccount {
  /** Of somebody with a role in the account, another in a project, and a key that they made. */
  readonly member: string;
  readonly role: string;
}

/** People, a project without anything in it, and what they may. */
export async function furnishAccount(
  server: TestServer,
  { project, role }: { readonly project: string; readonly role: string },
): Promise<FurnishedAccount> {
  const call = async (method: string, path: string, body: object) => {
    const reply = await server.call(server.owner, method, path, { body });
    if (reply.status >= 300) throw new Error(`${method} ${path}: ${reply.text}`);
    return reply.body.data;
  };
  await call('POST', '/api/v1/projects', { name: 'Sandbox', description: 'To try things' });
  const invited = await call('POST', '/api/v1/invitations', { email: anna, role_id: roleId('admin') });
  const person = await TestPerson.invited(server, invited.accept_url);
  const key = await person.call('POST', '/api/v1/api-keys', {
    body: { name: 'Anna’s script', role_id: roleId('member') },
  });
  if (key.status >= 300) throw new Error(key.text);
  const { id } = (await person.call('GET', '/api/raffia/v1/session')).body.data.user;
  await call('POST', `/api/v1/projects/${project}/members`, { target_user_id: id, role_id: role });
  const group = await server.call({ ...server.owner, project }, 'POST', '/api/v1/security-groups', {
    body: { name: 'customers-web', template_id: 'web-server' },
  });
  if (group.status >= 300) throw new Error(group.text);
  // Before and after, for the audit log.
  const { id: sandbox } = (await server.call(server.owner, 'GET', '/api/v1/projects')).body.data.find(
    (one: { slug: string }) => one.slug === 'sandbox',
  );
  await call('PUT', `/api/v1/projects/${sandbox}`, { description: 'To try things out' });
  return { member: id, role };
}

/** Two passkeys of the Owner, whose devices are elsewhere. */
export async function plantPasskeys({ server: { services } }: TestServer, email: string): Promise<void> {
  await services.pool.query(
    `insert into passkeys (id, user_id, name, credential_id, public_key, counter, device_type, backed_up, created_at, last_used_at)
     select gen_random_uuid(), u.id, p.name, p.name, '', 0, 'singleDevice', false, now() - p.age, now() - p.used
       from users u, (values ('Work laptop', interval '40 days', interval '3 hours'), ('Security key', interval '2 days', null)) p (name, age, used)
      where u.email = $1`,
    [email],
  );
}

/** The same page where browsers take passkeys without https: at the name of this computer. */
export async function atName(page: Page): Promise<void> {
  const url = page.url().replace('127.0.0.1', 'localhost');
  const cookies = await page.context().cookies();
  await page.context().addCookies(cookies.map(({ name, value }) => ({ name, value, url })));
  await page.goto(url);
}

async function withPasskeys(page: Page): Promise<void> {
  await atName(page);
  await page.getByRole('button', { name: 'Add passkey…' }).waitFor();
  await page.getByRole('heading', { name: 'Passkeys' }).scrollIntoViewIfNeeded();
}

function after(first: Act, then: Act): Act {
  return async (page) => {
    await first(page);
    await then(page);
  };
}

/** Turns two-factor sign-in on. */
export async function turnOnTwoFactor(person: TestPerson, password: string): Promise<void> {
  const post = async (path: string, body: object) => {
    const reply = await person.call('POST', `/api/raffia/v1/auth/two-factor/${path}`, { body });
    if (reply.status !== 200) throw new Error(reply.text);
    return reply.body;
  };
  const { totpURI } = await post('enable', { password });
  await post('verify-totp', { code: totp(totpURI) });
}

/** Team, settings, the person and the audit log, with their dialogs. */
export function accountStops({
  account,
  password,
  click,
  dialog,
  choose,
  member,
  role,
}: FurnishedAccount & {
  readonly account: (path: string) => string;
  /** Of the Owner. */
  readonly password: string;
  readonly click: (name: string) => Act;
  readonly dialog: Act;
  readonly choose: (name: string, act: string) => Act;
}): Stop[] {
  const person = account(`team/members/${member}`);
  return [
    { name: 'members', path: account('team/members') },
    { name: 'members-none-found', path: account('team/members?q=nothing-is-called-so') },
    { name: 'member', path: person },
    { name: 'member-gone', path: account('team/members/nobody') },
    { name: 'member-add-project', path: person, act: click('Add to project') },
    { name: 'member-remove-grant', path: person, act: choose('Customers', 'Remove from Customers…') },
    { name: 'member-remove', path: account('team/members'), act: choose(anna, 'Remove member…') },
    { name: 'member-remove-role', path: account('team/members'), act: choose(anna, 'Remove account role…') },
    { name: 'member-change-role', path: account('team/members'), act: choose(anna, 'Change account role…') },
    {
      name: 'invitation-cancel',
      path: account('team/members'),
      act: choose('colleague@example.com', 'Cancel invitation…'),
    },
    { name: 'invite', path: account('team/members?new'), act: dialog },
    { name: 'invited', path: account('team/members?new'), act: invite },
    { name: 'projects', path: account('team/projects') },
    { name: 'project', path: account('team/projects/customers') },
    { name: 'project-gone', path: account('team/projects/nowhere') },
    { name: 'project-create', path: account('team/projects?new'), act: dialog },
    { name: 'project-refused', path: account('team/projects'), act: openMenu('Customers') },
    { name: 'project-edit', path: account('team/projects'), act: choose('Sandbox', 'Edit…') },
    { name: 'project-delete', path: account('team/projects'), act: choose('Sandbox', 'Delete…') },
    { name: 'project-add-member', path: account('team/projects/sandbox'), act: click('Add member') },
    { name: 'roles', path: account('team/roles') },
    { name: 'role', path: account(`team/roles/${role}`) },
    { name: 'role-compared', path: account(`team/roles/${roleId('admin')}?with=${roleId('billing')}`) },
    { name: 'role-gone', path: account('team/roles/nobody') },
    { name: 'role-create', path: account('team/roles?new'), act: dialog },
    { name: 'role-delete', path: account('team/roles'), act: openMenu('Deployer') },
    { name: 'audit', path: account('audit') },
    { name: 'audit-none-found', path: account('audit?actor=nothing-is-called-so') },
    { name: 'audit-entry', path: account('audit?verb=project'), act: openEntry },
    { name: 'settings', path: account('settings') },
    { name: 'me', path: '/me' },
    { name: 'me-passkeys', path: '/me', act: withPasskeys },
    { name: 'passkey-add', path: '/me', act: after(withPasskeys, click('Add passkey…')) },
    { name: 'passkey-rename', path: '/me', act: choose('Work laptop', 'Rename…') },
    { name: 'passkey-remove', path: '/me', act: choose('Security key', 'Remove…') },
    { name: 'second-factor-password', path: '/me', act: click('Set up two-factor sign-in…') },
    {
      name: 'second-factor',
      path: '/me',
      act: async (page) => {
        await click('Set up two-factor sign-in…')(page);
        await page.getByRole('dialog').getByLabel('Confirm your password').fill(password);
        await page.getByRole('button', { name: 'Continue', exact: true }).click();
        await page.getByRole('textbox', { name: 'Code from the app' }).waitFor();
      },
    },
  ];
}

/** What somebody with two-factor sign-in has of it. */
export function twoFactorStops({
  password,
  click,
}: {
  readonly password: string;
  readonly click: (name: string) => Act;
}): Stop[] {
  return [
    { name: 'me-two-factor', path: '/me' },
    { name: 'two-factor-off', path: '/me', act: click('Turn off…') },
    {
      name: 'backup-codes',
      path: '/me',
      act: async (page) => {
        await click('New backup codes…')(page);
        await page.getByRole('dialog').getByLabel('Confirm your password').fill(password);
        await page.getByRole('button', { name: 'Make new codes', exact: true }).click();
        await page.getByRole('list', { name: 'Backup codes' }).waitFor();
      },
    },
  ];
}

/** The second half of signing in. */
export function signInCode(email: string, password: string): Act {
  return async (page) => {
    await page.getByRole('textbox', { name: 'Email' }).fill(email);
    await page.getByLabel('Password', { exact: true }).fill(password);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByRole('textbox', { name: 'Code' }).waitFor();
  };
}

function openMenu(name: string): Act {
  return async (page) => {
    await page.getByRole('button', { name: `Actions for ${name}` }).click();
    await page.getByRole('menu').waitFor();
  };
}

async function openEntry(page: Page): Promise<void> {
  await page.getByRole('row').nth(1).getByRole('button').first().click();
  await page.getByRole('dialog').waitFor();
}

let invitations = 0;

async function invite(page: Page): Promise<void> {
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('textbox', { name: 'Email' }).fill(`invited-${++invitations}@example.com`);
  await dialog.getByRole('combobox', { name: 'Role' }).click();
  await page.getByRole('option', { name: /^Member/ }).click();
  await dialog.getByRole('button', { name: 'Send invitation' }).click();
  await page.getByRole('textbox', { name: 'Invitation link' }).waitFor();
}
