// timeout: 15m
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { systemRoles } from '@raffia/contract/system-roles.ts';
import { TestPerson } from '@raffia/server/testing/test-person.ts';
import { TestServer } from '@raffia/server/testing/test-server.ts';
import type { Browser, Page } from 'playwright-core';
import { noBrowser, openBrowser, openPage, signInFirst, textsOf } from './browser.ts';
import { buildPages } from './dashboard-tour.ts';

/** Networks on the pages: private ones, addresses, firewall groups, and the diagram of all. */
const skip = noBrowser;
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
let server: TestServer;
let browser: Browser;
let owner: Page;
let base: string;
let first: string;
let second: string;

before(async () => {
  if (skip) return;
  buildPages();
  server = await TestServer.start();
  base = server.server.url;
  browser = await openBrowser();
  owner = await openPage(browser);
  await signInFirst(owner, server.server.ownerLink ?? '');
  first = await server.vm('first', { skip_public_ip: true });
  second = await server.vm('second', { skip_public_ip: true });
  await server.settled();
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

const open = (page: Page, path: string) => page.goto(`${base}${path}`);
const api = async (path: string) => (await server.call(server.owner, 'GET', `/api/v1/${path}`)).body.data;
const dialogOf = (page: Page) => page.getByRole('dialog');
const act = (page: Page, name: string) => dialogOf(page).getByRole('button', { name, exact: true });
const gone = (page: Page) => dialogOf(page).waitFor({ state: 'detached' });

async function choose(page: Page, label: string, option: string | RegExp): Promise<void> {
  await dialogOf(page).getByRole('combobox', { name: label, exact: true }).click();
  await page.getByRole('option', { name: option }).click();
}
async function menu(page: Page, name: string, item: string | RegExp): Promise<void> {
  await page
    .getByRole('button', { name: `Actions for ${name}` })
    .first()
    .click();
  await page.getByRole('menuitem', { name: item }).click();
}

test('a VPC is made from a suggested block, gets a VM, refuses to go while it has one, and is deleted', {
  skip,
}, async () => {
  await open(owner, '/networks/vpcs?new');
  await dialogOf(owner)
    .getByRole('radio', { name: /Medium/ })
    .waitFor();
  await act(owner, 'Create VPC').click();
  await dialogOf(owner).getByText('A VPC needs a name').waitFor();
  await dialogOf(owner).getByRole('textbox', { name: 'Name', exact: true }).fill('data');
  await act(owner, 'Create VPC').click();
  await owner.getByRole('heading', { level: 1, name: 'data' }).waitFor();
  const vpc = (await api('vpcs')).find(({ name }: { name: string }) => name === 'data');
  assert.match(vpc.cidr, /\/20$/);
  await owner.getByText('No VMs in this VPC').waitFor();
  await owner.getByRole('button', { name: 'Add VM' }).first().click();
  await choose(owner, 'VM', /^first/);
  await act(owner, 'Add VM').click();
  await gone(owner);
  await owner.getByRole('row', { name: /first.*Running/ }).waitFor();
  await owner.getByText('1 of 4,093').first().waitFor();
  await server.settled();
  await owner.getByRole('button', { name: 'Actions for data' }).click();
  const remove = owner.getByRole('menuitem', { name: /^Delete/ });
  assert.ok(await remove.isDisabled());
  assert.match(await remove.innerText(), /first is in it\. Take it out first/);
  await owner.keyboard.press('Escape');
  await menu(owner, 'data', /^Rename/);
  await dialogOf(owner).getByRole('textbox', { name: 'Name', exact: true }).fill('databases');
  await act(owner, 'Save VPC').click();
  await owner.getByRole('heading', { level: 1, name: 'databases' }).waitFor();
  await menu(owner, 'first', /^Take out/);
  await act(owner, 'Leave VPC').click();
  await gone(owner);
  await owner.getByText('No VMs in this VPC').waitFor();
  await server.settled();
  await menu(owner, 'databases', /^Delete/);
  assert.ok(await act(owner, 'Delete databases').isDisabled());
  await dialogOf(owner)
    .getByRole('textbox', { name: /Type databases/ })
    .fill('databases');
  await act(owner, 'Delete databases').click();
  await owner.waitForURL(/\/networks\/vpcs$/);
  assert.equal((await server.call(server.owner, 'GET', `/api/v1/vpcs/${vpc.id}`)).status, 404);
});

test('an address is reserved, attached, moved to another VM, changed and released', { skip }, async () => {
  await open(owner, '/networks/ips');
  await owner.getByRole('button', { name: 'Reserve public IP' }).first().click();
  await dialogOf(owner)
    .getByText(/a month, attached or not/)
    .first()
    .waitFor();
  await act(owner, 'Reserve public IP').click();
  await gone(owner);
  const ip = (await api('ips'))[0];
  const address = ip.ip_address as string;
  await owner.getByRole('row', { name: new RegExp(`${address}.*Not attached.*Reserved`) }).waitFor();
  await menu(owner, address, 'Attach to VM…');
  await choose(owner, 'VM', /^first/);
  await act(owner, 'Attach public IP').click();
  await gone(owner);
  await owner.getByRole('row', { name: new RegExp(`${address}.*first`) }).waitFor();
  await server.settled();
  await owner.getByRole('button', { name: `Actions for ${address}` }).click();
  const release = owner.getByRole('menuitem', { name: /^Release/ });
  assert.ok(await release.isDisabled());
  assert.match(await release.innerText(), /Detach it from first first/);
  await owner.keyboard.press('Escape');
  await menu(owner, address, 'Move to another VM…');
  await choose(owner, 'To', /^second/);
  await act(owner, 'Move public IP').click();
  await gone(owner);
  await owner.getByRole('row', { name: new RegExp(`${address}.*second`) }).waitFor();
  await server.settled();
  const addressOf = async (vm: string) => (await api(`vms/${vm}`)).public_ipv4_address;
  assert.deepEqual([await addressOf(first), await addressOf(second)], [undefined, address]);
  await menu(owner, address, 'Detach…');
  await act(owner, 'Detach public IP').click();
  await gone(owner);
  await server.settled();
  await owner.getByRole('row', { name: new RegExp(`${address}.*Not attached`) }).waitFor();
  await menu(owner, address, 'Change address…');
  await act(owner, 'Change address').click();
  await gone(owner);
  const other = (await api('ips'))[0].ip_address as string;
  assert.notEqual(other, address);
  await owner.getByRole('row', { name: new RegExp(`${other}.*Not attached`) }).waitFor();
  await menu(owner, other, 'Release…');
  await dialogOf(owner)
    .getByRole('textbox', { name: `Type ${other} to confirm` })
    .fill(other);
  await act(owner, `Release ${other}`).click();
  await owner.getByRole('heading', { name: 'No public IPs in Default' }).waitFor();
  assert.deepEqual(await api('ips'), []);
});

test('a rule in the editor changes the words, what cannot be saved says why, and what is saved is what the API tells', {
  skip,
}, async () => {
  await open(owner, '/networks/firewall?new');
  await dialogOf(owner).getByRole('textbox', { name: 'Name', exact: true }).fill('web');
  await dialogOf(owner).getByText('Anyone can reach port 22.').waitFor();
  await act(owner, 'Create firewall group').click();
  await owner.getByRole('heading', { level: 1, name: 'web' }).waitFor();
  const words = owner.getByRole('region', { name: 'What is open' });
  const effect = owner.getByRole('region', { name: 'Effect' });
  const inbound = owner.getByRole('region', { name: 'Inbound rules' });
  await words.getByText('Everything else from outside is refused').waitFor();
  // With the keyboard alone from here: Enter in a field adds a rule, which has the focus.
  await owner.getByRole('textbox', { name: 'Ports of inbound rule 1' }).focus();
  await owner.keyboard.press('Enter');
  await owner.waitForFunction(() => document.activeElement?.getAttribute('aria-label') === 'Ports of inbound rule 2');
  await owner.keyboard.type('9000:8443');
  await inbound.getByText('The first port must be the lower one: 8443:9000').waitFor();
  assert.ok(await owner.getByRole('button', { name: 'Save rules' }).isDisabled());
  await owner.keyboard.press('ControlOrMeta+a');
  await owner.keyboard.type('8443');
  await words.getByText('Anyone can reach ports 22 and 8443').waitFor();
  await owner.keyboard.press('Tab');
  await owner.keyboard.press('ControlOrMeta+a');
  await owner.keyboard.type('10.0.0.0/8');
  await words.getByText('Only 10.0.0.0/8 can reach port 8443').waitFor();
  await effect.getByText('Port 8443 opens for 10.0.0.0/8').waitFor();
  await owner.getByRole('button', { name: 'Save rules' }).press('Enter');
  await effect.waitFor({ state: 'detached' });
  const [group] = await api('security-groups');
  assert.deepEqual(group.rules.at(-1), {
    protocol: 'TCP',
    rule_type: 'INBOUND',
    range: '8443',
    ip: '10.0.0.0',
    size: 8,
  });
  // Whoever leaves with changes is asked.
  await inbound.getByRole('button', { name: 'Remove inbound rule 1' }).click();
  await effect.getByText('Port 22 closes for every IPv4 address').waitFor();
  // What is left is about IPv4 alone, which filters nothing of IPv6.
  await effect.getByText('Everything opens for every IPv6 address').waitFor();
  await owner.getByRole('link', { name: 'Images', exact: true }).click();
  await dialogOf(owner).getByText('1 change of the rules is not saved.').waitFor();
  await act(owner, 'Cancel').click();
  await gone(owner);
  await owner.getByRole('button', { name: 'Discard', exact: true }).click();
  await owner.getByRole('textbox', { name: 'Ports of inbound rule 2' }).waitFor();

  await owner.getByRole('button', { name: 'Attach to VM' }).click();
  await choose(owner, 'VM', /^first/);
  await act(owner, 'Attach group').click();
  await gone(owner);
  await owner.getByText('Used by first').waitFor();
  await server.settled();
  const attached = async () =>
    (await server.call(server.owner, 'GET', `/api/raffia/v1/interfaces?ids=${first}`)).body.data[0].interfaces[0]
      .security_group_ids;
  assert.deepEqual(await attached(), [group.id]);
  // Somebody else's rules show without a reload.
  const body = { rules: [{ protocol: 'UDP', rule_type: 'INBOUND', range: '53' }] };
  assert.equal((await server.call(server.owner, 'PUT', `/api/v1/security-groups/${group.id}`, { body })).status, 200);
  await words.getByText('Anyone can reach UDP port 53').waitFor();
  await open(owner, '/networks/firewall');
  await owner.getByRole('row', { name: /web.*UDP port 53.*first/ }).waitFor();
  await owner.getByRole('button', { name: 'Actions for web' }).click();
  assert.match(await owner.getByRole('menuitem', { name: /^Delete/ }).innerText(), /Attached to first/);
});

test('the diagram goes from knot to knot with the keyboard, zooms and moves, and its list says the same', {
  skip,
}, async () => {
  await open(owner, '/networks');
  const drawing = owner.getByRole('region', { name: 'Diagram of networks' });
  const knots = drawing.getByRole('button', { name: / in / });
  await knots.first().waitFor();
  const names = await knots.evaluateAll((found) => found.map((one) => one.getAttribute('aria-label') ?? ''));
  const nics = (await server.call(server.owner, 'GET', `/api/raffia/v1/interfaces?ids=${first},${second}`)).body.data;
  const addresses = nics.flatMap(({ interfaces }: { interfaces: { ip: string }[] }) => interfaces.map(({ ip }) => ip));
  assert.equal(addresses.length, 2);
  for (const ip of addresses) assert.equal(names.filter((name) => name.includes(ip)).length, 1, `${ip} in ${names}`);
  assert.equal(await drawing.locator('[tabindex="0"]').count(), 1, 'one stop for Tab');
  await drawing.locator('[tabindex="0"]').focus();
  const focused = () => owner.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? '');
  const before = await focused();
  await owner.keyboard.press('ArrowRight');
  await owner.waitForFunction((was) => document.activeElement?.getAttribute('aria-label') !== was, before);
  const view = () => drawing.locator('svg[data-view]').getAttribute('data-view');
  const whole = await view();
  await owner.keyboard.press('+');
  await owner.waitForFunction(
    (was) => document.querySelector('svg[data-view]')?.getAttribute('data-view') !== was,
    whole,
  );
  const box = await drawing.locator('svg[data-view]').boundingBox();
  assert.ok(box !== null);
  const large = await view();
  await owner.mouse.move(box.x + box.width - 40, box.y + 200);
  await owner.mouse.down();
  await owner.mouse.move(box.x + box.width - 40, box.y + 150, { steps: 4 });
  await owner.mouse.up();
  await owner.waitForFunction(
    (was) => document.querySelector('svg[data-view]')?.getAttribute('data-view') !== was,
    large,
  );
  await drawing.locator('[tabindex="0"]').focus();
  await owner.keyboard.press('0');
  await owner.waitForFunction(
    (was) => document.querySelector('svg[data-view]')?.getAttribute('data-view') === was,
    whole,
  );
  await owner.keyboard.press('Enter');
  const panel = owner.getByRole('complementary').filter({ hasText: 'Interface' });
  await panel.getByRole('button', { name: 'Attach group' }).waitFor();
  // Both colours, with the panel open.
  await owner.evaluate(() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync('*, ::before, ::after { transition: none !important; }');
    document.adoptedStyleSheets.push(sheet);
  });
  for (const colorScheme of ['light', 'dark'] as const) {
    await owner.emulateMedia({ colorScheme });
    await owner.waitForFunction(
      (scheme) => document.documentElement.getAttribute('data-mantine-color-scheme') === scheme,
      colorScheme,
    );
    await owner.evaluate(axe);
    const found = await owner.evaluate(async () => {
      const { axe: checker } = globalThis as unknown as {
        axe: { run: () => Promise<{ violations: { id: string; impact: string; nodes: { html: string }[] }[] }> };
      };
      return (await checker.run()).violations.map(({ id, impact, nodes }) => `${id} ${impact} ${nodes[0]?.html}`);
    });
    assert.deepEqual(
      found.filter((text) => / (serious|critical) /.test(text)),
      [],
      colorScheme,
    );
  }
  await owner.emulateMedia({ colorScheme: 'light' });
  await owner.getByText('List', { exact: true }).click();
  for (const ip of addresses) await owner.getByText(ip, { exact: true }).first().waitFor();
  await owner.getByRole('textbox', { name: 'Find a VM or an address' }).fill('second');
  await owner.getByRole('button', { name: /^Details of first/ }).waitFor({ state: 'detached' });
  await owner.getByRole('button', { name: /^Details of second/ }).waitFor();
});

