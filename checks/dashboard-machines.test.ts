// timeout: 15m
import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { EngineHost, whyNoDaemon } from '@raffia/server/testing/engine-host.ts';
import { type Machine, RealCloud } from '@raffia/server/testing/real-cloud.ts';
import { until } from '@raffia/server/testing/until.ts';
import type { Browser, Page } from 'playwright-core';
import { noBrowser, openBrowser, openPage, signInFirst } from './browser.ts';
import { buildPages } from './dashboard-tour.ts';

/** What is clicked and typed in a browser, and what it does to machines of a real host, seen over ssh and from beyond the host. */
describe('pages with real machines', { skip: whyNoDaemon('lxd') ?? noBrowser }, () => {
  const email = 'owner@example.com';
  let cloud: RealCloud;
  let browser: Browser;
  let page: Page;
  let web: Machine;
  let other: Machine;

  before(async () => {
    buildPages();
    cloud = await RealCloud.start(await EngineHost.start('lxd'), { RAFFIA_BOOTSTRAP_EMAIL: email });
    browser = await openBrowser();
    page = await openPage(browser, { address: cloud.server.url });
    const link = cloud.server.command('operator', 'sign-in-link', email);
    await signInFirst(page, /https?:\S+/.exec(link.output)?.[0] ?? link.output);
    await call('POST', '/api/v1/ssh-keys', { name: 'Laptop', public_key: cloud.key.publicKey });
  });
  after(async () => {
    await browser?.close();
    await cloud?.stop();
  });

  // biome-ignore lint/suspicious/noExplicitAny: answers of any shape
  async function call(method: string, path: string, body?: object): Promise<any> {
    const answer = await cloud.call(method, path, body);
    assert.ok(answer.status < 300, `${method} ${path}: ${answer.status} ${answer.text}`);
    return answer.body.data;
  }
  const button = (name: string | RegExp) => page.getByRole('button', { name, exact: typeof name === 'string' });
  const dialog = () => page.getByRole('dialog');
  const closed = () => dialog().waitFor({ state: 'detached' });
  async function act(name: string, label: string): Promise<void> {
    await button(`Actions for ${name}`).first().click();
    await page.getByRole('menuitem', { name: label, exact: true }).click();
    await dialog().waitFor();
  }
  async function choose(label: string, option: string | RegExp): Promise<void> {
    await dialog().getByRole('combobox', { name: label, exact: true }).click();
    await page.getByRole('option', { name: option }).first().click();
  }

  test('a VM is made on the page, and who has the key that was chosen gets in', async () => {
    await page.goto('/vms/new');
    await page.getByRole('textbox', { name: 'Name', exact: true }).fill('web-1');
    await page.getByRole('checkbox', { name: /^Laptop/ }).check();
    await page.getByRole('radiogroup', { name: 'Family of sizes' }).getByText('Premium').click();
    await page.getByRole('radio', { name: /^1 vCPU, 1 GB memory/ }).check();
    await button('Create VM').click();
    await page.getByRole('heading', { level: 1, name: 'web-1' }).waitFor();
    await page.locator('[data-status="active"]').first().waitFor();
    const [vm] = await call('GET', '/api/v1/vms');
    web = await cloud.look(vm.id);
    assert.equal((await cloud.ssh(web.publicAddress, 'hostname')).trim(), 'web-1');
  });

  test('what is typed in its console is done in it, and its graphs show the work within two rounds', async () => {
    const terminal = await page.context().newPage();
    await terminal.goto(`/vms/${web.id}/console`);
    await terminal.getByText('Connected', { exact: true }).waitFor();
    const screen = () => terminal.locator('.xterm-rows').innerText();
    await terminal.keyboard.type('echo by hand > /root/typed; echo $((40 + 2)) | tee /root/told\n');
    await until('the shell answers', async () => /^42$/m.test(await screen()));
    assert.equal(await cloud.ssh(web.publicAddress, 'cat /root/typed /root/told'), 'by hand\n42\n');

    await page.goto(`/vms/${web.id}`);
    const cpu = page.getByRole('region', { name: 'CPU', exact: true });
    const shown = async () => Number.parseFloat((await cpu.locator('b').innerText()).replace('–', 'NaN'));
    await until('it is measured, and idle', async () => (await shown()) < 20);
    await favour(web);
    const began = Date.now();
    await terminal.keyboard.type('yes > /dev/null\n');
    await page.bringToFront();
    await until('the page shows that it works', async () => (await shown()) > 50, { everyMs: 500 });
    const seen = Date.now();
    // Points say when the span began that they are about: those of spans that it worked through.
    const points = (await call('GET', `/api/raffia/v1/vms/${web.id}/metrics`)).points as { at: string; cpu: number }[];
    const since = points.filter(({ at }) => Date.parse(at) >= began).map((point) => point.cpu);
    console.log(`CPU over 50 % on the page after ${Math.round((seen - began) / 1000)} s; measured since: ${since}`);
    const first = since.findIndex((load) => load > 0.5);
    assert.ok(first >= 0 && first < 2, `rounds: ${since}`);
    await terminal.bringToFront();
    await terminal.keyboard.press('Control+C');
    await terminal.close();
    await until('the page shows that it rests', async () => (await shown()) < 50, { everyMs: 500 });
  });

  /** What else runs on this machine takes nothing of its one processor: how fast a guest gets one is not the subject. */
  async function favour({ id }: Machine): Promise<void> {
    const group = await cloud.host.controlGroup('raffia', `rf-${id}`, 'cpu');
    const [file, most] = existsSync(join(group, 'cpu.shares')) ? ['cpu.shares', '262144'] : ['cpu.weight', '10000'];
    writeFileSync(join(group, file), most);
  }

  /** Whether a connection from beyond the host comes in, and is answered by what listens there. */
  const comesIn = (port: number) =>
    cloud.host
      .outside('sh', '-c', `nc -w 2 ${web.publicAddress} ${port} </dev/null || :`)
      .then((said) => said.trim() === 'welcome');

  test('a rule that is written in the editor lets a connection in, and closes it again when it is removed', async () => {
    const port = 8080;
    await cloud.ssh(web.publicAddress, `nc -ll -p ${port} -e echo welcome </dev/null >/dev/null 2>&1 &`);
    await until('something listens there, and nothing is closed', () => comesIn(port));
    const group = await call('POST', '/api/v1/security-groups', { name: 'narrow', template_id: 'ssh-only' });

    await page.goto('/networks/firewall');
    await page.getByRole('link', { name: 'narrow', exact: true }).click();
    await page.getByRole('heading', { level: 1, name: 'narrow' }).waitFor();
    await button('Attach to VM').click();
    await choose('VM', /^web-1/);
    await dialog().getByRole('button', { name: 'Attach group', exact: true }).click();
    await closed();
    await until('it is closed: no rule names its port', async () => !(await comesIn(port)));

    const effect = page.getByRole('region', { name: 'Effect' });
    const save = async () => {
      await button('Save rules').click();
      await effect.waitFor({ state: 'detached' });
    };
    await page.getByRole('textbox', { name: 'Ports of inbound rule 1' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('textbox', { name: 'Ports of inbound rule 2' }).fill(String(port));
    await effect.getByText(`Port ${port} opens for`).waitFor();
    assert.equal(await comesIn(port), false, 'it is written, and not saved');
    await save();
    await until('the connection comes in', () => comesIn(port));

    const { rules } = await call('GET', `/api/v1/security-groups/${group.id}`);
    assert.equal(rules.at(-1).range, String(port));
    await page.getByRole('button', { name: 'Remove inbound rule 2' }).click();
    await save();
    await until('it is closed again', async () => !(await comesIn(port)));
    assert.equal((await cloud.ssh(web.publicAddress, 'hostname')).trim(), 'web-1', 'what is still open is');
  });

  test('a volume is moved from one VM to another with what was written on it', async () => {
    other = await cloud.machine('other-1');
    const volume = await call('POST', '/api/v1/volumes', {
      name: 'data-1',
      size: 1,
      volume_type: 'nvme',
      vm_id: web.id,
    });
    const file = `/mnt/volume-${volume.id}/file`;
    const isOn = ({ publicAddress, name }: Machine) =>
      until(
        `the volume is on ${name}`,
        async () =>
          (await cloud.ssh(publicAddress, `grep -c ' /mnt/volume-${volume.id} ' /proc/mounts || :`)).trim() === '1',
      );
    await isOn(web);
    await cloud.ssh(web.publicAddress, `echo moved > ${file} && sync`);
    await page.goto('/volumes');
    await act('data-1', 'Detach…');
    await dialog().getByRole('button', { name: 'Detach volume', exact: true }).click();
    await closed();
    await page.getByRole('row', { name: /data-1.*Available.*Not attached/ }).waitFor();
    await act('data-1', 'Attach…');
    await choose('VM', /^other-1/);
    await dialog().getByRole('button', { name: 'Attach volume', exact: true }).click();
    await closed();
    await page.getByRole('row', { name: /data-1.*Attached.*other-1/ }).waitFor();
    await isOn(other);
    assert.equal(await cloud.ssh(other.publicAddress, `cat ${file}`), 'moved\n');
    assert.equal((await cloud.ssh(web.publicAddress, `ls ${file} 2>/dev/null || echo gone`)).trim(), 'gone');
  });

  test('a backup is taken and restored: what was deleted since is there again', async () => {
    await cloud.ssh(other.publicAddress, 'echo kept > /root/file && sync');
    await page.goto('/backups?new');
    await choose('VM', /^other-1$/);
    await dialog().getByRole('textbox', { name: 'Name', exact: true }).fill('before');
    await dialog().getByRole('button', { name: 'Back up now' }).click();
    await closed();
    await page.getByRole('row', { name: /before.*Ready/ }).waitFor();
    await cloud.ssh(other.publicAddress, 'rm /root/file && sync');
    await act('before', 'Restore…');
    await dialog().getByRole('button', { name: 'Stop other-1' }).click();
    await dialog().getByText('other-1 is stopped').waitFor();
    await dialog().getByRole('textbox').fill('other-1');
    await dialog().getByRole('button', { name: 'Restore other-1' }).click();
    await closed();
    await cloud.idle();
    if ((await call('GET', `/api/v1/vms/${other.id}`)).status === 'passive')
      await cloud.act(other.id, 'start', 'active');
    assert.equal(await cloud.ssh(other.publicAddress, 'cat /root/file'), 'kept\n');
  });
});
