import type { TestServer } from '@raffia/server/testing/test-server.ts';
import type { Page } from 'playwright-core';
import type { Stop } from './dashboard-tour.ts';

type Act = (page: Page) => Promise<void>;

/** Every part of a machine's page, with its dialogs. */
export function vmStops({
  project,
  vm,
  stopped,
  click,
  choose,
}: {
  readonly project: (path: string) => string;
  readonly vm: string;
  readonly stopped: string;
  /** Presses a button that opens a dialog. */
  readonly click: (name: string) => Act;
  /** The same by the menu of a thing. */
  readonly choose: (name: string, act: string) => Act;
}): Stop[] {
  return [
    { name: 'vm', path: project(`vms/${vm}`) },
    { name: 'vm-table', path: project(`vms/${vm}?range=24h&as=table`) },
    { name: 'vm-month', path: project(`vms/${vm}?range=30d`), act: lookAtGraph },
    { name: 'vm-stopped', path: project(`vms/${stopped}`) },
    { name: 'vm-console', path: project(`vms/${vm}/console`), act: connected },
    { name: 'vm-console-stopped', path: project(`vms/${stopped}/console`) },
    { name: 'vm-network', path: project(`vms/${vm}/network`) },
    { name: 'vm-add-ip', path: project(`vms/${stopped}/network`), act: click('Add public IP') },
    { name: 'vm-connect-vpc', path: project(`vms/${vm}/network`), act: click('Connect VPC') },
    { name: 'vm-attach-group', path: project(`vms/${vm}/network`), act: choose('eth1', 'Attach firewall group…') },
    { name: 'vm-leave-vpc', path: project(`vms/${vm}/network`), act: choose('eth1', 'Leave vpc-web-1…') },
    { name: 'vm-storage', path: project(`vms/${vm}/storage`) },
    { name: 'vm-storage-empty', path: project(`vms/${stopped}/storage`) },
    { name: 'vm-attach-volume', path: project(`vms/${vm}/storage`), act: click('Attach volume') },
    { name: 'vm-create-volume', path: project(`vms/${vm}/storage`), act: click('Create volume') },
    { name: 'vm-snapshots', path: project(`vms/${vm}/snapshots`) },
    { name: 'vm-snapshots-empty', path: project(`vms/${stopped}/snapshots`) },
    { name: 'vm-restore-snapshot', path: project(`vms/${vm}/snapshots`), act: choose('after-it', 'Restore…') },
    { name: 'vm-backups', path: project(`vms/${vm}/backups`) },
    { name: 'vm-backups-empty', path: project(`vms/${stopped}/backups`) },
    { name: 'vm-schedule', path: project(`vms/${vm}/backups`), act: click('Schedule backups') },
    { name: 'vm-restore-backup', path: project(`vms/${vm}/backups`), act: choose('nightly-4', 'Restore…') },
    { name: 'vm-activity', path: project(`vms/${vm}/activity`) },
    { name: 'vm-settings', path: project(`vms/${vm}/settings`) },
    ...['Rename', 'Reset password', 'Save as image', 'Force restart', 'Reinstall', 'Factory reset', 'Delete'].map(
      (act) => ({
        name: `vm-${act.toLowerCase().replaceAll(' ', '-')}`,
        path: project(`vms/${vm}/settings`),
        act: click(`${act}…`),
      }),
    ),
    { name: 'vm-change-size', path: project(`vms/${stopped}/settings`), act: click('Change size…') },
    { name: 'vm-grow-disk', path: project(`vms/${stopped}/settings`), act: click('Grow disk…') },
    { name: 'vm-menu', path: project(`vms/${vm}/activity`), act: openMenu('web-1') },
    { name: 'vm-take-snapshot', path: project(`vms/${vm}/activity`), act: choose('web-1', 'Take snapshot…') },
    { name: 'vm-back-up', path: project(`vms/${vm}/activity`), act: choose('web-1', 'Back up now…') },
  ];
}

/** What there has to be for that. */
export async function furnishVm(server: TestServer, vm: string): Promise<void> {
  await measured(server, vm);
}

async function connected(page: Page): Promise<void> {
  await page.getByText('Connected', { exact: true }).waitFor();
  await page.locator('.xterm-rows').getByText('root@').waitFor();
}

function openMenu(name: string) {
  return async (page: Page) => {
    await page.getByRole('button', { name: `Actions for ${name}` }).click();
    await page.getByRole('menu').waitFor();
  };
}

/** The cursor stands in the middle of the first graph, and so in all of them. */
async function lookAtGraph(page: Page): Promise<void> {
  const graph = page.getByRole('slider').first();
  await graph.focus();
  for (let press = 0; press < 20; press++) await graph.press('PageDown');
}

/** What a machine used in a month, with a night in which it was off and an hour of load, past the engine. */
async function measured(server: TestServer, vm: string): Promise<void> {
  const { pool, clock } = server.server.services;
  for (const [every, span] of [
    [15, 3600],
    [300, 86_400],
    [3600, 2_592_000],
  ] as const) {
    const last = Math.floor(clock.now() / 1000 / every) * every;
    const { rowCount } = await pool.query(
      `insert into vm_metrics (every, at, vm_id, cpu, memory, received, sent, read, written)
       select $1::int, to_timestamp(s), $2::uuid, 0.35 + 0.2 * sin(n / 9.0) + 0.1 * sin(n * 1.7) + case when n % 90 between 60 and 68 then 0.3 else 0 end,
              (0.6 + 0.08 * sin(n / 20.0)) * 1073741824, 1.6e6 + 9e5 * sin(n / 7.0), 6e5 + 2e5 * sin(n / 5.0),
              4e6 + 3e6 * sin(n / 11.0), 2.5e6 + 1e6 * cos(n / 6.0)
         from generate_series($3::int - $4::int, $3::int, $1::int) with ordinality as t (s, n)
        where n % 120 not between 38 and 52
       on conflict do nothing`,
      [every, vm, last, span],
    );
    if ((rowCount ?? 0) < 100) throw new Error(`${rowCount} points by ${every} s`);
  }
}