test('who only looks sees networks, and every act that is refused says why', { skip }, async () => {
  const invited = await server.call(server.owner, 'POST', `/api/v1/projects/${server.first.project_id}/invitations`, {
    body: { email: 'looks@example.com', role_id: systemRoles.find((role) => role.slug === 'viewer')?.id },
  });
  const { cookies } = await TestPerson.invited(server, invited.body.data.accept_url);
  const looker = await openPage(browser);
  await looker.context().addCookies([...cookies].map(([name, value]) => ({ name, value, url: base })));
  await open(looker, '/networks/firewall');
  await looker.getByRole('button', { name: 'Actions for web' }).click();
  const items = looker.getByRole('menuitem');
  const texts = await textsOf(items);
  const disabled = await items.evaluateAll((all) => all.map((one) => one.getAttribute('aria-disabled') === 'true'));
  assert.equal(texts.length, 5);
  for (const [at, text] of texts.entries()) {
    assert.equal(disabled[at], !text.startsWith('Open'), text);
    if (disabled[at]) assert.match(text, /You need the permission security_group\.\w+\. Ask an Owner or Admin/);
  }
  assert.equal(await looker.getByRole('button', { name: 'Create firewall group' }).count(), 0);
  await looker.keyboard.press('Escape');
  await looker.getByRole('link', { name: 'web', exact: true }).click();
  await looker.getByText('Anyone can reach UDP port 53').waitFor();
  assert.equal(await looker.getByRole('button', { name: 'Add rule' }).count(), 0);
  assert.ok(await looker.getByRole('textbox', { name: 'Ports of inbound rule 1' }).isDisabled());
  await looker.context().close();
});
