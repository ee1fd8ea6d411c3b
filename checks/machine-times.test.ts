// timeout: 10m
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type DaemonKind, EngineHost, testImage, testPool, whyNoDaemon } from '@raffia/server/testing/engine-host.ts';
import { RealCloud } from '@raffia/server/testing/real-cloud.ts';
import { until } from '@raffia/server/testing/until.ts';

// In CI it is held that each can be done; how long it takes is for whoever measures.
const rounds = process.env.CI === 'true' ? 2 : 7;

/** What of the list of work counts here. */
interface Work {
  readonly kind: string;
  readonly status: string;
  readonly error: string | null;
  readonly finished_at: string;
}

/** What was asked for is done since then, in milliseconds of the clock. */
interface Asked {
  readonly id: string;
  readonly endedAt: number;
}

/** How the command line of each engine takes snapshots and puts them back. */
const commands = {
  lxd: {
    take: ['snapshot'],
    restore: ['restore'],
    takeOfVolume: ['storage', 'volume', 'snapshot'],
    restoreOfVolume: ['storage', 'volume', 'restore'],
  },
  incus: {
    take: ['snapshot', 'create'],
    restore: ['snapshot', 'restore'],
    takeOfVolume: ['storage', 'volume', 'snapshot', 'create'],
    restoreOfVolume: ['storage', 'volume', 'snapshot', 'restore'],
  },
} as const;

