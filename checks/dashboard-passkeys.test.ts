// timeout: 5m
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { systemRoles } from '@raffia/contract/system-roles.ts';
import { TestPerson } from '@raffia/server/testing/test-person.ts';
import { TestServer } from '@raffia/server/testing/test-server.ts';
import type { Browser, CDPSession, Page } from 'playwright-core';
import { noBrowser, openBrowser, openPage } from './browser.ts';
import { buildPages } from './dashboard-tour.ts';

/** Passkeys as people use them, with a device that Chromium plays. */
const skip = noBrowser;
const password = 'guest password';
const email = 'guest@example.com';
let server: TestServer;
let browser: Browser;
let owner: TestPerson;
let page: Page;
let device: Device;
/** Where browsers take passkeys without https. */
let base: string;

interface Device {
  readonly session: CDPSession;
  readonly authenticatorId: string;
}

before(async () => {
  if (skip) return;
  buildPages();
  server = await TestServer.start();
  base = server.server.url.replace('127.0.0.1', 'localhost');
  assert.match(base, /^http:\/\/localhost:\d+$/);
  browser = await openBrowser();
  owner = await TestPerson.owner(server);
  await invite(email);
  page = await openPage(browser);
  device = await deviceOf(page);
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

async function invite(address: string): Promise<TestPerson> {
  const role_id = systemRoles.find(({ slug }) => slug === 'admin')?.id;
  const made = await owner.call('POST', '/api/v1/invitations', { body: { email: address, role_id } });
  return TestPerson.invited(server, made.body.data.accept_url, password);
}

/** A device with a fingerprint reader, which always reads the right one. */
async function deviceOf(of: Page): Promise<Device> {
  const session = await of.context().newCDPSession(of);
  await session.send('WebAuthn.enable');
  const { authenticatorId } = await session.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  return { session, authenticatorId };
}

const keptOn = async ({ session, authenticatorId }: Device) =>
  (await session.send('WebAuthn.getCredentials', { authenticatorId })).credentials;
const setVerified = ({ session, authenticatorId }: Device, isUserVerified: boolean) =>
  session.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified });

const button = (name: string, of = page) => of.getByRole('button', { name, exact: true });
const dialog = () => page.getByRole('dialog');
const row = (name: string) => page.getByRole('table', { name: 'Passkeys' }).getByRole('row', { name });

async function signInByPassword(): Promise<void> {
  await page.goto(`${base}/sign-in?back=/me`);
  await page.getByRole('textbox', { name: 'Email' }).fill(email);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await button('Sign in').click();
  await page.getByRole('heading', { name: 'My settings' }).waitFor();
}

/** Without a session, and with the device. */
async function signedOut(): Promise<void> {
  await page.context().clearCookies();
  await page.goto(`${base}/sign-in?back=/me`);
}

async function choose(name: string, act: string): Promise<void> {
  await button(`Actions for ${name}`).click();
  await page.getByRole('menuitem', { name: act }).click();
  await dialog().waitFor();
}

test('a passkey is added with the password, and a wrong password adds none', { skip }, async () => {
  await signInByPassword();
  await button('Add passkey…').click();
  const name = dialog().getByRole('textbox', { name: 'Name', exact: true });
  assert.match(await name.inputValue(), /^Chrome on /);
  await name.fill('Laptop');
  await dialog().getByLabel('Confirm your password').fill('not this one');
  await button('Add passkey').click();
  await dialog().getByText('The password is not right').waitFor();
  assert.equal((await keptOn(device)).length, 0);
  await dialog().getByLabel('Confirm your password').fill(password);
  await button('Add passkey').click();
  await page.getByText('Laptop signs you in from now on').waitFor();
  await row('Laptop').getByText('Never used').waitFor();
  const [kept, ...others] = await keptOn(device);
  assert.deepEqual([kept?.rpId, kept?.isResidentCredential, others.length], ['localhost', true, 0]);
});

test('the same device takes no second one, and says so', { skip }, async () => {
  await button('Add passkey…').click();
  await dialog().getByLabel('Confirm your password').fill(password);
  await button('Add passkey').click();
  await dialog().getByText('This device has a passkey for this cloud already').waitFor();
  await button('Cancel').click();
  assert.equal((await keptOn(device)).length, 1);
});

