// timeout: 5m
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { systemRoles } from '@raffia/contract/system-roles.ts';
import { freePort } from '@raffia/server/foundation/free-port.ts';
import { TestPerson } from '@raffia/server/testing/test-person.ts';
import { TestProvider } from '@raffia/server/testing/test-provider.ts';
import { TestServer } from '@raffia/server/testing/test-server.ts';
import type { Browser, Page } from 'playwright-core';
import { noBrowser, openBrowser, openPage } from './browser.ts';
import { buildPages } from './dashboard-tour.ts';

/** A cloud with a provider, as people meet it who have no password here. */
const skip = noBrowser;
const provides = 'Example login';
let server: TestServer;
let provider: TestProvider;
let browser: Browser;
let owner: TestPerson;
let page: Page;
let base: string;

before(async () => {
  if (skip) return;
  buildPages();
  provider = await TestProvider.start();
  const port = await freePort();
  base = `http://localhost:${port}`;
  server = await TestServer.start({ ...provider.settings, RAFFIA_PORT: String(port), RAFFIA_PUBLIC_URL: base });
  browser = await openBrowser();
  owner = await TestPerson.owner(server);
  page = await openPage(browser);
});
after(async () => {
  await browser?.close();
  await server?.stop();
  provider?.stop();
});

const button = (name: string, of = page) => of.getByRole('button', { name, exact: true });

async function invite(email: string): Promise<string> {
  provider.email = email;
  const role_id = systemRoles.find(({ slug }) => slug === 'admin')?.id;
  const made = await owner.call('POST', '/api/v1/invitations', { body: { email, role_id } });
  assert.equal(made.status, 201, made.text);
  return made.body.data.accept_url.replace(server.server.url, base);
}

/** Accepts an invitation as whom the provider knows. */
async function comeIn(tab: Page, email: string): Promise<void> {
  await tab.goto(await invite(email));
  await button(`Continue with ${provides}`, tab).click();
  await tab.waitForURL(`${base}/invitation`);
  await button('Accept invitation', tab).click();
  await tab.waitForURL(`${base}/a/**`);
}

/** Ends the session of all tabs, each of which says so by itself. */
const signOut = () =>
  page.evaluate(async () => {
    const headers = { 'content-type': 'application/json' };
    const { status } = await fetch('/api/raffia/v1/auth/sign-out', { method: 'POST', headers, body: '{}' });
    if (status !== 200) throw new Error(`signing out was answered with ${status}`);
  });
const ended = () => page.getByRole('dialog', { name: 'Your session has ended' });
/** What a browser tells a tab that is looked at again. */
const lookedAtAgain = () => page.evaluate(() => void window.dispatchEvent(new Event('focus')));

test('who is invited comes in through the provider, chooses no password, and signs in with it from then on', {
  skip,
}, async () => {
  await comeIn(page, 'sso@example.com');
  await page.context().clearCookies();
  await page.goto(`${base}/sign-in?back=/me`);
  await button(`Sign in with ${provides}`).click();
  await page.getByRole('heading', { name: 'My settings' }).waitFor();
  await page.getByText(`You can sign in with ${provides}.`).waitFor();
});

test('whose session ended signs in with the provider in another tab, and this one goes on with what was typed', {
  skip,
}, async () => {
  await page.goto(`${base}/ssh-keys`);
  await button('Add SSH key').first().click();
  const name = page.getByRole('textbox', { name: 'Name', exact: true });
  await name.fill('typed before');
  await signOut();
  await ended().waitFor();
  const opens = page.context().waitForEvent('page');
  await ended()
    .getByRole('link', { name: `Sign in with ${provides} in a new tab` })
    .click();
  const tab = await opens;
  await button(`Sign in with ${provides}`, tab).click();
  await tab.waitForURL(`${base}/a/**`);
  await tab.close();
  await lookedAtAgain();
  await ended().waitFor({ state: 'detached' });
  assert.equal(await name.inputValue(), 'typed before');
});

test('somebody else who signs in meanwhile in another tab is shown nothing of the page that was open', {
  skip,
}, async () => {
  await signOut();
  await ended().waitFor();
  await comeIn(await page.context().newPage(), 'other@example.com');
  await Promise.all([page.waitForEvent('load'), lookedAtAgain()]);
  // The address names the dialog, and it is empty.
  const name = page.getByRole('textbox', { name: 'Name', exact: true });
  assert.equal(await name.inputValue(), '');
  const who = await page.evaluate(async () => (await (await fetch('/api/raffia/v1/session')).json()).data.user.email);
  assert.equal(who, 'other@example.com');
});
