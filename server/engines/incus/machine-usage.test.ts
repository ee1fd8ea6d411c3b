import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { EngineHost, whyNoDaemon } from '../../testing/engine-host.ts';
import { RealCloud } from '../../testing/real-cloud.ts';
import { until } from '../../testing/until.ts';
import { machineUsage } from './machine-usage.ts';

const id = '0b2c3d4e-0000-4000-8000-000000000001';

test('of what a host tells Prometheus, machines of this cloud are read; processors that wait, loopbacks and pools do not count', () => {
  const text = `# HELP lxd_cpu_seconds_total The total number of CPU time used in seconds.
# TYPE lxd_cpu_seconds_total counter
lxd_cpu_seconds_total{cpu="0",mode="user",name="rf-${id}",project="raffia",type="virtual-machine"} 1.5
lxd_cpu_seconds_total{cpu="1",mode="system",name="rf-${id}",project="raffia",type="virtual-machine"} 0.25
lxd_cpu_seconds_total{cpu="0",mode="idle",name="rf-${id}",project="raffia",type="virtual-machine"} 1000
lxd_cpu_seconds_total{cpu="0",mode="iowait",name="rf-${id}",project="raffia",type="virtual-machine"} 100
lxd_cpu_seconds_total{cpu="0",mode="user",name="somebody-else",project="raffia",type="container"} 7
lxd_memory_MemTotal_bytes{name="rf-${id}",project="raffia",type="virtual-machine"} 1.073741824e+09
lxd_memory_MemAvailable_bytes{name="rf-${id}",project="raffia",type="virtual-machine"} 7.3741824e+07
lxd_network_receive_bytes_total{device="eth0",name="rf-${id}",project="raffia",type="virtual-machine"} 100
lxd_network_receive_bytes_total{device="eth1",name="rf-${id}",project="raffia",type="virtual-machine"} 11
lxd_network_receive_bytes_total{device="lo",name="rf-${id}",project="raffia",type="virtual-machine"} 5000
lxd_disk_written_bytes_total{device="sda",name="rf-${id}",project="raffia",type="virtual-machine"} 4096
lxd_memory_MemTotal_bytes{name="rf-0b2c3d4e-0000-4000-8000-000000000002",project="raffia",type="container"} 1
`;
  assert.deepEqual(machineUsage(text), [{ id, cpuSeconds: 1.75, memory: 1e9, received: 111, written: 4096 }]);
  assert.deepEqual(machineUsage(text.replaceAll('lxd_', 'incus_')), machineUsage(text));
  assert.deepEqual(machineUsage(''), []);
});

describe('what machines of a host use', { skip: whyNoDaemon('lxd') ?? false }, () => {
  let cloud: RealCloud;

  before(async () => {
    cloud = await RealCloud.start(await EngineHost.start('lxd'));
  });
  after(() => cloud?.stop());

  test('is measured while they run: one that works is seen to work, one that is off is not there', async () => {
    const [busy, idle] = [await cloud.machine('busy'), await cloud.machine('idle')];
    const points = async (vm: string) => {
      const { body } = await cloud.call('GET', `/api/raffia/v1/vms/${vm}/metrics`);
      return body.data.points as { at: string; cpu: number; memory: number; received: number; sent: number }[];
    };
    // Over ssh: what enters a guest from outside counts as its host's own.
    const works = cloud.ssh(busy.publicAddress, 'timeout 40 sh -c "while :; do :; done" || :');
    const seen = await until('it is seen to work', async () => (await points(busy.id)).find(({ cpu }) => cpu > 0.02), {
      withinMs: 60_000,
      everyMs: 1000,
    });
    assert.ok(seen.memory > 0 && seen.received >= 0 && seen.sent >= 0);
    const beside = (await points(idle.id)).find(({ at }) => at === seen.at);
    assert.ok(beside !== undefined && beside.cpu < seen.cpu / 4, JSON.stringify([seen, beside]));
    await works;
    await cloud.act(idle.id, 'stop', 'passive');
    await until('it is not there any more', async () => {
      const told = machineUsage(await cloud.host.api('raffia').text('/1.0/metrics'));
      return told.length === 1 && told[0]?.id === busy.id;
    });
  });
});