test('it signs in without password and code, and says when it was used', { skip }, async () => {
  await server.server.services.pool.query('update users set two_factor_enabled = true where email = $1', [email]);
  const loaded: string[] = [];
  page.on('request', (request) => loaded.push(request.url()));
  await signedOut();
  await button('Use a passkey').waitFor();
  const scripts = () => loaded.filter((url) => /\.js$/.test(url)).length;
  const before = scripts();
  await button('Use a passkey').click();
  await page.getByRole('heading', { name: 'My settings' }).waitFor();
  assert.ok(before > 0 && scripts() > before, 'what speaks to passkeys is loaded when one is used');
  const who = await page.evaluate(async () => (await (await fetch('/api/raffia/v1/session')).json()).data.user);
  assert.deepEqual([who.email, who.has_second_factor], [email, true]);
  await row('Laptop').waitFor();
  assert.ok(!(await row('Laptop').innerText()).includes('Never used'));
});

test('it signs in again over the page whose session ended, which keeps what was typed', { skip }, async () => {
  await page.goto(`${base}/ssh-keys`);
  await button('Add SSH key').first().click();
  const name = page.getByRole('textbox', { name: 'Name', exact: true });
  await name.fill('typed before');
  await page.getByRole('textbox', { name: 'Public key' }).fill('ssh-ed25519 nonsense');
  await server.server.services.pool.query(
    'delete from sessions where user_id = (select id from users where email = $1)',
    [email],
  );
  await dialog().getByRole('button', { name: 'Add SSH key' }).click();
  const ended = page.getByRole('dialog', { name: 'Your session has ended' });
  await ended.getByRole('button', { name: 'Use a passkey' }).click();
  await ended.waitFor({ state: 'detached' });
  assert.equal(await name.inputValue(), 'typed before');
  assert.equal(await page.evaluate(async () => (await fetch('/api/raffia/v1/session')).status), 200);
  await button('Cancel').click();
});

test('who is not checked by the device is not signed in', { skip }, async () => {
  await setVerified(device, false);
  await signedOut();
  await button('Use a passkey').click();
  await page.getByRole('alert').waitFor();
  assert.match(await page.getByRole('alert').innerText(), /Try again/);
  assert.ok(page.url().includes('/sign-in'));
  await setVerified(device, true);
  await button('Use a passkey').click();
  await page.getByRole('heading', { name: 'My settings' }).waitFor();
});

test("another person's passkeys are not seen, and can't be removed", { skip }, async () => {
  const other = await invite('other@example.com');
  const mine = await page.evaluate(async () => (await (await fetch('/api/raffia/v1/passkeys')).json()).data);
  assert.deepEqual(
    mine.map(({ name }: { name: string }) => name),
    ['Laptop'],
  );
  const seen = await other.call('GET', '/api/raffia/v1/passkeys');
  assert.deepEqual(seen.body.data, []);
  const path = '/api/raffia/v1/auth/passkey/delete-passkey';
  assert.equal((await other.call('POST', path, { body: { id: mine[0].id } })).status, 404);
  const theirs = await openPage(browser);
  await theirs.goto(`${base}/sign-in?back=/me`);
  await theirs.getByRole('textbox', { name: 'Email' }).fill('other@example.com');
  await theirs.getByLabel('Password', { exact: true }).fill(password);
  await button('Sign in', theirs).click();
  await button('Add passkey…', theirs).waitFor();
  assert.equal(await theirs.getByRole('table', { name: 'Passkeys' }).count(), 0);
  await theirs.context().close();
});

test('it is renamed, and once removed it is refused', { skip }, async () => {
  await choose('Laptop', 'Rename…');
  await dialog().getByRole('textbox', { name: 'Name', exact: true }).fill('Work laptop');
  await button('Rename passkey').click();
  await page.getByText('Laptop is called Work laptop now').waitFor();
  await choose('Work laptop', 'Remove…');
  await dialog().getByText("can't be brought back").waitFor();
  await button('Remove passkey').click();
  await page.getByText('Work laptop no longer signs you in').waitFor();
  await page.getByRole('table', { name: 'Passkeys' }).waitFor({ state: 'detached' });
  assert.equal((await keptOn(device)).length, 1, 'the device has it still');
  await signedOut();
  await button('Use a passkey').click();
  await page.getByText('This passkey does not sign in here').waitFor();
  assert.ok(page.url().includes('/sign-in'));
});

test('where the address is a number there are none, and the settings say why', { skip }, async () => {
  const at = await openPage(browser);
  await at.goto(`${server.server.url}/sign-in?back=/me`);
  await at.getByRole('textbox', { name: 'Email' }).fill('other@example.com');
  await at.getByLabel('Password', { exact: true }).fill(password);
  assert.equal(await button('Use a passkey', at).count(), 0);
  await button('Sign in', at).click();
  await at.getByText('127.0.0.1 is a number').waitFor();
  assert.equal(await button('Add passkey…', at).count(), 0);
  await at.context().close();
});
