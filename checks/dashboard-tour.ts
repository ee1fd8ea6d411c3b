import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemRoles } from '@raffia/contract/system-roles.ts';
import { plantFoundMachine } from '@raffia/server/testing/plant-found-machine.ts';
import { TestPerson } from '@raffia/server/testing/test-person.ts';
import { sshPublicKey, type TestServer, vmRequest } from '@raffia/server/testing/test-server.ts';
import type { Page } from 'playwright-core';
import {
  accountStops,
  atName,
  furnishAccount,
  plantPasskeys,
  signInCode,
  turnOnTwoFactor,
  twoFactorStops,
} from './account-tour.ts';
import { costStops, emptyCosts, furnishCosts } from './costs-tour.ts';
import { emptyStorage, furnishStorage, storageStops } from './storage-tour.ts';
import { furnishVm, vmStops } from './vm-tour.ts';

/** Builds the dashboard, where it is not built from these sources. */
export function buildPages(): void {
  execFileSync(process.execPath, [join(import.meta.dirname, '../dashboard/build.ts')], { stdio: 'inherit' });
}

export interface Stop {
  readonly name: string;
  readonly path: string;
  /** What to do on the page before it is looked at. */
  readonly act?: (page: Page) => Promise<void>;
}

const ownerPassword = 'owner password';
const roleId = (slug: string) => systemRoles.find((role) => role.slug === slug)?.id as string;

/** Whose browser it is, and where it goes. */
export interface Journey {
  readonly cookies: { name: string; value: string; url: string }[];
  readonly stops: readonly Stop[];
}

export interface Tour {
  /** Before one is signed in. */
  readonly outside: Journey;
  readonly owner: Journey;
  /** Somebody who has nothing yet. */
  readonly newcomer: Journey;
  readonly keyId: string;
}

/** What the server of a tour needs: everybody may come, so that the page for it is there, and addresses of both families. */
export const tourSettings = {
  RAFFIA_SIGN_UP: 'open',
  RAFFIA_ADDRESS_POOLS: 'us-east=198.18.0.0/24 2001:db8:1::/64',
};

