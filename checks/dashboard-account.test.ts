// timeout: 10m
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { systemRoles } from '@raffia/contract/system-roles.ts';
import { TestPerson } from '@raffia/server/testing/test-person.ts';
import { TestServer } from '@raffia/server/testing/test-server.ts';
import { totp } from '@raffia/server/testing/totp.ts';
import type { Browser, Page } from 'playwright-core';
import { noBrowser, openBrowser, openPage, textsOf } from './browser.ts';
import { buildPages, cookiesOf } from './dashboard-tour.ts';

/** The pages of an account and of a person, as people use them. */
const skip = noBrowser;
const password = 'owner password';
let server: TestServer;
let browser: Browser;
let owner: TestPerson;
let page: Page;
let staging: string;
let anna: string;

const roleId = (slug: string) => systemRoles.find((role) => role.slug === slug)?.id as string;
const button = (of: Page, name: string) => of.getByRole('button', { name, exact: true });
const dialog = () => page.getByRole('dialog');

before(async () => {
  if (skip) return;
  buildPages();
  server = await TestServer.start({ RAFFIA_SIGN_UP: 'open' });
  browser = await openBrowser();
  owner = await TestPerson.owner(server, password);
  page = await pageOf(owner);
  staging = (await call('POST', '/api/v1/projects', { name: 'Staging' })).id;
  await call('POST', '/api/v1/projects', { name: 'Empty' });
  const invited = await call('POST', '/api/v1/invitations', { email: 'anna@example.com', role_id: roleId('admin') });
  const person = await TestPerson.invited(server, invited.accept_url);
  for (const name of ['deploy', 'backup']) {
    const key = await person.call('POST', '/api/v1/api-keys', { body: { name, role_id: roleId('member') } });
    assert.equal(key.status, 201, key.text);
  }
  anna = (await person.call('GET', '/api/raffia/v1/session')).body.data.user.id;
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

async function call(method: string, path: string, body?: object) {
  const reply = await server.call(server.owner, method, path, body === undefined ? {} : { body });
  assert.ok(reply.status < 300, `${method} ${path}: ${reply.text}`);
  return reply.body.data;
}

async function pageOf(person: TestPerson): Promise<Page> {
  const opened = await openPage(browser);
  await opened.context().addCookies(cookiesOf(person, server));
  return opened;
}

const open = (path: string) => page.goto(`${server.server.url}${path}`);

async function choose(name: string, act: string): Promise<void> {
  await page.getByRole('button', { name: `Actions for ${name}` }).click();
  await page.getByRole('menuitem', { name: act }).click();
}

async function pick(label: string, option: string): Promise<void> {
  await page.getByRole('combobox', { name: label, exact: true }).click();
  await page.getByRole('option', { name: option }).first().click();
}

const rolesOf = async (project: string) =>
  (await call('GET', `/api/v1/projects/${project}/members`)).map(
    ({ email, role }: { email: string; role: string }) => `${email} ${role}`,
  );

test('somebody is given a role on a project, another in its place, and loses it after a question', {
  skip,
}, async () => {
  await open('/team/members');
  await page.getByRole('row', { name: /^owner@example\.com.*Can't be removed.*Owner · everything/ }).waitFor();
  const first = page.getByRole('row').nth(1);
  assert.match(await first.innerText(), /owner@example\.com/, 'the Owner comes first');
  await page.getByRole('link', { name: 'anna@example.com' }).click();
  await button(page, 'Add to project').click();
  await dialog().getByRole('button', { name: 'Add to project' }).click();
  await dialog().getByText('Choose a project').waitFor();
  await pick('Project', 'Staging');
  await pick('Project role', 'Viewer');
  await dialog().getByRole('button', { name: 'Add to project' }).click();
  await page.getByText('anna@example.com is Viewer in Staging').waitFor();
  assert.deepEqual(await rolesOf(staging), ['anna@example.com viewer']);

  await pick('Role of anna@example.com in Staging', 'Operator');
  await page.getByText('anna@example.com is Operator in Staging').first().waitFor();
  assert.deepEqual(await rolesOf(staging), ['anna@example.com operator']);
  await page.getByText('Admin · Operator in Staging').waitFor();

  await choose('Staging', 'Remove from Staging…');
  await dialog().getByText('They lose access to Staging now.').waitFor();
  assert.equal((await rolesOf(staging)).length, 1, 'nothing is done before it is asked');
  await dialog().getByRole('button', { name: 'Remove from Staging' }).click();
  await page.getByText('No role in any project').waitFor();
  assert.deepEqual(await rolesOf(staging), []);
});

test('the same is done from the project’s page, which says what is left in it before it is deleted', {
  skip,
}, async () => {
  await open('/team/projects');
  await page.getByRole('link', { name: 'Staging' }).click();
  await button(page, 'Add member').click();
  await pick('Member', 'anna@example.com');
  await pick('Project role', 'Viewer');
  await dialog().getByRole('button', { name: 'Add member' }).click();
  await page.getByRole('row', { name: /^anna@example\.com.*Active/ }).waitFor();
  assert.deepEqual(await rolesOf(staging), ['anna@example.com viewer']);

  await server.vm('in-staging', {}, { ...server.owner, project: staging });
  await server.settled();
  await open('/team/projects');
  await page.getByRole('row', { name: /^Staging.* 1 /s }).waitFor();
  await page.getByRole('button', { name: 'Actions for Staging' }).click();
  await page.getByText(/Delete these first: 1 VM/).waitFor();
  assert.ok(await page.getByRole('menuitem', { name: /^Delete/ }).isDisabled());
  await page.keyboard.press('Escape');
  await choose('Empty', 'Delete…');
  await dialog().getByText("It is empty. You can't undo this.").waitFor();
  await dialog().getByRole('textbox', { name: 'Type Empty to confirm' }).fill('Empty');
  await dialog().getByRole('button', { name: 'Delete project' }).click();
  await page.getByRole('link', { name: 'Empty' }).waitFor({ state: 'detached' });
});

test('a role says who has it, and what another has beside it', { skip }, async () => {
  await open('/team/roles');
  await page.getByRole('row', { name: /^Admin Account.*15 of 21.*1 member/s }).waitFor();
  await page.getByRole('link', { name: 'Admin', exact: true }).click();
  await page.getByRole('textbox', { name: 'Search permissions' }).fill('billing');
  await page.getByText('account.billing.view', { exact: true }).waitFor();
  assert.equal(await page.getByText('account.roles.view', { exact: true }).count(), 0);
  await page.getByRole('combobox', { name: 'Compare to' }).click();
  await page.getByRole('option', { name: 'Billing' }).click();
  await page.getByText('Only in Billing').first().waitFor();
  assert.match(page.url(), /with=/);
});

test('who is removed loses all, after what that is and which of their keys go on', { skip }, async () => {
  await open('/team/members');
  await choose('anna@example.com', 'Remove member…');
  await dialog().getByText('The 2 API keys they created keep working: backup, deploy.').waitFor();
  await dialog().getByText('Admin · Viewer in Staging').waitFor();
  await dialog().getByRole('link', { name: 'Review keys' }).waitFor();
  await dialog().getByRole('textbox', { name: 'Type anna@example.com to confirm' }).fill('anna@example.com');
  await dialog().getByRole('button', { name: 'Remove member' }).click();
  await page.getByText('anna@example.com is removed').waitFor();
  await page.getByRole('link', { name: 'anna@example.com' }).waitFor({ state: 'detached' });
  assert.deepEqual(await rolesOf(staging), []);
  const keys: { created_by: string }[] = await call('GET', '/api/v1/api-keys');
  assert.equal(keys.filter(({ created_by }) => created_by === anna).length, 2);
});

test('who is invited to a project alone is a member like the others, and their invitation can be cancelled', {
  skip,
}, async () => {
  await open('/team/members?new');
  await button(page, 'Send invitation').click();
  await dialog().getByText('Enter an email address').waitFor();
  await dialog().getByRole('textbox', { name: 'Email' }).fill('guest@example.com');
  await dialog().getByRole('radio', { name: 'One project' }).check();
  await pick('Project', 'Staging');
  await pick('Role', 'Viewer');
  await button(page, 'Send invitation').click();
  const link = await page.getByRole('textbox', { name: 'Invitation link' }).inputValue();
  await button(page, 'Close').click();
  await page.getByRole('row', { name: /^guest@example\.com.*Viewer in Staging.*Invited.*Expires/s }).waitFor();

  const other = await openPage(browser);
  await other.goto(link);
  await other.getByRole('heading', { name: /^Join Staging of / }).waitFor();
  await button(other, 'Accept invitation').click();
  await other.getByText('Enter your name').waitFor();
  await other.getByRole('textbox', { name: 'Your name' }).fill('Guest');
  await other.getByLabel('New password').fill('short');
  await button(other, 'Accept invitation').click();
  await other.getByText('Enter at least 10 characters').waitFor();
  await other.getByLabel('New password').fill('guest password');
  await button(other, 'Accept invitation').click();
  await other.waitForURL(new RegExp(`/a/${server.first.account_id}/`));
  await page.getByRole('row', { name: /^guest@example\.com.*Viewer in Staging.*Active/s }).waitFor();
  await other.context().close();

  await call('POST', `/api/v1/projects/${staging}/invitations`, {
    email: 'late@example.com',
    role_id: roleId('viewer'),
  });
  await page.getByRole('link', { name: 'late@example.com' }).click();
  await choose('Staging', 'Cancel invitation…');
  await dialog().getByRole('button', { name: 'Cancel invitation' }).click();
  await page.getByRole('heading', { name: 'Not a member' }).waitFor();
});

test('who has an account already comes to the one that they were invited to', { skip }, async () => {
  const theirs = { email: 'zoe@example.com', password: 'a long password' };
  const zoe = new TestPerson(server);
  const account = { ...theirs, name: 'Zoe', account_name: 'Of Zoe' };
  assert.equal((await zoe.call('POST', '/api/raffia/v1/sign-up', { body: account })).status, 201);
  await zoe.signIn(theirs.email, theirs.password);
  const other = await pageOf(zoe);
  await other.goto(server.server.url);
  await other.getByRole('heading', { level: 1, name: 'Default' }).waitFor();
  assert.ok(!other.url().includes(server.first.account_id));
  const invited = await call('POST', '/api/v1/invitations', { email: theirs.email, role_id: roleId('admin') });
  await other.goto(invited.accept_url);
  await button(other, 'Accept invitation').click();
  await other.waitForURL(new RegExp(`/a/${server.first.account_id}/`));
  await other.getByText('You are Admin').waitFor();
  await other.context().close();
});

test('two-factor sign-in is turned on, its codes are saved and made anew, and each signs in', { skip }, async () => {
  await open('/me');
  await button(page, 'Set up two-factor sign-in…').click();
  await dialog().getByLabel('Confirm your password').fill('not this one');
  await button(page, 'Continue').click();
  await dialog().getByRole('alert').waitFor();
  await dialog().getByLabel('Confirm your password').fill(password);
  await button(page, 'Continue').click();
  const key = (await dialog().locator('code').innerText()).trim();
  const code = () => totp(`otpauth://totp/Raffia?secret=${key}`);
  await dialog().getByRole('textbox', { name: 'Code from the app' }).fill(code());
  await button(page, 'Turn on').click();
  const codes = () => textsOf(page.getByRole('list', { name: 'Backup codes' }).getByRole('listitem'));
  await page.getByRole('list', { name: 'Backup codes' }).waitFor();
  const first = await codes();
  assert.ok(first.length >= 5, `${first.length} codes`);
  const [file] = await Promise.all([page.waitForEvent('download'), button(page, 'Download codes').click()]);
  assert.equal(file.suggestedFilename(), 'raffia-backup-codes.txt');
  assert.deepEqual(
    readFileSync(await file.path(), 'utf8')
      .trim()
      .split('\n'),
    first,
  );
  assert.ok(await button(page, 'Close').isDisabled(), 'not before they are saved');
  await page.getByRole('checkbox', { name: "I've saved them" }).check();
  await button(page, 'Close').click();

  await button(page, 'New backup codes…').click();
  await dialog().getByLabel('Confirm your password').fill(password);
  await button(page, 'Make new codes').click();
  await page.getByRole('list', { name: 'Backup codes' }).waitFor();
  const next = await codes();
  assert.deepEqual(
    next.filter((one) => first.includes(one)),
    [],
  );
  await page.getByRole('checkbox', { name: "I've saved them" }).check();
  await button(page, 'Close').click();

  const other = await openPage(browser);
  await other.goto(`${server.server.url}/sign-in?back=/me`);
  await other.getByRole('textbox', { name: 'Email' }).fill('owner@example.com');
  await other.getByLabel('Password', { exact: true }).fill(password);
  await button(other, 'Sign in').click();
  await button(other, 'Use a backup code').click();
  await other.getByRole('textbox', { name: 'Backup code' }).fill(first[0] ?? '');
  await button(other, 'Verify').click();
  await other.getByRole('alert').waitFor();
  await other.getByRole('textbox', { name: 'Backup code' }).fill(` ${next[0]} `);
  await button(other, 'Verify').click();
  await other.getByRole('heading', { name: 'My settings' }).waitFor();
  await other.context().close();

  // A code that is pasted is sent by itself, however it was written.
  const third = await openPage(browser);
  await third.goto(`${server.server.url}/sign-in?back=/me`);
  await third.getByRole('textbox', { name: 'Email' }).fill('owner@example.com');
  await third.getByLabel('Password', { exact: true }).fill(password);
  await button(third, 'Sign in').click();
  await third.getByRole('textbox', { name: 'Code' }).fill(code().replace(/(\d{3})/, '$1 '));
  await third.getByRole('heading', { name: 'My settings' }).waitFor();
  await third.context().close();
});

test('other sessions are ended one by one and together, and the present one stays', { skip }, async () => {
  await open('/me');
  const rows = page.getByRole('table', { name: 'Sessions' }).getByRole('row');
  await page.getByText('this session').waitFor();
  const count = await rows.count();
  assert.ok(count >= 4, `${count} rows`);
  const current = page.getByRole('row', { name: /this session/ });
  await current.getByRole('button').click();
  assert.ok(await page.getByRole('menuitem', { name: /^Sign out/ }).isDisabled());
  await page.keyboard.press('Escape');
  await rows
    .filter({ hasNotText: 'this session' })
    .filter({ has: page.getByRole('button') })
    .first()
    .getByRole('button')
    .click();
  await page.getByRole('menuitem', { name: 'Sign out' }).last().click();
  await page.getByText(/ is signed out$/).waitFor();
  await page.waitForFunction(
    (before) => document.querySelectorAll('table[aria-label=Sessions] [role=row]').length < before,
    count,
  );
  await button(page, 'Sign out other sessions').click();
  await page.getByText('Your other sessions are signed out').waitFor();
  await button(page, 'Sign out other sessions').waitFor({ state: 'detached' });
  const left = await page.evaluate(async () => (await (await fetch('/api/raffia/v1/sessions')).json()).data);
  assert.equal(left.length, 1);
  await open('/me');
  await page.getByRole('heading', { name: 'My settings' }).waitFor();
});

test('a filter of the audit log keeps every letter, however fast it is typed, and a day that is typed', {
  skip,
}, async () => {
  await open('/audit');
  const field = page.getByRole('textbox', { name: 'Search actor' });
  let typed = 0;
  for (const delay of [0, 40, 90]) {
    const text = 'owner@example.com'.repeat(3);
    await field.fill('');
    await field.pressSequentially(text, { delay });
    assert.equal(await field.inputValue(), text, `${delay} ms`);
    await page.waitForURL((url) => url.searchParams.get('actor') === text);
    await page.waitForTimeout(400);
    assert.equal(await field.inputValue(), text, `${delay} ms, later`);
    typed += text.length;
  }
  assert.equal(typed, 153);
  await button(page, 'Clear search').click();
  await page.waitForURL((url) => !url.searchParams.has('actor'));
  for (const delay of [0, 40, 90]) {
    const from = page.getByLabel('From', { exact: true });
    await from.fill('');
    await from.blur();
    await from.focus();
    await from.pressSequentially('24 Nov 2025', { delay });
    assert.equal(await from.inputValue(), '24 Nov 2025', `${delay} ms`);
    await page.waitForURL((url) => url.searchParams.get('since') === '2025-11-24');
  }
  // What is no day is told, and the address keeps the last that was one.
  await page.getByLabel('From', { exact: true }).fill('31 Feb 2025');
  await page.getByText('Like 24 Nov 2026').waitFor();
  assert.equal(new URL(page.url()).searchParams.get('since'), '2025-11-24');
  // What is no day is none, in the field and in what is asked.
  await open('/audit?since=yesterday');
  await page.getByRole('row').nth(1).waitFor();
  assert.equal(await page.getByLabel('From', { exact: true }).inputValue(), '');
});

test('what comes meanwhile moves nothing and is counted; an entry opens with what was before and after', {
  skip,
}, async () => {
  await open('/audit');
  await page.getByRole('row').nth(1).waitFor();
  const top = async () => (await page.getByRole('row').nth(1).innerText()).replaceAll(/\s+/g, ' ');
  const before = await top();
  await call('PUT', `/api/v1/projects/${staging}`, { name: 'Before launch' });
  const shows = page.getByRole('button', { name: '1 new · Show' });
  await shows.waitFor();
  assert.equal(await top(), before);
  await shows.click();
  await page.getByRole('row', { name: /Project changed project\.update/ }).waitFor();
  assert.match(await top(), /project\.update/);
  await page.getByRole('row').nth(1).getByRole('button').first().click();
  const entry = page.getByRole('dialog');
  await entry.getByText('Before and after').waitFor();
  const sides = (side: string) => textsOf(entry.locator(`dd[data-side=${side}]`), 'source');
  assert.deepEqual(await sides('before'), ['Before: Staging']);
  assert.deepEqual(await sides('after'), ['After: Before launch']);
  await entry.getByRole('button', { name: 'Copy Request ID' }).waitFor();
  assert.match(page.url(), /open=\d+/);
});

test('an account is renamed, and its limits are told', { skip }, async () => {
  await open(`/a/${server.first.account_id}/settings`);
  await page.getByText(/^VMs$/).waitFor();
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Basket weavers');
  await button(page, 'Save name').click();
  await page.getByText('The account is called Basket weavers now').waitFor();
  assert.equal((await call('GET', '/api/raffia/v1/account')).name, 'Basket weavers');
});
