// timeout: 15m
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { plantFoundMachine } from '@raffia/server/testing/plant-found-machine.ts';
import { TestPerson } from '@raffia/server/testing/test-person.ts';
import { TestServer } from '@raffia/server/testing/test-server.ts';
import type { Browser, Page } from 'playwright-core';
import { noBrowser, openBrowser, openPage } from './browser.ts';
import { buildPages, cookiesOf } from './dashboard-tour.ts';

/** What operators see and do in the dashboard; on several nodes the browser is on another one than the host's command. */
const skip = noBrowser;
let server: TestServer;
let browser: Browser;
let owner: TestPerson;
let base: string;

before(async () => {
  if (skip) return;
  buildPages();
  server = await TestServer.start();
  browser = await openBrowser();
  owner = await TestPerson.owner(server);
  base = server.nodes.at(-1)?.url ?? '';
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

async function opened(path: string): Promise<Page> {
  const page = await openPage(browser);
  await page.context().addCookies(cookiesOf(owner, server).map((cookie) => ({ ...cookie, url: base })));
  await page.goto(`${base}${path}`);
  return page;
}

const make = (command: 'add' | 'remove') => server.operator('people', command, 'owner@example.com');
const menu = (page: Page) =>
  page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Cloud status' });

/** An act of a row's menu. */
async function choose(page: Page, name: string | RegExp, act: string): Promise<void> {
  await page
    .getByRole('row', { name })
    .getByRole('button', { name: /^Actions for/ })
    .click();
  await page.getByRole('menuitem', { name: act }).click();
}

test('for whoever is no operator there is no such page, and no word of one in the menu', { skip }, async () => {
  const page = await opened('/operator');
  await page.getByRole('heading', { name: 'Page not found' }).waitFor();
  assert.equal(await menu(page).count(), 0);
  await page.goto(`${base}/operator/accounts`);
  await page.getByRole('heading', { name: 'Page not found' }).waitFor();
  await page.context().close();
});

test('an open page shows the menu when its person is made an operator, and says at once that it was taken away', {
  skip,
}, async () => {
  const page = await opened('/me');
  await page.getByRole('heading', { level: 1 }).waitFor();
  assert.equal(await menu(page).count(), 0);
  await make('add');
  await menu(page).click();
  await page.getByRole('heading', { name: 'Cloud status' }).waitFor();
  const capacity = page.getByRole('heading', { name: 'Capacity' });
  await capacity.waitFor();
  // What the page asks for itself is held: whoever is told does not wait for that.
  await page.route('**/api/raffia/v1/operator/**', () => {});
  await make('remove');
  await page.getByRole('heading', { name: "You're no longer an operator" }).waitFor();
  assert.equal(await menu(page).count(), 0);
  assert.equal(await capacity.count(), 0);
  await page.context().close();
});

test('an operator sees the nodes, answers a request for the high limit, and sets a quota', { skip }, async () => {
  await make('add');
  const { id: keyId } = await server.key();
  const asked = await owner.call('POST', `/api/raffia/v1/api-keys/${keyId}/tier-requests`, {
    body: { workload: 'Moving 400 machines', peak_rps: 80 },
  });
  assert.equal(asked.status, 201, asked.text);
  const page = await opened('/operator');
  if (server.nodes.length > 1) {
    const nodes = page.getByRole('table', { name: 'Nodes' });
    for (let index = 0; index < server.nodes.length; index++)
      await nodes.getByRole('row', { name: new RegExp(`node-${index}.*Serves`) }).waitFor();
    assert.equal(await nodes.getByRole('row', { name: /node-/ }).count(), server.nodes.length);
  } else {
    await page.getByText('One server, version').waitFor();
  }

  await page.getByRole('link', { name: 'High limit requests' }).click();
  await choose(page, /Moving 400 machines/, 'Approve…');
  await page.getByRole('textbox', { name: 'Answer' }).fill('Until Friday');
  await page.getByRole('button', { name: 'Approve request' }).click();
  await page.getByRole('row', { name: /Moving 400 machines.*Approved|Approved.*Moving 400 machines/ }).waitFor();
  const key = (await owner.call('GET', `/api/v1/api-keys/${keyId}`)).body.data;
  assert.equal(key.rate_limit_tier, 'high');
  const [told] = (await owner.call('GET', `/api/raffia/v1/tier-requests?api_key_id=${keyId}`)).body.data;
  assert.deepEqual([told.status, told.answer], ['approved', 'Until Friday']);

  await page.getByRole('link', { name: 'Accounts', exact: true }).click();
  await page.getByRole('link', { name: 'My cloud' }).first().click();
  await choose(page, /^Snapshots/, 'Set quota…');
  await page.getByRole('radio', { name: 'Another number' }).check();
  await page.getByRole('textbox', { name: 'Limit' }).fill('7');
  await page.getByRole('button', { name: 'Set quota', exact: true }).click();
  await page.getByRole('row', { name: /^Snapshots 0 of 7 This account/ }).waitFor();
  assert.match(await server.operator('quota', server.first.account_id), /^snapshots +0 of 7$/m);
  await page.context().close();
});

test('an operator adopts one found machine and deletes another', { skip }, async () => {
  const kept = await plantFoundMachine(server, 'kept');
  const unwanted = await plantFoundMachine(server, 'unwanted');
  const page = await opened('/operator/machines');
  await choose(page, /kept/, 'Adopt…');
  await page.getByRole('combobox', { name: 'Account' }).click();
  await page.getByRole('option', { name: /My cloud/ }).click();
  await page.getByRole('combobox', { name: 'Project' }).click();
  await page.getByRole('option', { name: /Default/i }).click();
  await page.getByRole('button', { name: 'Adopt machine' }).click();
  await page.getByRole('row', { name: /kept/ }).waitFor({ state: 'detached' });
  assert.equal((await owner.call('GET', `/api/v1/vms/${kept}`)).body.data.name, 'kept');

  await choose(page, /unwanted/, 'Delete…');
  const confirm = page.getByRole('button', { name: 'Delete machine' });
  assert.ok(await confirm.isDisabled(), 'the name has to be typed first');
  await page.getByRole('textbox', { name: /Type unwanted/ }).fill('unwanted');
  await confirm.click();
  await page.getByText('unwanted is being deleted').waitFor();
  const { rows } = await server.server.services.pool.query('select 1 from machine_deletions where id = $1', [unwanted]);
  assert.equal(rows.length, 1);
  await page.context().close();
});