/** An account with something on every page: machines of all kinds, a failed one, keys with use, members, roles, requests. */
export async function furnish(server: TestServer): Promise<Tour> {
  const { owner, first } = server;
  const call = async (method: string, path: string, body?: object) => {
    const reply = await server.call(owner, method, path, body === undefined ? {} : { body });
    if (reply.status >= 300) throw new Error(`${method} ${path}: ${reply.text}`);
    return reply.body;
  };
  await call('POST', '/api/v1/ssh-keys', { name: 'Laptop', public_key: sshPublicKey('you@laptop') });
  const customers = (await call('POST', '/api/v1/projects', { name: 'Customers', description: 'What customers see' }))
    .data;
  const deployer = await call('POST', '/api/v1/roles', {
    name: 'Deployer',
    slug: 'deployer',
    scope: 'project',
    description: 'Makes and replaces machines',
    permissions: ['vm.view', 'vm.create', 'vm.delete', 'vm.power'],
  });
  await server.operator('fault', 'add', 'create', '--name', 'broken', '--fail', 'The disk pool is full');
  const vm = await server.vm('web-1', { tags: ['web', 'production'] });
  const volume = await furnishStorage(server, vm);
  await call('POST', `/api/v1/vms/${vm}/save-image`, { name: 'golden' });
  await server.settled();
  const groups = new Map<string, string>();
  for (const [name, body] of [
    ['web', { template_id: 'web-server', description: 'What the internet may reach' }],
    ['database', { template_id: 'database-server' }],
    ['office', { rules: [{ protocol: 'TCP', rule_type: 'INBOUND', range: '22', ip: '203.0.113.0', size: 24 }] }],
  ] as const) {
    groups.set(name, (await call('POST', '/api/v1/security-groups', { name, ...body })).data.id);
  }
  for (const name of ['web', 'office'])
    await call('POST', `/api/v1/vms/${vm}/security-groups`, { security_group_id: groups.get(name), nic_id: 0 });
  for (const type of ['IPv4', 'IPv6']) await call('POST', '/api/v1/ips/reserve', { type });
  const lonely = await call('POST', '/api/v1/vpcs', { name: 'data', cidr: '10.7.0.0/20', gateway_type: 'nat' });
  const vpc = (await call('GET', '/api/v1/vpcs')).data.find(({ id }: { id: string }) => id !== lonely.data.id).id;
  await furnishVm(server, vm);
  const stopped = await server.vm('batch-1', { tags: ['batch'] });
  await call('POST', `/api/v1/vms/${stopped}/stop`);
  await call('POST', '/api/v1/vms', vmRequest('broken'));
  await server.settled();
  for (const [name, slug, days] of [
    ['Deployment', 'owner', 10],
    ['Monitoring', 'member', 90],
  ] as const) {
    await call('POST', '/api/v1/api-keys', {
      name,
      role_id: roleId(slug),
      expires_at: new Date(Date.now() + server.time.offset + days * 86_400_000).toISOString(),
    });
  }
  await furnishCosts(server, customers.id);
  const key = await server.key({ project: 'operator' });
  await Promise.all(
    Array.from({ length: 120 }, () => server.send({ key: key.key, project: first.project_id }, 'GET', '/api/v1/vms')),
  );
  await call('POST', `/api/raffia/v1/api-keys/${key.id}/tier-requests`, {
    workload: 'Moving 400 machines',
    peak_rps: 80,
  });
  const invited = await call('POST', '/api/v1/invitations', {
    email: 'colleague@example.com',
    role_id: roleId('admin'),
  });
  await call('POST', `/api/v1/projects/${customers.id}/invitations`, {
    email: 'customer@example.com',
    role_id: roleId('viewer'),
  });
  const furnished = await furnishAccount(server, { project: customers.id, role: deployer.data.id });
  const person = await TestPerson.owner(server, ownerPassword);
  await server.operator('people', 'add', 'owner@example.com');
  await plantFoundMachine(server, 'left-behind');
  await plantPasskeys(server, 'owner@example.com');
  const newcomer = new TestPerson(server);
  const account = { email: 'new@example.com', name: 'New', password: ownerPassword, account_name: 'A new cloud' };
  await newcomer.call('POST', '/api/raffia/v1/sign-up', { body: account });
  await newcomer.signIn(account.email, account.password);
  await turnOnTwoFactor(newcomer, ownerPassword);
  const link = await server.operator('sign-in-link', account.email);
  const fragment = (text: string) => /#\S+/.exec(text)?.[0] ?? '';
  return {
    outside: {
      cookies: [],
      stops: [
        ...entrances(fragment(link), fragment(invited.data.accept_url)),
        { name: 'sign-in-code', path: '/sign-in', act: signInCode(account.email, account.password) },
      ],
    },
    owner: {
      cookies: cookiesOf(person, server),
      stops: withUnnamed(
        [
          ...pages(placesIn(first.account_id), key.id, { group: groups.get('web') ?? '', vpc, lonely: lonely.data.id }),
          ...vmStops({ ...placesIn(first.account_id), vm, stopped, click, choose }),
          ...storageStops({ ...placesIn(first.account_id), volume, dialog, choose }),
          ...accountStops({
            ...placesIn(first.account_id),
            ...furnished,
            password: ownerPassword,
            click,
            dialog,
            choose,
          }),
          ...costStops(placesIn(first.account_id).account),
        ],
        placesIn(first.account_id),
      ).concat([
        { name: 'help', path: placesIn(first.account_id).project('vms'), act: openHelp },
        { name: 'keys', path: placesIn(first.account_id).project('vms'), act: openKeys },
        { name: 'search-acts', path: placesIn(first.account_id).project(`vms/${vm}`), act: searchedActs },
        // The last: the tray stays open on every page.
        { name: 'activity', path: placesIn(first.account_id).project('vms'), act: openActivity },
      ]),
    },
    newcomer: {
      cookies: cookiesOf(newcomer, server),
      stops: [...emptyPages, ...twoFactorStops({ password: ownerPassword, click })],
    },
    keyId: key.id,
  };
}

