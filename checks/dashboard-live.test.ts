// timeout: 15m
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { systemRoles } from '@raffia/contract/system-roles.ts';
import { TestPerson } from '@raffia/server/testing/test-person.ts';
import { sshPublicKey, TestServer } from '@raffia/server/testing/test-server.ts';
import { until } from '@raffia/server/testing/until.ts';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { noBrowser, openBrowser, openPage } from './browser.ts';
import { buildPages, cookiesOf } from './dashboard-tour.ts';

/** What open pages show of what happens elsewhere. */
const skip = noBrowser;
let server: TestServer;
let browser: Browser;
let owner: TestPerson;

before(async () => {
  if (skip) return;
  buildPages();
  server = await TestServer.start({ RAFFIA_SIMULATED_DELAY: '1' });
  browser = await openBrowser();
  owner = await TestPerson.owner(server);
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

/** A browser in which somebody is signed in. */
async function browserOf(person: TestPerson): Promise<BrowserContext> {
  const context = (await openPage(browser)).context();
  await context.addCookies(cookiesOf(person, server));
  return context;
}
async function opened(context: BrowserContext, path: string): Promise<Page> {
  const page = await context.newPage();
  await page.goto(`${server.server.url}${path}`);
  return page;
}
const stop = async (id: string) => {
  const reply = await server.call(server.owner, 'POST', `/api/v1/vms/${id}/stop`);
  assert.ok(reply.status < 300, reply.text);
};
const start = async (id: string) => {
  const reply = await server.call(server.owner, 'POST', `/api/v1/vms/${id}/start`);
  assert.ok(reply.status < 300, reply.text);
};

test('a failed read takes no machine off the list: what was there stays, with the failure, until a read succeeds', {
  skip,
}, async () => {
  const ids = [await server.vm('steady-1'), await server.vm('steady-2')];
  await server.settled();
  const context = await browserOf(owner);
  const page = await opened(context, '/vms');
  const row = (name: RegExp) => page.getByRole('row', { name });
  await row(/steady-1.*Running/).waitFor();
  let failure: object | undefined;
  let failed = 0;
  await page.route('**/vms?*', async (route) => {
    if (failure === undefined) return route.continue();
    failed++;
    if ('abort' in failure) return route.abort('connectionrefused');
    return route.fulfill(failure);
  });
  for (const [no, said] of [
    [
      { status: 429, headers: { 'retry-after': '1' }, json: { error: 'Too many', message: 'The limit is spent' } },
      /The limit is spent/,
    ],
    [{ status: 501, json: { error: 'No', message: 'It broke' } }, /It broke/],
    [{ abort: true }, /Can't reach the server/],
  ] as const) {
    failure = no;
    failed = 0;
    await stop(ids[0] as string);
    await page.getByText(said).first().waitFor();
    await server.settled();
    await until('it was tried', () => failed > 0);
    assert.ok(await row(/steady-1.*Running/).isVisible(), 'what was there stays');
    assert.ok(await row(/steady-2.*Running/).isVisible());
    failure = undefined;
    await start(ids[0] as string);
    await page.getByText(said).waitFor({ state: 'detached' });
    await row(/steady-1.*Running/).waitFor();
    await server.settled();
  }
  await stop(ids[1] as string);
  await row(/steady-2.*Stopped/).waitFor();
  await context.close();
});

test('two hundred machines are stopped before three open pages: each reads no more than forty times in thirty seconds, is refused nothing, and shows the end', {
  skip,
}, async () => {
  const count = 200;
  const names = Array.from({ length: count }, (_, number) => `fleet-${number}`);
  const ids: string[] = [];
  for (const name of names) ids.push(await server.vm(name, {}, server.owner, false));
  await server.settled();
  const keys = await Promise.all(Array.from({ length: 4 }, () => server.key({ project: 'operator' })));
  const context = await browserOf(owner);
  const pages = await Promise.all(['/vms?status=passive', '/', `/vms/${ids[0]}`].map((path) => opened(context, path)));
  const [list, overview, one] = pages as [Page, Page, Page];
  await list.getByRole('heading', { name: `Virtual machines 1 of ${count + 2}` }).waitFor();
  await overview.getByText('Recent activity').waitFor();
  await one.locator('[data-status="active"]').waitFor();
  await Promise.all(
    pages.map((page) => page.waitForLoadState('networkidle', { timeout: 3000 }).catch(() => undefined)),
  );
  const requests: string[][] = pages.map(() => []);
  let isCounted = true;
  const refused: string[] = [];
  for (const [at, page] of pages.entries()) {
    page.on('request', (request) => {
      const { pathname } = new URL(request.url());
      if (isCounted && pathname.startsWith('/api/')) requests[at]?.push(pathname);
    });
    page.on('response', (response) => {
      if (response.status() >= 400) refused.push(`${response.status()} ${response.url()}`);
    });
  }
  const over = new Promise((end) => setTimeout(end, 30_000)).then(() => {
    isCounted = false;
  });
  await Promise.all(
    keys.map(async (key, at) => {
      for (const id of ids.filter((_, index) => index % keys.length === at)) {
        const reply = await server.send(key, 'POST', `/api/v1/vms/${id}/stop`);
        assert.ok(reply.status < 300, reply.text);
      }
    }),
  );
  await over;
  for (const made of requests) {
    const counts = Object.entries(Object.groupBy(made, (path) => path)).map(([path, all]) => `${path} ${all?.length}`);
    console.log(`${made.length} requests in 30 s: ${counts.join(', ')}`);
  }
  assert.deepEqual(refused, []);
  for (const made of requests) assert.ok(made.length >= 3 && made.length <= 40, `${made.length} requests`);
  await server.settled();
  await one.locator('[data-status="passive"]').waitFor();
  await list.getByRole('heading', { name: `Virtual machines ${count + 1} of ${count + 2}` }).waitFor();
  await context.close();
});

const roleId = (slug: string) => systemRoles.find((role) => role.slug === slug)?.id as string;
const call = async (method: string, path: string, body?: object) => {
  const reply = await server.call(server.owner, method, path, body === undefined ? {} : { body });
  assert.ok(reply.status < 300, `${method} ${path}: ${reply.text}`);
  return reply.body?.data;
};

/** The machines of all projects that somebody sees. */
const everywhere = () => `/a/${server.first.account_id}/p/all/vms`;

let guests = 0;
/** Somebody with a role in the account; a member's project roles are given later. */
async function guest(slug: string): Promise<{ person: TestPerson; email: string; member: string; userId: string }> {
  const email = `guest${++guests}@example.com`;
  const { accept_url } = await call('POST', '/api/v1/invitations', { email, role_id: roleId(slug) });
  const person = await TestPerson.invited(server, accept_url);
  const members = await call('GET', '/api/v1/members?limit=100');
  const session = await person.call('GET', '/api/raffia/v1/session');
  const member = members.find((row: { email: string }) => row.email === email).id;
  return { person, email, member, userId: session.body.data.user.id };
}

/** Does something elsewhere, and says how long it took until it showed. */
async function shows(what: string, act: () => Promise<unknown>, shown: () => Promise<unknown>): Promise<void> {
  await act();
  const done = performance.now();
  await shown();
  console.log(`${what}: shown ${((performance.now() - done) / 1000).toFixed(1)} s later`);
}

test('a session that is ended elsewhere asks for the password at once, over the page, which then goes on where it was', {
  skip,
}, async () => {
  const { person, email } = await guest('admin');
  const context = await browserOf(person);
  const page = await opened(context, '/ssh-keys');
  await page.getByRole('button', { name: 'Add SSH key' }).first().click();
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('typed before');
  const elsewhere = new TestPerson(server);
  await elsewhere.signIn(email, 'guest password');
  elsewhere.account = person.account;
  const dialog = page.getByRole('dialog').filter({ hasText: 'Your session has ended' });
  await shows(
    'a session ended elsewhere',
    () => elsewhere.call('POST', '/api/raffia/v1/auth/revoke-other-sessions', { body: {} }),
    () => dialog.waitFor(),
  );
  const refused: string[] = [];
  page.on('response', (response) => {
    if (response.status() === 401) refused.push(response.url());
  });
  await call('POST', '/api/v1/ssh-keys', { name: 'meanwhile', public_key: sshPublicKey() });
  await dialog.getByRole('textbox', { name: 'Password' }).fill('guest password');
  await dialog.getByRole('button', { name: 'Sign in' }).click();
  await dialog.waitFor({ state: 'detached' });
  assert.equal(await page.getByRole('textbox', { name: 'Name', exact: true }).inputValue(), 'typed before');
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.getByRole('row', { name: /meanwhile/ }).waitFor();
  await call('POST', '/api/v1/ssh-keys', { name: 'afterwards', public_key: sshPublicKey() });
  await page.getByRole('row', { name: /afterwards/ }).waitFor();
  assert.deepEqual(refused, [], 'nothing is asked for while nobody is signed in');
  await context.close();
});

test('access to the account that is taken away replaces every open page at once', { skip }, async () => {
  const { person, member } = await guest('admin');
  const context = await browserOf(person);
  const pages = [await opened(context, '/ssh-keys'), await opened(context, '/team/members')];
  await pages[0]?.getByRole('button', { name: 'Add SSH key' }).first().waitFor();
  await pages[1]?.getByText('owner@example.com').first().waitFor();
  await shows(
    'access removed',
    () => call('DELETE', `/api/v1/members/${member}`),
    () =>
      Promise.all(pages.map((page) => page.getByRole('heading', { name: /^Your access to .* was removed/ }).waitFor())),
  );
  assert.equal(await pages[1]?.getByText('owner@example.com').count(), 0, 'nothing of the page is left');
  await context.close();
});

test('who may do less is shown so at once, and what lies in a project that is taken away goes', {
  skip,
}, async () => {
  const { person, userId } = await guest('member');
  const project = (await call('POST', '/api/v1/projects', { name: 'Production' })).id;
  const grant = await call('POST', `/api/v1/projects/${project}/members`, {
    target_user_id: userId,
    role_id: roleId('operator'),
  });
  await call('POST', `/api/v1/projects/${server.first.project_id}/members`, {
    target_user_id: userId,
    role_id: roleId('viewer'),
  });
  const there = { key: server.owner.key, project };
  const vm = await server.vm('there', {}, there);
  const context = await browserOf(person);
  const page = await opened(context, `/vms/${vm}`);
  const list = await opened(context, everywhere());
  const stopButton = page.getByRole('button', { name: 'Stop', exact: true });
  await list.getByRole('row', { name: /there/ }).waitFor();
  await until('the button can be pressed', () => stopButton.isEnabled());
  await shows(
    'a lesser role',
    () => call('PATCH', `/api/v1/projects/${project}/members/${grant.id}`, { role_id: roleId('viewer') }),
    () => until('the button cannot be pressed', async () => !(await stopButton.isEnabled())),
  );
  await shows(
    'a project taken away',
    () => call('DELETE', `/api/v1/projects/${project}/members/${grant.id}`),
    () => list.getByRole('row', { name: /there/ }).waitFor({ state: 'detached' }),
  );
  assert.ok((await list.getByRole('row').count()) > 1, 'the other project is still there');
  await context.close();
});

test('a tab that nobody sees reads nothing; when somebody comes back it shows what it missed, and has read only that', {
  skip,
}, async () => {
  const ids = [await server.vm('seen-1'), await server.vm('seen-2')];
  await server.settled();
  const context = await browserOf(owner);
  const page = await opened(context, '/vms');
  await page.getByRole('row', { name: /seen-1.*Running/ }).waitFor();
  const show = (hidden: boolean) =>
    page.evaluate((isHidden) => {
      Object.defineProperty(document, 'hidden', { configurable: true, get: () => isHidden });
      Object.defineProperty(document, 'visibilityState', {
        configurable: true,
        get: () => (isHidden ? 'hidden' : 'visible'),
      });
      document.dispatchEvent(new Event('visibilitychange'));
    }, hidden);
  const { streams } = server.server.services;
  await until('this tab alone listens', () => streams.size === 1);
  await show(true);
  await until('it listens no more', () => streams.size === 0);
  const requests: string[] = [];
  page.on('request', (request) => {
    const { pathname, search } = new URL(request.url());
    if (pathname.startsWith('/api/')) requests.push(`${pathname}${search}`);
  });
  await Promise.all(ids.map(stop));
  await server.settled();
  assert.equal(requests.length, 0, `${requests}`);
  await show(false);
  await page.getByRole('row', { name: /seen-1.*Stopped/ }).waitFor();
  await page.getByRole('row', { name: /seen-2.*Stopped/ }).waitFor();
  console.log(`asked for when it is seen: ${requests.join(', ')}`);
  const reads = requests.filter((path) => path.includes('/vms'));
  assert.equal(reads.length, 1, `${reads}`);
  assert.ok(
    ids.every((id) => reads[0]?.includes(id)),
    'by their ids',
  );
  await context.close();
});
