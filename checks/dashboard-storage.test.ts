// timeout: 15m
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { systemRoles } from '@raffia/contract/system-roles.ts';
import { TestPerson } from '@raffia/server/testing/test-person.ts';
import { TestServer } from '@raffia/server/testing/test-server.ts';
import type { Browser, Page } from 'playwright-core';
import { noBrowser, openBrowser, openPage, textsOf } from './browser.ts';
import { buildPages, cookiesOf } from './dashboard-tour.ts';

/** Volumes, snapshots, backups and their schedules as people use them: a real browser, the real server, simulated machines. */
const skip = noBrowser;
let server: TestServer;
let browser: Browser;
let owner: TestPerson;
let vm: string;

before(async () => {
  if (skip) return;
  buildPages();
  server = await TestServer.start({ RAFFIA_SIMULATED_DELAY: '0.3' });
  browser = await openBrowser();
  owner = await TestPerson.owner(server);
  vm = await server.vm('web-1');
  await server.vm('db-1');
  await server.settled();
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

async function opened(path: string, person = owner): Promise<Page> {
  const page = await openPage(browser);
  await page.context().addCookies(cookiesOf(person, server));
  await page.goto(`${server.server.url}${path}`);
  return page;
}
async function read(path: string): Promise<Record<string, unknown>[]> {
  const reply = await server.call(server.owner, 'GET', path);
  assert.equal(reply.status, 200, reply.text);
  return reply.body.data;
}
async function call(method: string, path: string, body?: object) {
  const reply = await server.call(server.owner, method, path, body === undefined ? {} : { body });
  assert.ok(reply.status < 300, reply.text);
  return reply.body.data;
}
const button = (page: Page, name: string | RegExp) =>
  page.getByRole('button', { name, exact: typeof name === 'string' });
const row = (page: Page, name: RegExp) => page.getByRole('row', { name });
/** Opens a row's menu, and the dialog of one of its acts. */
async function act(page: Page, name: string, label: string): Promise<ReturnType<Page['getByRole']>> {
  await button(page, `Actions for ${name}`).click();
  await page.getByRole('menuitem', { name: label, exact: true }).click();
  return page.getByRole('dialog');
}
async function choose(page: Page, label: string, option: RegExp): Promise<void> {
  await page.getByRole('combobox', { name: label, exact: true }).click();
  await page.getByRole('option', { name: option }).first().click();
}
async function closed(page: Page): Promise<void> {
  await page.getByRole('dialog').waitFor({ state: 'detached' });
}
/** What a menu refuses, with why. */
async function refusals(page: Page, name: string): Promise<string[]> {
  await button(page, `Actions for ${name}`).click();
  await page.getByRole('menu').waitFor();
  const found = await textsOf(page.getByRole('menuitem', { disabled: true }));
  await page.keyboard.press('Escape');
  await page.getByRole('menu').waitFor({ state: 'detached' });
  return found.map((text) => text.replace(/\s+/g, ' '));
}

test('a volume is made with the keyboard alone, attached, grown and detached, which other pages show by themselves', {
  skip,
}, async () => {
  const page = await opened('/volumes');
  await page.getByRole('heading', { name: 'No volumes in Default' }).waitFor();
  const other = await opened('/volumes');
  await other.getByRole('heading', { name: 'No volumes in Default' }).waitFor();

  const focused = () => page.evaluate(() => (document.activeElement as HTMLElement | null)?.innerText ?? '');
  const tabTo = async (name: string) => {
    for (let tabs = 0; (await focused()).trim() !== name; tabs++) {
      assert.ok(tabs < 40, `${name} is reached with Tab`);
      await page.keyboard.press('Tab');
    }
  };
  await tabTo('Create volume');
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog');
  await dialog.waitFor();
  await page.waitForFunction(() => document.activeElement?.tagName === 'INPUT');
  // Sent with nothing: what is missing is said, and has the focus.
  await page.keyboard.press('Enter');
  await dialog.getByText('A volume needs a name').waitFor();
  await page.keyboard.type('data-1');
  await page.keyboard.press('Tab');
  await page.keyboard.press('ControlOrMeta+A');
  await page.keyboard.type('100');
  await dialog.getByText('$5.00 a month').waitFor();
  await tabTo('Create volume');
  await page.keyboard.press('Enter');
  await closed(page);
  for (const shown of [page, other]) await row(shown, /data-1.*Available.*Not attached.*100 GB.*\$5\.00/).waitFor();
  const [made] = await read('/api/v1/volumes');
  assert.deepEqual([made?.name, made?.size, made?.product_vm], ['data-1', 100, undefined]);

  const attach = await act(page, 'data-1', 'Attach…');
  await choose(page, 'VM', /^web-1$/);
  await attach.getByRole('button', { name: 'Attach volume' }).click();
  await closed(page);
  for (const shown of [page, other]) await row(shown, /data-1.*Attached.*web-1/).waitFor();
  assert.equal((await read('/api/v1/volumes'))[0]?.product_vm, vm);
  assert.deepEqual(await refusals(page, 'data-1'), [
    'Attach… Detach it from web-1 first',
    'Delete… Detach it from web-1 first',
  ]);

  await page.getByRole('link', { name: 'data-1' }).click();
  await page.getByRole('heading', { level: 1, name: 'data-1' }).waitFor();
  await button(page, 'Grow…').click();
  const size = page.getByRole('textbox', { name: 'New size, GB' });
  await size.fill('50');
  await button(page, 'Grow volume').click();
  await page.getByText('From 101 to 10,000 GB').waitFor();
  await size.fill('200');
  await page.getByText('$10.00 a month').waitFor();
  await button(page, 'Grow volume').click();
  await closed(page);
  await page.getByText('200 GB', { exact: true }).waitFor();
  await row(other, /data-1.*200 GB.*\$10\.00/).waitFor();

  await button(page, 'Detach…').click();
  await page.getByText(/web-1 loses the disk while it runs/).waitFor();
  await button(page, 'Detach volume').click();
  await closed(page);
  await page.locator('[data-status="available"]').waitFor();
  await row(other, /data-1.*Available.*Not attached/).waitFor();
  assert.equal((await read('/api/v1/volumes'))[0]?.product_vm, undefined);
  await page.context().close();
  await other.context().close();
});

test('of volumes that are chosen those that no VM has are deleted, after their number was typed', {
  skip,
}, async () => {
  for (const [name, more] of [
    ['kept-1', { vm_id: vm }],
    ['spare-1', {}],
    ['spare-2', {}],
  ] as const) {
    await call('POST', '/api/v1/volumes', { name, size: 10, volume_type: 'nvme', ...more });
  }
  await server.settled();
  const page = await opened('/volumes?q=-');
  for (const name of ['kept-1', 'spare-1', 'spare-2']) {
    await page.getByRole('checkbox', { name: `Select ${name}` }).check();
  }
  await button(page, 'Delete 2…').click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('Everything on them (20 GB)').waitFor();
  const confirm = dialog.getByRole('button', { name: 'Delete 2 volumes' });
  assert.ok(await confirm.isDisabled());
  await dialog.getByRole('textbox').fill('2');
  await confirm.click();
  await page.getByText('2 of 2 done').first().waitFor();
  await page.getByRole('link', { name: 'spare-1' }).waitFor({ state: 'detached' });
  assert.deepEqual(
    (await read('/api/v1/volumes')).map(({ name }) => name),
    ['kept-1', 'data-1'],
  );
  // What is looked for and not there is said, and the filter is cleared from there.
  await page.goto(`${server.server.url}/volumes?q=spare`);
  await page.getByText('No volumes match').waitFor();
  await button(page, 'Clear filters').click();
  await row(page, /kept-1/).waitFor();
  await page.context().close();
});

test('who only looks is told what is missing, and a list that cannot be read says so and is tried again', {
  skip,
}, async () => {
  const invited = await server.call(server.owner, 'POST', `/api/v1/projects/${server.first.project_id}/invitations`, {
    body: { email: 'looks@example.com', role_id: systemRoles.find((role) => role.slug === 'viewer')?.id },
  });
  const looker = await TestPerson.invited(server, invited.body.data.accept_url);
  const page = await opened('/volumes', looker);
  await row(page, /kept-1.*Attached/).waitFor();
  assert.equal(await button(page, 'Create volume').count(), 0);
  const refused = await refusals(page, 'kept-1');
  assert.equal(refused.length, 5, String(refused));
  for (const reason of refused)
    assert.match(reason, /You need the permission (volume|snapshot)\.\w+\. Ask an Owner or Admin\./);
  let isAway = true;
  await page.route('**/api/v1/volumes?*', (route) =>
    isAway ? route.fulfill({ status: 501, json: { error: 'No', message: 'It broke' } }) : route.continue(),
  );
  await page.reload();
  await page.getByRole('alert').getByText('It broke').waitFor();
  isAway = false;
  await button(page, 'Try again').click();
  await row(page, /kept-1/).waitFor();
  await page.context().close();
});

test('a snapshot is taken, renamed and restored, is in use then, and goes with its VM', { skip }, async () => {
  const page = await opened('/snapshots?new');
  await page.getByRole('heading', { name: 'No snapshots in Default' }).waitFor();
  await page.getByRole('combobox', { name: 'VM or volume' }).click();
  await page.getByRole('option', { name: 'web-1', exact: true }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('textbox', { name: 'Name', exact: true }).fill('before-upgrade');
  await dialog.getByRole('button', { name: 'Take snapshot' }).click();
  await closed(page);
  await row(page, /before-upgrade.*Ready.*web-1/).waitFor();

  const rename = await act(page, 'before-upgrade', 'Rename…');
  await rename.getByRole('textbox', { name: 'Name', exact: true }).fill('');
  await rename.getByRole('button', { name: 'Rename snapshot' }).click();
  await rename.getByText('A snapshot needs a name').waitFor();
  await rename.getByRole('textbox', { name: 'Name', exact: true }).fill('safe');
  await page.keyboard.press('Enter');
  await closed(page);
  await row(page, /safe.*Ready/).waitFor();

  const restore = await act(page, 'safe', 'Restore…');
  await restore.getByRole('button', { name: 'Stop web-1' }).click();
  await restore.getByText('web-1 is stopped').waitFor();
  const confirm = restore.getByRole('button', { name: 'Restore web-1' });
  assert.ok(await confirm.isDisabled());
  await restore.getByRole('textbox').fill('web-1');
  await confirm.click();
  await closed(page);
  await row(page, /safe.*In use/).waitFor();
  assert.deepEqual(
    (await read('/api/v1/snapshots')).map(({ name, status }) => [name, status]),
    [['safe', 'active']],
  );
  const refused = await refusals(page, 'safe');
  assert.equal(refused.length, 1, String(refused));
  assert.match(refused[0] ?? '', /^Delete… The disk was put back to it/);

  // Of a volume: it stays without it, and can only be deleted then.
  const data = (await read('/api/v1/volumes')).find(({ name }) => name === 'data-1');
  await call('POST', '/api/v1/snapshots', { resource_type: 'volume', volume_id: data?.id, name: 'of-data' });
  await row(page, /of-data.*Ready.*data-1/).waitFor();
  await call('DELETE', `/api/v1/volumes/${data?.id}`);
  await row(page, /of-data.*Deleted volume/).waitFor();
  assert.deepEqual(await refusals(page, 'of-data'), ['Restore… Its volume was deleted']);
  await page.getByRole('checkbox', { name: 'Select all 2' }).check();
  await button(page, 'Delete 1…').click();
  await page.getByRole('dialog').getByRole('textbox').fill('of-data');
  await page.getByRole('dialog').getByRole('button', { name: 'Delete 1 snapshot' }).click();
  await row(page, /of-data/).waitFor({ state: 'detached' });

  await call('DELETE', `/api/v1/vms/${vm}`, { volume_action: 'detach' });
  await page.getByRole('heading', { name: 'No snapshots in Default' }).waitFor();
  await page.context().close();
});

test('a backup is taken and restored, and goes with its series, whose names are told before', { skip }, async () => {
  const page = await opened('/backups?new');
  await page.getByRole('heading', { name: 'No backups in Default' }).waitFor();
  const dialog = page.getByRole('dialog');
  await choose(page, 'VM', /^db-1$/);
  await dialog.getByRole('textbox', { name: 'Name', exact: true }).fill('first');
  await dialog.getByRole('button', { name: 'Back up now' }).click();
  await closed(page);
  await row(page, /first.*Ready.*Full copy/).waitFor();
  const [{ product_vm: db } = {}] = await read('/api/v1/backups');
  await call('POST', '/api/v1/backups', { vm_id: db, name: 'second' });
  await row(page, /second.*Ready.*Change 1/).waitFor();
  await page.getByRole('cell', { name: /^db-1 2 backups · .* all free$/ }).waitFor();

  const again = await act(page, 'second', 'Start a new series…');
  await again.getByText('The next backup of db-1 is a full copy').waitFor();
  await again.getByRole('button', { name: 'Start new series' }).click();
  await closed(page);
  await call('POST', '/api/v1/backups', { vm_id: db, name: 'third' });
  await row(page, /third.*Ready.*Full copy/).waitFor();

  const restore = await act(page, 'first', 'Restore…');
  await restore.getByRole('button', { name: 'Stop db-1' }).click();
  await restore.getByText('db-1 is stopped').waitFor();
  await restore.getByRole('textbox').fill('db-1');
  await restore.getByRole('button', { name: 'Restore db-1' }).click();
  await closed(page);
  await server.settled();
  const done = await server.call(server.owner, 'GET', '/api/raffia/v1/operations');
  const restores = done.body.data.filter(({ kind }: { kind: string }) => kind === 'backup.restore');
  assert.deepEqual(
    restores.map(({ status, resource_name }: Record<string, string>) => [status, resource_name]),
    [['succeeded', 'first']],
  );
  await row(page, /first.*Ready/).waitFor();

  await page.getByRole('checkbox', { name: 'Select first' }).check();
  await button(page, 'Delete 2…').click();
  const lose = page.getByRole('dialog');
  assert.deepEqual(await textsOf(lose.getByRole('list', { name: '2 backups' }).getByRole('listitem')), [
    'first',
    'second',
  ]);
  await lose.getByRole('textbox').fill('2');
  await lose.getByRole('button', { name: 'Delete 2 backups' }).click();
  await row(page, /second/).waitFor({ state: 'detached' });
  assert.deepEqual(
    (await read('/api/v1/backups')).map(({ name }) => name),
    ['third'],
  );
  await page.context().close();
});

test('a schedule is made and changed with the keyboard, says when it runs next here and in UTC, and is deleted', {
  skip,
}, async () => {
  const context = await browser.newContext({ timezoneId: 'Asia/Kolkata', reducedMotion: 'reduce' });
  context.setDefaultTimeout(60_000);
  await context.addCookies(cookiesOf(owner, server));
  const page = await context.newPage();
  await page.goto(`${server.server.url}/backups/schedules`);
  await page.getByRole('heading', { name: 'No schedules in Default' }).waitFor();
  const focused = () =>
    page.evaluate(() => {
      const { activeElement } = document;
      return (
        (activeElement as HTMLInputElement | null)?.labels?.[0]?.innerText ?? (activeElement as HTMLElement)?.innerText
      );
    });
  const tabTo = async (name: string) => {
    for (let tabs = 0; (await focused())?.trim() !== name; tabs++) {
      assert.ok(tabs < 40, `${name} is reached with Tab, not ${await focused()}`);
      await page.keyboard.press('Tab');
    }
  };
  await tabTo('Create schedule');
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog');
  await dialog.waitFor();
  await page.waitForFunction(() => document.activeElement?.getAttribute('placeholder') === 'Choose a VM');
  await page.keyboard.type('db');
  await page.getByRole('option', { name: 'db-1' }).waitFor();
  await page.keyboard.press('ArrowDown');
  await page.waitForFunction(() => document.querySelector('[role=option][data-combobox-selected]') !== null);
  await page.keyboard.press('Enter');
  await tabTo('Time, UTC');
  await page.keyboard.press('ControlOrMeta+A');
  await page.keyboard.type('25:00');
  await tabTo('Backups to keep');
  await dialog.getByText('A time of day, such as 02:00 or 8:30pm').waitFor();
  await dialog.getByRole('textbox', { name: 'Time, UTC' }).focus();
  await page.keyboard.press('ControlOrMeta+A');
  await page.keyboard.type('8:30pm');
  await dialog.getByText('02:00 on your clock').waitFor();
  await tabTo('Backups to keep');
  await page.keyboard.press('ControlOrMeta+A');
  await page.keyboard.type('14');
  await dialog.getByText('14 newest, 14 days back').waitFor();
  await tabTo('Create schedule');
  await page.keyboard.press('Enter');
  await closed(page);
  await row(page, /db-1.*Daily at 20:30 UTC.*02:00.*left out while db-1 is stopped.*14 newest, 14 days back/).waitFor();
  const made = async () =>
    (await read('/api/v1/backup-schedules')).map(({ type, runtime, keep_count }) => [type, runtime, keep_count]);
  assert.deepEqual(await made(), [['daily', 'Daily at 20:30', 14]]);

  await button(page, /^Actions for the schedule of db-1/).click();
  await page.getByRole('menuitem', { name: 'Change…' }).click();
  await dialog.getByText('Weekly').click();
  await choose(page, 'Day', /^Saturday$/);
  await dialog.getByRole('textbox', { name: 'Backups to keep' }).fill('4');
  await dialog.getByText('Its oldest backups beyond 4 are deleted now.').waitFor();
  await dialog.getByText('Sunday 02:00 on your clock').waitFor();
  await dialog.getByRole('button', { name: 'Change schedule' }).click();
  await closed(page);
  await row(page, /Saturdays at 20:30 UTC.*Sunday 02:00.*4 newest, 4 weeks back/).waitFor();
  assert.deepEqual(await made(), [['weekly', 'Saturday 20:30', 4]]);

  await button(page, /^Actions for the schedule of db-1/).click();
  await page.getByRole('menuitem', { name: 'Delete…' }).click();
  await dialog.getByText('db-1 is no longer backed up on Saturdays at 20:30 UTC.').waitFor();
  await dialog.getByRole('button', { name: 'Delete schedule' }).click();
  await page.getByRole('heading', { name: 'No schedules in Default' }).waitFor();
  assert.deepEqual(await made(), []);
  await context.close();
});

test('usage counts what there is at its price, by project, and is exported with the same figures', {
  skip,
}, async () => {
  const reserved = await call('POST', '/api/v1/ips/reserve', { type: 'IPv4' });
  const page = await opened('/usage/now');
  await row(page, /kept-1.*Volume.*\$0\.02.*\$0\.50/).waitFor();
  await row(page, /db-1.*VM/).waitFor();
  const priced = [
    ...(await read('/api/v1/vms')),
    ...(await read('/api/v1/volumes')),
    ...(await read('/api/v1/backups')),
  ];
  const { pricing } = (await server.call(server.owner, 'GET', '/api/v1/public/pricing/ip')).body;
  const perHour =
    priced.reduce((sum, { price_per_hour }) => sum + Number(price_per_hour), 0) + pricing.ipv4.price_per_hour;
  const month = `$${(perHour * 720).toFixed(2)}`;
  assert.ok(perHour > 0.005, String(perHour));
  await page.getByRole('cell', { name: `Default 3 resources · ${month} a month` }).waitFor();
  await page.getByText(month, { exact: true }).waitFor();
  const downloading = page.waitForEvent('download');
  await button(page, 'Export as CSV').click();
  const lines = readFileSync(await (await downloading).path(), 'utf8').split('\r\n');
  assert.equal(lines[0], 'project,kind,name,id,since,per_hour,per_day,per_month');
  assert.equal(lines.length, 4, lines.join('\n'));
  assert.ok(lines.some((line) => line.startsWith('"Default","volume","kept-1",') && line.endsWith('"0.50"')));
  assert.ok(lines.some((line) => line.startsWith(`"Default","ip","${reserved.ip_address}",`)));
  const sum = lines.slice(1).reduce((all, line) => all + Number(line.split('","')[5]), 0);
  assert.ok(Math.abs(sum - perHour) < 1e-6, `${sum} and ${perHour}`);
  await page.goto(`${server.server.url}/usage/now?kind=volume`);
  await page.getByRole('heading', { name: 'Usage 1 of 3' }).waitFor();
  await page.getByRole('link', { name: 'kept-1' }).click();
  await page.getByRole('heading', { level: 1, name: 'kept-1' }).waitFor();
  await page.context().close();
});
