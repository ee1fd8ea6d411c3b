// timeout: 10m
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { systemRoles } from '@raffia/contract/system-roles.ts';
import { TestPerson } from '@raffia/server/testing/test-person.ts';
import { TestServer } from '@raffia/server/testing/test-server.ts';
import type { Browser, Page } from 'playwright-core';
import { noBrowser, openBrowser, openPage, textsOf } from './browser.ts';
import { buildPages, cookiesOf } from './dashboard-tour.ts';

/** What was spent as people look at it: a real browser, the real server, simulated machines that were there for days. */
const skip = noBrowser;
let server: TestServer;
let browser: Browser;
let owner: TestPerson;
let stays: string;
const dayMs = 86_400_000;

before(async () => {
  if (skip) return;
  buildPages();
  server = await TestServer.start();
  browser = await openBrowser();
  owner = await TestPerson.owner(server);
  const made = await server.call(server.owner, 'POST', '/api/v1/projects', { body: { name: 'Second' } });
  stays = await server.vm('stays');
  const there = { ...server.owner, project: made.body.data.id };
  const goes = await server.vm('short-lived', { pricing_id: 3 }, there);
  // Both began some days ago.
  await ask(`update terms set "from" = "from" - interval '3 days'`);
  const gone = await server.call(there, 'DELETE', `/api/v1/vms/${goes}`, { body: { delete_vpc: true } });
  assert.equal(gone.status, 200, gone.text);
  await server.settled();
  await ask(`update terms set until = until - interval '1 day' where until is not null`);
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

const ask = (text: string) => server.server.services.pool.query(text);
const row = (page: Page, name: RegExp) => page.getByRole('row', { name });
const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });

async function opened(path: string, person = owner): Promise<Page> {
  const page = await openPage(browser);
  await page.context().addCookies(cookiesOf(person, server));
  await page.goto(`${server.server.url}${path}`);
  return page;
}

async function costs(path: string) {
  const since = new Date(Date.now() - 29 * dayMs).toISOString().slice(0, 10);
  const query = `since=${since}`;
  const { status, body, text } = await server.call(server.owner, 'GET', `/api/raffia/v1/costs/${path}?${query}`);
  assert.equal(status, 200, text);
  return body;
}

/** What this month cost until now, as the server says it. */
async function monthNow() {
  const { status, body, text } = await server.call(server.owner, 'GET', '/api/raffia/v1/costs/days');
  assert.equal(status, 200, text);
  return body.data;
}

/** The lines of a file that a choice of the menu saves, as cells. */
async function exported(page: Page, what: string): Promise<string[][]> {
  await button(page, 'Export').click();
  const downloading = page.waitForEvent('download');
  await page.getByRole('menuitem', { name: what }).click();
  const text = readFileSync(await (await downloading).path(), 'utf8');
  return text.split('\r\n').map((line) => line.split(',').map((cell) => cell.replaceAll('"', '')));
}

const micros = (text: string | undefined) => Math.round(Number(text) * 1_000_000);