export function cookiesOf({ cookies }: TestPerson, server: TestServer): Journey['cookies'] {
  return [...cookies].map(([name, value]) => ({ name, value, url: server.server.url }));
}

function click(name: string) {
  return async (page: Page) => {
    await page.getByRole('button', { name, exact: true }).first().click();
    await page.getByRole('dialog').waitFor();
  };
}

/** An act of a row's menu, and the dialog that it opens. */
function choose(name: string, act: string) {
  return async (page: Page) => {
    await page.getByRole('button', { name: `Actions for ${name}` }).click();
    await page.getByRole('menuitem', { name: act }).click();
    await page.getByRole('dialog').waitFor();
  };
}

function searched(query: string) {
  return async (page: Page) => {
    await click('Search')(page);
    await page.getByRole('dialog').getByRole('textbox').fill(query);
    await page.getByText('VMs', { exact: true }).waitFor();
  };
}

async function openHelp(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Help' }).click();
  await page.getByText(/^Raffia \d/).waitFor();
}

async function openKeys(page: Page): Promise<void> {
  await openHelp(page);
  await page.getByRole('menuitem', { name: 'Keyboard shortcuts' }).click();
  await dialog(page);
}

/** What can be done on the page, and what cannot. */
async function searchedActs(page: Page): Promise<void> {
  await click('Search')(page);
  await page.getByText('Actions on this page').waitFor();
}

/** The same of the first row. */
function chooseFirst(act: string) {
  return async (page: Page) => {
    await page
      .getByRole('button', { name: /^Actions for/ })
      .first()
      .click();
    await page.getByRole('menuitem', { name: act }).click();
    await page.getByRole('dialog').waitFor();
  };
}

/** What is at the first knot; on a phone, at the first line of the list. */
async function openKnot(page: Page): Promise<void> {
  const knot = page.getByRole('button', { name: /web-1 in Internet/ });
  await knot.click();
  await page.getByRole('complementary', { name: 'web-1 · Internet' }).waitFor();
}

/** All of the project, with what failed. */
async function openActivity(page: Page): Promise<void> {
  const entry = page.getByRole('region', { name: 'Create broken' });
  await page.getByRole('button', { name: /^Activity/ }).click();
  await page.getByText('Project', { exact: true }).click();
  await entry.waitFor();
  await page.getByRole('button', { name: 'Show steps of Create broken' }).click();
}

async function dialog(page: Page): Promise<void> {
  await page.getByRole('dialog').waitFor();
}

const choiceOf = (page: Page, group: string, word: string | RegExp) =>
  page.getByRole('radiogroup', { name: group }).getByText(word).click();

const system = (page: Page, name: RegExp) =>
  page.getByRole('radiogroup', { name: 'System', exact: true }).getByRole('radio', { name }).check();

/** Without what a stop before it entered. */
async function anew(page: Page): Promise<void> {
  const over = page.getByRole('button', { name: 'Start over' });
  if (await over.isVisible()) await over.click();
}

async function asWindows(page: Page): Promise<void> {
  await anew(page);
  await system(page, /^Windows Server/);
  await page.getByText('Windows needs a Premium plan').waitFor();
  await page.getByRole('textbox', { name: 'Password' }).fill('ABcdefgh');
}

/** Everything that can be missing is. */
async function withGaps(page: Page): Promise<void> {
  await anew(page);
  await page.getByRole('checkbox', { name: /^Laptop/ }).uncheck();
  for (const name of ['Public IPv4 address', 'Private network']) await page.getByRole('switch', { name }).uncheck();
  await page.getByRole('textbox', { name: 'Volume size in GB' }).fill('20000');
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('');
  await page.getByRole('button', { name: 'Create VM', exact: true }).click();
  await page.getByText('4 things to fix').waitFor();
}

