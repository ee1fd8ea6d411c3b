// timeout: 10m
import assert from 'node:assert/strict';
import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, statfsSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { EngineHost, sharedImage, whyNoDaemon } from '../testing/engine-host.ts';
import { FakeIncus } from '../testing/fake-incus.ts';

/** The commands that speak to the engine without a server, as an operator types them. */
const main = join(import.meta.dirname, '..', 'main.ts');

function run(env: Record<string, string>, ...args: string[]): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], {
    env: { PATH: process.env.PATH, ...env },
    encoding: 'utf8',
  });
  return { status, output: `${stdout}${stderr}` };
}

test('commands for the engine say what is missing', () => {
  assert.match(run({}, 'engine', 'check').output, /The engine is simulated: set RAFFIA_ENGINE=incus/);
  const absent = { RAFFIA_ENGINE: 'incus', RAFFIA_INCUS_URL: 'unix:///no/such.socket' };
  const check = run(absent, 'engine', 'check');
  assert.equal(check.status, 1);
  assert.match(
    check.output,
    /^NO +connection +The engine does not answer: there is no socket[\s\S]*cannot run machines/,
  );
  assert.match(run(absent, 'images', 'list').output, /there is no socket/);
  assert.match(run(absent, 'engine', 'destroy').output, /There is no command engine destroy/);
  assert.match(run(absent, 'images').output, /raffia images import TEMPLATE FILE/);
  assert.match(run({}, 'engine', 'firewall').output, /^table bridge raffia/);
  const help = run(absent, 'engine', 'check', '--help');
  assert.deepEqual([help.status, /^raffia engine check \[ALIAS\]/.test(help.output)], [0, true], help.output);
});