test('a VM that was created and deleted is in the days and, as deleted, in the resources; files have the same sums', {
  skip,
}, async () => {
  const page = await opened('/usage');
  await page.getByRole('radiogroup', { name: 'Period' }).getByText('30 days').click();
  await row(page, /^short-lived VM Second .* Deleted \$\d/).waitFor();
  await row(page, /^stays VM Default .* Exists \$\d/).waitFor();
  assert.equal(await page.getByRole('link', { name: 'short-lived' }).count(), 0, 'what is gone has no page');
  assert.match(page.url(), /period=30-days/);

  const { data } = await costs('days');
  assert.ok(Number(data.total) > 1, data.total);
  // Time goes on while this is read.
  const isNow = (text: string) => Math.abs(Number(/\$(\d+\.\d\d)/.exec(text)?.[1]) - Number(data.total)) < 0.02;
  const sentence = await page.getByText(/^\$\S+ in 30 days\./).innerText();
  assert.ok(isNow(sentence), `${sentence} and ${data.total}`);
  const slider = page.getByRole('slider', { name: 'Cost of a day' });
  await slider.focus();
  for (let n = 0; n < 2; n++) await page.keyboard.press('ArrowLeft');
  const dearest = data.days.at(-3);
  const words = `$${Number(dearest.total).toFixed(2)} on `;
  assert.ok((await slider.getAttribute('aria-valuetext'))?.startsWith(words), words);
  assert.ok((await page.locator('.recharts-bar-rectangle').count()) >= 3, 'bars are drawn');

  await page.getByRole('radiogroup', { name: 'Show as' }).getByText('Table').click();
  const table = page.getByRole('region', { name: 'Costs by day, as a table' });
  const foot = await table.getByRole('row', { name: /^All days / }).innerText();
  assert.ok(isNow(foot), `${foot} and ${data.total}`);
  assert.equal(await table.getByRole('row').count(), 32, '30 days, a head and a foot');

  const days = await exported(page, 'Days as CSV');
  assert.deepEqual(days[0], ['day', 'vm', 'volume', 'address', 'snapshot', 'image', 'backup', 'total']);
  const sum = days.slice(1).reduce((all, cells) => all + micros(cells.at(-1)), 0);
  const again = micros((await costs('days')).data.total);
  assert.equal(days.length, 31);
  assert.ok(sum >= micros(data.total) && sum <= again, `${data.total}, ${sum}, ${again}`);

  const resources = await exported(page, 'Resources as CSV');
  assert.deepEqual(
    resources.slice(1).map((cells) => [cells[0], cells[2], cells[3], cells[7]]),
    [
      ['Second', 'vm', 'short-lived', 'deleted'],
      ['Default', 'vm', 'stays', 'exists'],
    ],
  );
  const ofAll = resources.slice(1).reduce((all, cells) => all + micros(cells.at(-1)), 0);
  const last = micros((await costs('days')).data.total);
  // Each day is rounded, and each resource.
  assert.ok(ofAll >= sum - 62 && ofAll <= last + 62, `${sum}, ${ofAll}, ${last}`);
  await page.context().close();
});

test('a project and dates narrow everything, stand in the address, and lead to what is still there', {
  skip,
}, async () => {
  const page = await opened('/usage?period=30-days');
  await page.getByRole('table', { name: 'Costs by project' }).getByRole('link', { name: 'Default' }).click();
  await row(page, /^stays VM /).waitFor();
  await row(page, /^short-lived /).waitFor({ state: 'detached' });
  assert.match(page.url(), new RegExp(`project=${server.first.project_id}`));
  await page.getByRole('combobox', { name: 'Project' }).selectOption({ label: 'Second' });
  await row(page, /^short-lived VM /).waitFor();
  await page.getByRole('combobox', { name: 'Project' }).selectOption({ label: 'All projects' });
  await page.getByRole('radiogroup', { name: 'Period' }).getByText('Custom').click();
  const before = new Date(Date.now() - 20 * dayMs).toISOString().slice(0, 10);
  await page.getByLabel('To', { exact: true }).fill(before);
  await page.getByRole('heading', { name: 'Nothing was spent on these days' }).waitFor();
  await page.reload();
  await page.getByRole('heading', { name: 'Nothing was spent on these days' }).waitFor();
  await page.getByLabel('To', { exact: true }).fill(new Date().toISOString().slice(0, 10));
  // What is drawn above it moves it.
  await page.getByRole('slider', { name: 'Cost of a day' }).waitFor();
  await page.getByRole('link', { name: 'stays' }).click();
  await page.getByRole('heading', { level: 1, name: 'stays' }).waitFor();
  assert.match(page.url(), new RegExp(`vms/${stays}`));
  await page.context().close();
});