async function asSeveral(page: Page): Promise<void> {
  await anew(page);
  await system(page, /^Debian/);
  await page.getByRole('combobox', { name: 'Which private network' }).click();
  await page.getByRole('option', { name: 'New, with my own block' }).click();
  await page.getByRole('textbox', { name: 'Network name' }).fill('front');
  await page.getByRole('textbox', { name: 'Volume size in GB' }).fill('100');
  await choiceOf(page, 'Backups', 'Weekly');
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('web-04');
  await page.getByRole('textbox', { name: 'How many' }).fill('3');
  await page.getByRole('combobox', { name: 'Tags' }).fill('web');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Edit names' }).click();
  await page.getByRole('textbox', { name: 'Name 2' }).fill('worker-with-a-name-that-is-much-longer');
  await page.getByRole('button', { name: 'Create 3 VMs' }).waitFor();
}

async function fromSaved(page: Page): Promise<void> {
  await anew(page);
  await choiceOf(page, 'Kind of system', /^Saved images/);
  await system(page, /^golden/);
  await page.getByRole('button', { name: 'Add another key' }).click();
  await page.getByRole('textbox', { name: 'Another public key' }).fill(sshPublicKey('you@desk'));
  await page.getByRole('button', { name: 'Save SSH key' }).waitFor();
}

/** Where there is no room beside the form, the lines are a sheet. */
async function seeCost(page: Page): Promise<void> {
  await anew(page);
  const total = page.getByRole('button', { name: /a month/ });
  if (!(await total.isVisible())) return;
  await total.click();
  await page.getByRole('dialog').waitFor();
}

async function asCode(page: Page): Promise<void> {
  await seeCost(page);
  await page.getByRole('button', { name: /^Show as code/ }).click();
  await page.getByRole('tab', { name: 'Terraform' }).waitFor();
}

async function leaveVm(page: Page): Promise<void> {
  await anew(page);
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('web-04');
  await page.evaluate(() => document.querySelector<HTMLElement>('a[href$="/vms"]')?.click());
  await page.getByRole('dialog').waitFor();
}

/** One rule more, and one that can't be saved. */
async function changeRules(page: Page): Promise<void> {
  const add = page.getByRole('region', { name: 'Inbound rules' }).getByRole('button', { name: 'Add rule' });
  await add.click();
  await page.getByRole('textbox', { name: 'Ports of inbound rule 4' }).fill('8443');
  await page.getByRole('combobox', { name: 'Source of inbound rule 4' }).fill('203.0.113.0/24');
  await add.click();
  await page.getByRole('textbox', { name: 'Ports of inbound rule 5' }).fill('3000:2999');
  await page.getByText('2 changes').first().waitFor();
}