for (const kind of Object.keys(commands) as DaemonKind[]) {
  const missing = whyNoDaemon(kind);

  describe(`work on real machines of ${kind}, beside its command line`, { skip: missing ?? false }, () => {
    let cloud: RealCloud;

    before(async () => {
      cloud = await RealCloud.start(await EngineHost.start(kind));
      await cloud.launchBridge();
    });
    after(() => cloud?.stop());

    test('snapshots and volumes come and go over the API, beside the same done with the command line', async () => {
      const does = commands[kind];
      const [vm, beside] = [await cloud.machine('disks'), 'beside'];
      const client = (...command: string[]) => cloud.host.client(...command);
      await client('launch', testImage, beside, '-n', 'plain', '-s', testPool);
      const times = new Map<string, { ours: number[]; theirs: number[] }>();
      /** One after the other, so that both meet the same host; each is first as often as the other. */
      const pair = async (what: string, ours: () => Promise<Asked>, theirs: () => Promise<unknown>) => {
        const list = times.get(what) ?? { ours: [], theirs: [] };
        times.set(what, list);
        const order = ['ours', 'theirs'] as const;
        for (const who of list.ours.length % 2 === 0 ? order : order.toReversed()) {
          const started = Date.now();
          const endedAt = who === 'ours' ? (await ours()).endedAt : await theirs().then(Date.now);
          list[who].push(endedAt - started);
        }
      };
      /**
       * Asks for something and waits for the end of the work, which the work itself tells: who looked often enough to see it would take from
       * the two what they are measured with.
       */
      const asked = async (kind: string, path: string, body?: object, about?: string): Promise<Asked> => {
        const { status, body: answer, text } = await cloud.call('POST', path, body);
        assert.ok(status < 300, text);
        const id = about ?? String(answer.data.id);
        const endedAt = await until(
          `${kind} of ${id} has succeeded`,
          async () => {
            const list = await cloud.call('GET', `/api/raffia/v1/operations?resource_id=${id}&limit=1`);
            const [work] = list.body.data as Work[];
            assert.notEqual(work?.status, 'failed', work?.error ?? '');
            return work?.kind === kind && work.status === 'succeeded' ? Date.parse(work.finished_at) : undefined;
          },
          { everyMs: 250 },
        );
        return { id, endedAt };
      };
      const attach = async (i: number) => {
        const device = ['disk', `pool=${testPool}`, `source=disk-${i}`, `path=/mnt/disk-${i}`];
        await client('config', 'device', 'add', beside, `disk-${i}`, ...device);
      };
      const snapshots: string[] = [];
      const ofVolumes: string[] = [];
      const volumes: string[] = [];
      const remembered = async (ids: string[], work: Promise<Asked>): Promise<Asked> => {
        ids.push((await work).id);
        return work;
      };
      for (let i = 0; i < rounds; i++) {
        const of = { resource_type: 'vm', resource_id: vm.id, name: `moment-${i}` };
        await pair(
          'snapshot of a machine',
          () => remembered(snapshots, asked('snapshot.create', '/api/v1/snapshots', of)),
          () => client(...does.take, beside, `moment-${i}`),
        );
        const disk = { name: `disk-${i}`, size: 1, volume_type: 'nvme', vm_id: vm.id };
        await pair(
          'volume created and attached',
          () => remembered(volumes, asked('volume.create', '/api/v1/volumes', disk)),
          async () => {
            await client('storage', 'volume', 'create', testPool, disk.name, 'size=1GiB');
            await attach(i);
          },
        );
        const ofVolume = { resource_type: 'volume', volume_id: Number(volumes[i]), name: `moment-${i}` };
        await pair(
          'snapshot of a volume',
          () => remembered(ofVolumes, asked('snapshot.create', '/api/v1/snapshots', ofVolume)),
          () => client(...does.takeOfVolume, testPool, disk.name, `moment-${i}`),
        );
      }
      const whole = { resource_type: 'vm', resource_id: vm.id, name: 'whole' };
      const { id: snapshotOfAll } = await asked('snapshot.create', '/api/v1/snapshots', whole);
      await client(...does.take, beside, 'whole');
      await cloud.act(vm.id, 'stop', 'passive');
      await client('stop', '-f', beside);
      const newest = rounds - 1;
      for (let i = 0; i < rounds; i++) {
        const restored = (id: string | undefined) =>
          asked('snapshot.restore', `/api/v1/snapshots/${id}/restore`, undefined, id);
        await pair(
          'restore of a machine, beside the command alone, after which it starts with its host',
          () => restored(snapshotOfAll),
          () => client(...does.restore, beside, 'whole'),
        );
        await pair(
          'restore of a machine that is off and stays so',
          () => restored(snapshotOfAll),
          async () => {
            await client(...does.restore, beside, 'whole');
            await client('config', 'set', beside, 'volatile.last_state.power', 'STOPPED');
          },
        );
        await pair(
          'restore of a machine that keeps a volume it got since',
          () => restored(snapshots[newest]),
          async () => {
            await client(...does.restore, beside, `moment-${newest}`);
            await attach(newest);
          },
        );
        await pair(
          'restore of a volume',
          () => restored(ofVolumes[i]),
          () => client(...does.restoreOfVolume, testPool, `disk-${i}`, `moment-${i}`),
        );
      }
      const median = (list: readonly number[]) => [...list].sort((a, b) => a - b)[list.length >> 1] as number;
      for (const [what, { ours, theirs }] of times) {
        assert.deepEqual([ours.length, theirs.length], [rounds, rounds], what);
        const [mine, other] = [median(ours), median(theirs)];
        process.stdout.write(
          `${kind}: ${what}: ${mine.toFixed(0)} ms over the API, ${other.toFixed(0)} ms with its command line: ` +
            `${(mine / other).toFixed(2)} times (aim: at most 1.25)\n`,
        );
      }
      await client('delete', '-f', beside);
      await cloud.remove(vm.id);
      for (const { id } of (await cloud.call('GET', '/api/v1/volumes?limit=100')).body.data as { id: number }[]) {
        await until(
          'the volume is detached',
          async () => (await cloud.call('DELETE', `/api/v1/volumes/${id}`)).status === 200,
        );
      }
      for (const { id } of (await cloud.call('GET', '/api/v1/snapshots?limit=100')).body.data as { id: number }[]) {
        await until(
          'its volume, which may be what it holds, is gone',
          async () => (await cloud.call('DELETE', `/api/v1/snapshots/${id}`)).status === 200,
        );
      }
      const stored = () => cloud.host.api('raffia').get<string[]>('/1.0/storage-pools/default/volumes/custom');
      await until('nothing is left of them', async () => (await stored()).length === 0);
    });
  });
}