test('the server says what is wrong with dates, and the page shows it', { skip }, async () => {
  const page = await opened('/usage?period=custom&since=2020-01-01');
  await page.getByText('since and until must be at most 400 days apart; ask for fewer at once').waitFor();
  await page.context().close();
});

test('the overview names what costs money and belongs to no VM', { skip }, async () => {
  const page = await opened(`/a/${server.first.account_id}/p/all`);
  await page.getByRole('heading', { name: 'Spent this month, by project' }).waitFor();
  assert.equal(await page.getByText(/attached, /).count(), 0, 'all that is there is used');
  const create = async (path: string, body: object) => {
    const made = await server.call(server.owner, 'POST', path, { body });
    assert.ok(made.status < 300, made.text);
  };
  for (const [name, size] of [
    ['archive', 60],
    ['scratch', 50],
  ])
    await create('/api/v1/volumes', { name, size, region: 'us-east', volume_type: 'nvme' });
  await create('/api/v1/ips/reserve', {});
  await server.settled();
  const concerns = page.getByRole('listitem').filter({ hasText: 'attached, ' });
  await concerns.nth(1).waitFor();
  const [volumes, addresses] = await textsOf(concerns);
  // The dearest first.
  assert.match(volumes ?? '', /^archive, scratch aren't attached, \$\d+\.\d\d a month$/);
  assert.match(addresses ?? '', /^[\d.]+ isn't attached, \$\d+\.\d\d a month$/);
  await page.getByRole('link', { name: 'archive, scratch' }).click();
  await row(page, /archive/).waitFor();
  assert.match(page.url(), /volumes\?attached=no$/);
  await page.context().close();
});

test('the overview tells what this month cost, and who may not see billing reads why', { skip }, async () => {
  // So that it is told in cents also in the first hours of a month.
  await ask('update terms set unit_price_micros = unit_price_micros * 1000');
  const overview = await opened(`/a/${server.first.account_id}/p/all`);
  await overview.getByRole('heading', { name: 'Spent this month', exact: true }).waitFor();
  const { total, per_hour, counted_until } = await monthNow();
  const month = new Date(counted_until);
  const end = Date.UTC(month.getUTCFullYear(), month.getUTCMonth() + 1);
  const last = `${new Date(end - 1).getUTCDate()} ${month.toLocaleString('en', { month: 'short', timeZone: 'UTC' })}`;
  const expected = Number(total) + (Number(per_hour) * (end - month.getTime())) / 3_600_000;
  const words = overview.getByText(` by ${last} if nothing changes`);
  const said = Number(/^\$([\d,]+\.\d\d) by/.exec(await words.innerText())?.[1]?.replaceAll(',', ''));
  assert.ok(Math.abs(said - expected) < 0.02, `${said} and ${expected}`);
  assert.ok(expected > Number(total), `${expected} is more than ${total}`);
  const byProject = overview.getByRole('region', { name: 'Spent this month, by project' });
  await byProject.getByRole('link', { name: 'Default' }).click();
  await overview.waitForURL(new RegExp(`usage\\?project=${server.first.project_id}`));
  await overview.goBack();
  await overview
    .getByRole('link', { name: /^\$[\d,]+\.\d\d$/ })
    .first()
    .click();
  await overview.getByRole('heading', { level: 1, name: 'Usage' }).waitFor();
  await overview.getByText(`By ${last}, if nothing changes`).waitFor();
  await overview.context().close();

  const role_id = systemRoles.find(({ slug }) => slug === 'member')?.id;
  const invited = await server.call(server.owner, 'POST', '/api/v1/invitations', {
    body: { email: 'member@example.com', role_id },
  });
  const member = await TestPerson.invited(server, invited.body.data.accept_url);
  const page = await opened('/usage', member);
  await page.getByRole('heading', { name: "You can't view costs" }).waitFor();
  await page.getByText('You need the permission account.billing.view. Ask an Owner or Admin.').waitFor();
  await page.context().close();
});
