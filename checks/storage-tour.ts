import type { TestServer } from '@raffia/server/testing/test-server.ts';
import type { Page } from 'playwright-core';
import type { Stop } from './dashboard-tour.ts';

type Act = (page: Page) => Promise<void>;

const weekly = 'the schedule of web-1, Saturdays at 20:00 UTC';

/** Volumes, snapshots, backups and their schedules, with their dialogs. */
export function storageStops({
  project,
  account,
  volume,
  dialog,
  choose,
}: {
  readonly project: (path: string) => string;
  readonly account: (path: string) => string;
  readonly volume: number;
  /** Waits for the dialog that the address opens. */
  readonly dialog: Act;
  /** An act of a row's menu, and the dialog that it opens. */
  readonly choose: (name: string, act: string) => Act;
}): Stop[] {
  return [
    { name: 'volumes', path: project('volumes') },
    { name: 'volumes-all-projects', path: `${account('p/all')}/volumes` },
    { name: 'volumes-none-found', path: project('volumes?q=nothing-is-called-so') },
    { name: 'volumes-selected', path: project('volumes'), act: select('scratch', 'data-web-1') },
    { name: 'volume-create', path: project('volumes?new'), act: dialog },
    { name: 'volume-attach', path: project('volumes'), act: choose('scratch', 'Attach…') },
    { name: 'volume-detach', path: project('volumes'), act: choose('data-web-1', 'Detach…') },
    { name: 'volume-grow', path: project('volumes'), act: choose('data-web-1', 'Grow…') },
    { name: 'volume-delete', path: project('volumes'), act: choose('scratch', 'Delete…') },
    { name: 'volume', path: project(`volumes/${volume}`) },
    { name: 'snapshots', path: project('snapshots') },
    { name: 'snapshots-all-projects', path: `${account('p/all')}/snapshots` },
    { name: 'snapshot-take', path: project('snapshots?new'), act: dialog },
    { name: 'snapshot-restore', path: project('snapshots'), act: choose('after-it', 'Restore…') },
    { name: 'snapshot-rename', path: project('snapshots'), act: choose('of-data', 'Rename…') },
    { name: 'snapshot-image', path: project('snapshots'), act: choose('after-it', 'Save as image…') },
    { name: 'snapshot-delete', path: project('snapshots'), act: choose('of-data', 'Delete…') },
    { name: 'backups', path: project('backups') },
    { name: 'backups-list', path: project('backups?view=list') },
    { name: 'backups-selected', path: project('backups'), act: select('nightly-2') },
    { name: 'backup-take', path: project('backups?new'), act: dialog },
    { name: 'backup-restore', path: project('backups'), act: choose('nightly-4', 'Restore…') },
    { name: 'backup-new-series', path: project('backups'), act: choose('nightly-4', 'Start a new series…') },
    { name: 'backup-delete', path: project('backups'), act: choose('nightly-4', 'Delete series of 4…') },
    { name: 'schedules', path: project('backups/schedules') },
    { name: 'schedule-create', path: project('backups/schedules?new'), act: dialog },
    { name: 'schedule-change', path: project('backups/schedules'), act: choose(weekly, 'Change…') },
    { name: 'schedule-delete', path: project('backups/schedules'), act: choose(weekly, 'Delete…') },
  ];
}

/** What teaches whoever has none of them. */
export const emptyStorage: readonly Stop[] = [
  { name: 'volumes-empty', path: '/volumes' },
  { name: 'snapshots-empty', path: '/snapshots' },
  { name: 'backups-empty', path: '/backups' },
  { name: 'schedules-empty', path: '/backups/schedules' },
];

/**
 * What there has to be for that.
 *
 * @param vm a running machine called web-1
 * @returns the number of a volume that it has
 */
export async function furnishStorage(server: TestServer, vm: string): Promise<number> {
  const add = async (kind: string, body: object): Promise<{ id: number }> => {
    const reply = await server.call(server.owner, 'POST', `/api/v1/${kind}`, { body });
    if (reply.status >= 300) throw new Error(`${kind}: ${reply.text}`);
    return reply.body.data;
  };
  const volume = (name: string, size: number, more = {}) =>
    add('volumes', { name, size, volume_type: 'nvme', ...more });
  await server.settled();
  const { id } = await volume('data-web-1', 200, { vm_id: vm });
  await volume('archive-of-everything-that-was-ever-uploaded-2019-2026', 2000);
  await volume('scratch', 20);
  await add('snapshots', { resource_type: 'volume', volume_id: id, name: 'of-data' });
  // Each builds on the one before, and is named in its order.
  for (const name of ['before the upgrade', 'after-it']) {
    await add('snapshots', { resource_type: 'vm', resource_id: vm, name });
    await server.settled();
  }
  for (const name of ['nightly-1', 'nightly-2', 'nightly-3', 'nightly-4']) {
    await add('backups', { vm_id: vm, name });
    await server.settled();
  }
  const schedule = { vm_id: vm, keep_count: 7 };
  await add('backup-schedules', { ...schedule, type: 'daily', time: '02:00' });
  await add('backup-schedules', { ...schedule, type: 'weekly', time: '8pm', day_of_week: 'Saturday', keep_count: 4 });
  return id;
}

function select(...names: readonly string[]): Act {
  return async (page) => {
    for (const name of names) await page.getByRole('checkbox', { name: `Select ${name}` }).check();
    await page.getByRole('region', { name: 'Selection' }).waitFor();
  };
}