test('a pool that is promised more than the disk below it has left is told', async (t) => {
  const fake = await FakeIncus.start();
  const folder = mkdtempSync(join(tmpdir(), 'raffia-pool-'));
  t.after(async () => {
    await fake.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  const source = join(folder, 'pool.img');
  writeFileSync(source, '');
  const { bavail, bsize } = statfsSync(folder);
  const storageOf = async (size: number) => {
    truncateSync(source, size);
    fake.script = ({ path }) =>
      /^\/1\.0\/storage-pools\/[^/]+$/.test(path) ? { metadata: { driver: 'btrfs', config: { source } } } : undefined;
    const settings = { RAFFIA_ENGINE: 'incus', RAFFIA_INCUS_URL: fake.url, RAFFIA_INCUS_FIREWALL: 'cat' };
    // The fake answers from this process, so it must not wait for the other one.
    const checked = promisify(execFile)(process.execPath, [main, 'engine', 'check'], {
      env: { PATH: process.env.PATH, ...settings },
    });
    const { stdout } = await checked.catch((error: { stdout: string }) => error);
    return stdout.split('\n').find((line) => line.includes('storage')) ?? stdout;
  };
  assert.match(await storageOf(2 ** 20), /^ok +storage +\S+: btrfs/);
  assert.match(
    await storageOf(2 * bavail * bsize),
    /^NO +storage .*but the disk below has only [\d.]+ GiB left for it; make the pool smaller/,
  );
});

describe('on a host', { skip: whyNoDaemon('lxd') ?? false }, () => {
  let host: EngineHost;
  let env: Record<string, string>;
  let folder: string;

  before(async () => {
    // A check tells of a pool that the disk below has no room for.
    host = await EngineHost.start('lxd', sharedImage(), '3GiB');
    const { RAFFIA_CATALOGUE: _, ...settings } = host.settings;
    env = settings;
    folder = join(host.folder, 'parts');
    mkdirSync(folder);
  });
  after(() => host?.stop());

  /** On the host itself, as its operator. */
  function runThere(changes: Record<string, string>, ...args: string[]) {
    const [program = '', ...rest] = [...host.prefix, process.execPath, main, ...args];
    const { status, stdout, stderr } = spawnSync(program, rest, {
      env: { PATH: process.env.PATH, ...env, ...changes },
      encoding: 'utf8',
    });
    return { status, output: `${stdout}${stderr}` };
  }

  async function nothingIsLeft(): Promise<void> {
    const api = host.api();
    assert.deepEqual(await api.get('/1.0/instances?all-projects=true'), []);
    assert.ok(!(await api.get<string[]>('/1.0/networks')).some((path) => path.includes('/rf')));
    assert.ok(!(await api.get<string[]>('/1.0/projects')).some((path) => path.includes('raffia')));
  }

  async function noImages(): Promise<void> {
    const api = host.api();
    for (const { fingerprint } of await api.get<{ fingerprint: string }[]>('/1.0/images?recursion=1')) {
      await api.remove(`/1.0/images/${fingerprint}`);
    }
  }

  test('a host without images is told so, and one with an image makes and removes a machine', async () => {
    await noImages();
    const bare = run(env, 'engine', 'check');
    assert.equal(bare.status, 1, bare.output);
    assert.match(bare.output, /ok +engine +LXD 5.*system containers/);
    assert.match(bare.output, /ok +storage +default: btrfs/);
    assert.match(bare.output, /note +limits +nothing limits what it receives, sends, reads, writes \(RAFFIA_INCUS_/);
    assert.match(bare.output, /NO +images +0 of \d+ templates have an image/);
    assert.match(bare.output, /not tried: there is no image/);
    assert.match(bare.output, /ok +room +for \d+ vCPU, \d+ GB of RAM, \d+ GB of disk .*; 0 machines/);
    const imported = run(env, 'images', 'import', 'debian 12x64', sharedImage());
    assert.equal(imported.status, 0, imported.output);
    assert.match(
      imported.output,
      /Debian 12x64 is ready: image [0-9a-f]{12} as raffia-template-[\s\S]*Debian 12x64: 100%/,
    );
    const check = runThere({}, 'engine', 'check');
    assert.equal(check.status, 0, check.output);
    assert.match(
      check.output,
      /ok +machine of raffia-template-[\s\S]*ok +start [\s\S]*ok +stop [\s\S]*ok +delete [\s\S]*can run machines/,
    );
    assert.match(
      check.output,
      /ok +public interface +192\.0\.2\.2 answers[\s\S]*ok +ssh +root is let in[\s\S]*ok +guest to host +a guest cannot open/,
    );
    await nothingIsLeft();
  });

  test('a host whose ports guests reach is told so, and how to mend it', async () => {
    for (const family of ['inet', 'bridge']) await host.run('nft', 'delete', 'table', family, 'raffia').catch(() => {});
    const { status, output } = runThere({ RAFFIA_INCUS_FIREWALL: '' }, 'engine', 'check');
    assert.equal(status, 1, output);
    assert.match(
      output,
      /ok +public interface[\s\S]*ok +ssh[\s\S]*NO +guest to host +a guest opens connections to this host: load the firewall rules[\s\S]*cannot run machines as it is/,
    );
    await nothingIsLeft();
  });

  test('an image comes by alias, in two parts, or again', async () => {
    const api = host.api();
    const [{ fingerprint } = { fingerprint: '' }] = await api.get<{ fingerprint: string }[]>('/1.0/images?recursion=1');
    await api.change('POST', '/1.0/images/aliases', { name: 'mine', target: fingerprint });
    const { status, output } = run(env, 'images', 'import', 'Ubuntu 24.04x64', '--alias', 'mine');
    assert.equal(status, 0, output);
    execFileSync('tar', ['-xzf', sharedImage(), '-C', folder]);
    const [metadata, root] = [join(folder, 'metadata.tar.gz'), join(folder, 'rootfs.tar.gz')];
    execFileSync('tar', ['-czf', metadata, '-C', folder, 'metadata.yaml', 'templates']);
    execFileSync('tar', ['-czf', root, '-C', join(folder, 'rootfs'), '.']);
    for (let time = 0; time < 2; time++) {
      const parts = run(env, 'images', 'import', 'Debian 11x64', metadata, root);
      assert.equal(parts.status, 0, parts.output);
    }
    const list = run(env, 'images', 'list').output;
    assert.match(list, /ready .*Ubuntu 24\.04x64/);
    assert.match(list, /ready .*Debian 11x64/);
    assert.match(list, /missing .*Fedora 42x64/);
    rmSync(folder, { recursive: true });
  });

  test('what cannot be imported is said', () => {
    assert.ok(!existsSync('/no/such.tar'));
    for (const [args, sentence] of [
      [['No Such 1', sharedImage()], /The catalogue has no template No Such 1/],
      [['Debian 12x64', '/no/such.tar'], /There is no file \/no\/such\.tar/],
      [['Debian 12x64', '--alias', 'nonesuch'], /The engine has no image with the alias nonesuch/],
      [['Debian 12x64', '--server', 'http://x', '--image', 'y'], /must be a URL that begins with https/],
      [
        ['Debian 12x64', '--server', 'https://images.invalid', '--image', 'debian/12/cloud'],
        /could not fetch debian\/12\/cloud from https:\/\/images\.invalid.*bring the image as a file: raffia images import "Debian 12x64" FILE/,
      ],
      [['Debian 12x64'], /raffia images import TEMPLATE/],
    ] as const) {
      const { status, output } = run(env, 'images', 'import', ...args);
      assert.equal(status, 1);
      assert.match(output, sentence);
    }
  });

  test('a host is told what a machine may take, and what its kernel cannot limit', async () => {
    await noImages();
    const some = { RAFFIA_INCUS_NETWORK_LIMIT_RECEIVE: '300', RAFFIA_INCUS_DISK_LIMIT_WRITE: '500iops' };
    assert.match(
      runThere(some, 'engine', 'check').output,
      /note +limits +a machine receives 300 Mbit\/s, writes 500iops a second at most; nothing limits what it sends, reads \(/,
    );
    // Without tc nothing of the network can be limited, whatever the kernel has.
    const without = { RAFFIA_INCUS_GATEWAY: [...host.prefix, 'env', 'PATH=/nowhere', '/bin/sh', '-s'].join(' ') };
    const { status, output } = runThere({ ...some, ...without }, 'engine', 'check');
    assert.equal(status, 1, output);
    assert.match(
      output,
      /NO +limits +The host cannot limit what machines receive \(.*not found\): give its kernel sch_htb, or take RAFFIA_INCUS_NETWORK_LIMIT_RECEIVE away/,
    );
  });
});
