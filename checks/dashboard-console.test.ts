// timeout: 10m
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { systemRoles } from '@raffia/contract/system-roles.ts';
import { TestPerson } from '@raffia/server/testing/test-person.ts';
import { TestServer } from '@raffia/server/testing/test-server.ts';
import { until } from '@raffia/server/testing/until.ts';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { noBrowser, openBrowser, openPage } from './browser.ts';
import { buildPages, cookiesOf } from './dashboard-tour.ts';

/** The console of a VM, from the keyboard to the shell and back. */
const skip = noBrowser;
let server: TestServer;
let browser: Browser;
let owner: TestPerson;

before(async () => {
  if (skip) return;
  buildPages();
  server = await TestServer.start();
  browser = await openBrowser();
  owner = await TestPerson.owner(server);
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

interface Opened {
  readonly page: Page;
  readonly context: BrowserContext;
  /** What the browser found wrong. */
  readonly amiss: string[];
}

async function consoleOf(person: TestPerson, vm: string): Promise<Opened> {
  const page = await openPage(browser);
  const context = page.context();
  await context.addCookies(cookiesOf(person, server));
  const amiss: string[] = [];
  page.on('console', (message) => {
    // That something could not be had it says without what: who needs it waits for it.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) amiss.push(message.text());
  });
  page.on('pageerror', (error) => amiss.push(String(error)));
  await page.goto(`${server.server.url}/vms/${vm}/console`);
  return { page, context, amiss };
}

const shown = (page: Page) => page.locator('.xterm-rows').innerText();
const isConnected = (page: Page) => page.getByText('Connected', { exact: true }).waitFor();

async function run(page: Page, command: string, answer: RegExp): Promise<void> {
  await page.keyboard.type(`${command}\n`);
  await until(`${command} brings ${answer}`, async () => answer.test(await shown(page)));
}

const roleId = (name: string) => systemRoles.find((role) => role.slug === name)?.id;

/** Somebody with a role on the first project. */
async function guest(email: string, slug: string): Promise<{ person: TestPerson; member: string }> {
  const invited = await owner.call('POST', '/api/v1/invitations', { body: { email, role_id: roleId('member') } });
  assert.equal(invited.status, 201, invited.text);
  const person = await TestPerson.invited(server, invited.body.data.accept_url);
  const session = await person.call('GET', '/api/raffia/v1/session');
  const added = await server.call(server.owner, 'POST', `/api/v1/projects/${server.first.project_id}/members`, {
    body: { target_user_id: session.body.data.user.id, role_id: roleId(slug) },
  });
  assert.equal(added.status, 201, added.text);
  return { person, member: added.body.data.id };
}

const did = async (method: string, path: string, body?: object) => {
  const reply = await server.call(server.owner, method, path, body === undefined ? {} : { body });
  assert.ok(reply.status < 300, reply.text);
};

test('what is typed and pasted reaches the shell, what it writes is seen, and its size is that of the window', {
  skip,
}, async () => {
  const vm = await server.vm('typed');
  const { page, context, amiss } = await consoleOf(owner, vm);
  await isConnected(page);
  await until('the shell says what it is', async () => /This VM is simulated/.test(await shown(page)));
  await run(page, 'hostname', /\ntyped\n/);
  const size = async () => {
    await page.keyboard.type('clear\nstty size\n');
    const said = await until('it says its size', async () => /\n(\d+) (\d+)\n/.exec(await shown(page)) ?? undefined);
    return [Number(said[1]), Number(said[2])] as const;
  };
  const [rows, columns] = await size();
  assert.ok(rows > 20 && columns > 100, `${rows} rows, ${columns} columns`);
  await page.setViewportSize({ width: 700, height: 900 });
  await until('it has fewer columns', async () => (await size())[1] < columns);
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.evaluate(() => navigator.clipboard.writeText('echo pasted words'));
  await page.getByRole('button', { name: 'Paste' }).click();
  await until('it is pasted', async () => /echo pasted words/.test(await shown(page)));
  await page.keyboard.press('Enter');
  await until('it is run', async () => /\npasted words\n/.test(await shown(page)));
  await page.keyboard.press('Shift+F6');
  const focused = () => page.evaluate(() => document.activeElement?.getAttribute('aria-label'));
  assert.equal(await focused(), 'Full screen');
  // What a page wrote that was not read yet does not keep the rest waiting.
  await page.locator('.xterm-helper-textarea').focus();
  await run(page, 'seq 200000', /\n200000\n/);
  assert.deepEqual(amiss, []);
  await page.keyboard.type('exit\n');
  await page.getByText('The shell ended.').waitFor();
  await page.getByRole('button', { name: 'Reconnect' }).click();
  await isConnected(page);
  await run(page, 'whoami', /\nroot\n/);
  await context.close();
  const { consolePlaces } = server.server.services;
  await until('who leaves the page has no console', async () => {
    return (await consolePlaces.ofAccount(server.first.account_id)) === 0;
  });
});

test('a permission that is taken away closes an open console within two seconds, and says so', { skip }, async () => {
  const vm = await server.vm('taken');
  const { person, member } = await guest('operator@example.com', 'operator');
  const { page, context } = await consoleOf(person, vm);
  await isConnected(page);
  await run(page, 'whoami', /\nroot\n/);
  // What may still be seen stays, with the console's last words.
  await did('PATCH', `/api/v1/projects/${server.first.project_id}/members/${member}`, { role_id: roleId('viewer') });
  const began = Date.now();
  await page.getByText('Your access to this console ended.').waitFor();
  const took = Date.now() - began;
  assert.ok(took < 2000, `${took} ms`);
  await context.close();
});

test('a VM that stops ends it with its sentence; it can be started there, and opened again', { skip }, async () => {
  const vm = await server.vm('stops');
  const { page, context } = await consoleOf(owner, vm);
  await isConnected(page);
  await did('POST', `/api/v1/vms/${vm}/stop`);
  await page.getByText('The VM is not running any more.').waitFor();
  const again = page.getByRole('button', { name: 'Reconnect' });
  await until('it waits for the VM', () => again.isDisabled());
  await page.reload();
  await page.getByText('stops is stopped').waitFor();
  await page.getByRole('button', { name: 'Start VM' }).click();
  await isConnected(page);
  await run(page, 'nproc', /\n1\n/);
  await context.close();
});

test('who may not open one reads which role may', { skip }, async () => {
  const vm = await server.vm('seen');
  const { person } = await guest('viewer@example.com', 'viewer');
  const { page, context } = await consoleOf(person, vm);
  await page.getByText("You can't open this console").waitFor();
  await page.getByText(/You need the .+ role in Default to open consoles\. Ask an Owner or Admin\./).waitFor();
  assert.equal(await page.locator('.xterm').count(), 0);
  await context.close();
});