/** Every page behind the sign-in, with its dialogs. */
function pages(
  { project, account }: Places,
  key: string,
  { group, vpc, lonely }: Readonly<Record<'group' | 'vpc' | 'lonely', string>>,
): Stop[] {
  return [
    { name: 'overview', path: project('') },
    { name: 'vms', path: project('vms') },
    { name: 'vms-all-projects', path: `${account('p/all')}/vms` },
    { name: 'vms-by-tag', path: project('vms?view=tags') },
    { name: 'search', path: project('vms'), act: click('Search') },
    { name: 'search-found', path: project('vms'), act: searched('web') },
    { name: 'create-vm', path: project('vms/new') },
    { name: 'create-vm-in-all-projects', path: `${account('p/all')}/vms/new` },
    { name: 'create-vm-windows', path: project('vms/new'), act: asWindows },
    { name: 'create-vm-errors', path: project('vms/new'), act: withGaps },
    { name: 'create-vm-several', path: project('vms/new'), act: asSeveral },
    { name: 'create-vm-saved', path: project('vms/new'), act: fromSaved },
    { name: 'create-vm-cost', path: project('vms/new'), act: seeCost },
    { name: 'create-vm-code', path: project('vms/new'), act: asCode },
    { name: 'create-vm-leave', path: project('vms/new'), act: leaveVm },
    { name: 'networks', path: project('networks') },
    { name: 'networks-knot', path: project('networks'), act: openKnot },
    { name: 'networks-list', path: project('networks?view=list') },
    { name: 'vpcs', path: project('networks/vpcs') },
    { name: 'vpc-create', path: project('networks/vpcs?new'), act: dialog },
    { name: 'vpc', path: project(`networks/vpcs/${vpc}`) },
    { name: 'vpc-without-vms', path: project(`networks/vpcs/${lonely}`) },
    { name: 'vpc-add-vm', path: project(`networks/vpcs/${lonely}`), act: click('Add VM') },
    { name: 'vpc-delete', path: project('networks/vpcs'), act: choose('data', 'Delete…') },
    { name: 'ips', path: project('networks/ips') },
    { name: 'ip-reserve', path: project('networks/ips?new'), act: dialog },
    { name: 'ip-attach', path: project('networks/ips?status=free&type=IPv4'), act: chooseFirst('Attach to VM…') },
    { name: 'ip-release', path: project('networks/ips?status=free&type=IPv4'), act: chooseFirst('Release…') },
    { name: 'firewall', path: project('networks/firewall') },
    { name: 'firewall-create', path: project('networks/firewall?new'), act: dialog },
    { name: 'firewall-none-found', path: project('networks/firewall?q=nowhere') },
    { name: 'firewall-delete', path: project('networks/firewall'), act: choose('database', 'Delete…') },
    { name: 'firewall-group', path: project(`networks/firewall/${group}`) },
    { name: 'firewall-group-changed', path: project(`networks/firewall/${group}`), act: changeRules },
    { name: 'firewall-group-attach', path: project(`networks/firewall/${group}`), act: click('Attach to VM') },
    { name: 'images', path: project('images') },
    { name: 'image-delete', path: project('images'), act: choose('golden', 'Delete…') },
    { name: 'ssh-keys', path: account('ssh-keys') },
    { name: 'ssh-key-add', path: account('ssh-keys'), act: click('Add SSH key') },
    { name: 'api-keys', path: account('api-keys') },
    { name: 'api-keys-none-found', path: account('api-keys?q=nowhere') },
    { name: 'api-key-regenerate', path: account('api-keys'), act: choose('Deployment', 'Regenerate…') },
    { name: 'api-key-create', path: account('api-keys/new') },
    { name: 'api-key-create-chosen', path: account('api-keys/new'), act: chooseAccess },
    { name: 'api-key-create-errors', path: account('api-keys/new'), act: sendNothing },
    { name: 'api-key-made', path: account('api-keys/new'), act: makeKey },
    { name: 'api-key', path: account(`api-keys/${key}`) },
    { name: 'api-key-days', path: account(`api-keys/${key}?range=30d`) },
    { name: 'api-key-table', path: account(`api-keys/${key}?range=6h&as=table`) },
    { name: 'api-key-request', path: account('api-keys?q=Monitoring'), act: askForHighLimit },
    { name: 'operator', path: '/operator' },
    { name: 'operator-accounts', path: '/operator/accounts' },
    { name: 'operator-account', path: `/operator/accounts/${account('').slice(3)}` },
    {
      name: 'operator-quota',
      path: `/operator/accounts/${account('').slice(3)}`,
      act: choose('VMs', 'Set quota…'),
    },
    { name: 'operator-requests', path: '/operator/requests' },
    { name: 'operator-request', path: '/operator/requests', act: chooseFirst('Approve…') },
    { name: 'operator-machines', path: '/operator/machines' },
    { name: 'operator-adopt', path: '/operator/machines', act: choose('left-behind', 'Adopt…') },
    { name: 'operator-delete', path: '/operator/machines', act: choose('left-behind', 'Delete…') },
    { name: 'parts', path: '/parts' },
    { name: 'no-such-project', path: `${account('p/nowhere')}/vms` },
    { name: 'not-found', path: '/no-such-page' },
  ];
}

/** Addresses of pages in a project, and in its account. */
interface Places {
  readonly project: (path: string) => string;
  readonly account: (path: string) => string;
}

function placesIn(id: string): Places {
  const within = (start: string) => (path: string) => (path === '' ? start : `${start}/${path}`);
  return { project: within(`/a/${id}/p/default`), account: within(`/a/${id}`) };
}

