// timeout: 15m
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { TestPerson } from '@raffia/server/testing/test-person.ts';
import { TestServer } from '@raffia/server/testing/test-server.ts';
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
  await row(/steady-1.*Active/).waitFor();
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
    [{ abort: true }, /The server does not answer/],
  ] as const) {
    failure = no;
    failed = 0;
    await stop(ids[0] as string);
    await page.getByText(said).first().waitFor();
    await server.settled();
    await until('it was tried', () => failed > 0);
    assert.ok(await row(/steady-1.*Active/).isVisible(), 'what was there stays');
    assert.ok(await row(/steady-2.*Active/).isVisible());
    failure = undefined;
    await start(ids[0] as string);
    await page.getByText(said).waitFor({ state: 'detached' });
    await row(/steady-1.*Active/).waitFor();
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
  await list.getByText(`1 of ${count + 2}`).waitFor();
  await overview.getByText('Latest work').waitFor();
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
  await list.getByText(`${count + 1} of ${count + 2}`).waitFor();
  await context.close();
});