/** Also the pages that nothing is said of here, as dashboard/pages.ts lists them. */
function withUnnamed(stops: Stop[], places: Places): Stop[] {
  const listed = readFileSync(join(import.meta.dirname, '../dashboard/pages.ts'), 'utf8');
  const found = [...listed.matchAll(/within: '(project|account)',\s*path: '([\w/-]*)'/g)];
  if (found.length < 8) throw new Error(`dashboard/pages.ts lists ${found.length} pages in a way that is read here`);
  const unnamed = found
    .map(([, within = '', path = '']) => ({
      name: path.replaceAll('/', '-'),
      path: places[within as keyof Places](path),
    }))
    .filter(({ path }) => !stops.some((stop) => stop.path === path));
  return [...stops, ...unnamed];
}

/** A key for two projects that can do nearly everything there. */
async function chooseAccess(page: Page): Promise<void> {
  await anew(page);
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('terraform-production');
  await page.getByRole('checkbox', { name: /Default/ }).check();
  await page.getByRole('checkbox', { name: 'Customers' }).check();
  await page.getByRole('combobox', { name: 'Project role' }).click();
  await page.getByRole('option', { name: /^Project Admin/ }).click();
  await page.getByText('40 of 40 permissions').waitFor();
}

async function sendNothing(page: Page): Promise<void> {
  await anew(page);
  await page.getByRole('button', { name: 'Create API key', exact: true }).click();
  await page.getByRole('alert').first().waitFor();
}

async function makeKey(page: Page): Promise<void> {
  await anew(page);
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Just made');
  await page.getByRole('combobox', { name: 'Account role' }).click();
  await page.getByRole('option', { name: /^Member/ }).click();
  await page.getByRole('button', { name: 'Create API key', exact: true }).click();
  await page.getByTestId('secret').waitFor();
}

async function askForHighLimit(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'Monitoring' }).click();
  await click('Request high limit…')(page);
}

/** What teaches whoever has nothing yet. */
const emptyPages: readonly Stop[] = [
  { name: 'overview-empty', path: '/' },
  { name: 'vms-empty', path: '/vms' },
  ...emptyStorage,
  ...emptyCosts,
  { name: 'images-empty', path: '/images' },
  { name: 'networks-empty', path: '/networks' },
  { name: 'vpcs-empty', path: '/networks/vpcs' },
  { name: 'ips-empty', path: '/networks/ips' },
  { name: 'firewall-empty', path: '/networks/firewall' },
  { name: 'ssh-keys-empty', path: '/ssh-keys' },
  { name: 'api-keys-empty', path: '/api-keys' },
  { name: 'members-empty', path: '/team/members' },
];

async function withPasskeyButton(page: Page): Promise<void> {
  await atName(page);
  await page.getByRole('button', { name: 'Use a passkey' }).waitFor();
}

/** The pages before one is signed in. */
function entrances(link: string, invitation: string): Stop[] {
  return [
    { name: 'sign-in', path: '/sign-in' },
    { name: 'sign-in-passkey', path: '/sign-in', act: withPasskeyButton },
    { name: 'sign-up', path: '/sign-up' },
    { name: 'forgotten', path: '/forgotten' },
    { name: 'link', path: `/link${link}` },
    { name: 'link-expired', path: '/link#nothing' },
    { name: 'invitation', path: `/invitation${invitation}` },
    { name: 'invitation-expired', path: '/invitation#nothing' },
  ];
}

/** Goes to a stop and waits until it has said what it has to say. */
export async function visit(page: Page, base: string, stop: Stop): Promise<void> {
  await page.goto(`${base}${stop.path}`);
  await settle(page, stop);
}

async function settle(page: Page, { act }: Stop): Promise<void> {
  await page.locator('h1, h2').first().waitFor();
  const isLoaded = () => page.waitForFunction(() => document.querySelector('[aria-label="Loading"]') === null);
  await isLoaded();
  // What a part of the page brings with it.
  await page.waitForTimeout(50);
  await isLoaded();
  await act?.(page);
  await page.waitForTimeout(150);
}
